"""How far each seat's door has come, so that a hub that starts again goes on there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "door_posts",
        sa.Column("seat", sa.String(61), primary_key=True),
        sa.Column("door", sa.String(64), nullable=False),
        sa.Column("due", sa.Integer, nullable=False),
        sa.Column("last", sa.String(64), nullable=False),
        sa.CheckConstraint("due >= 1", name=op.f("ck_door_posts_due")),
    )
