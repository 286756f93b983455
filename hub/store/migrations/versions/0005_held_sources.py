"""Whose real records a project was given, and so the tier that it needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Until now an extract of a low project could hold real police records, and no others:
    where one was made, it is taken to have."""
    op.create_table(
        "held_sources",
        sa.Column("project_number", sa.Integer, sa.ForeignKey("projects.number"), primary_key=True),
        sa.Column("source", sa.String(32), primary_key=True),
    )
    op.execute(
        "INSERT INTO held_sources (project_number, source) SELECT number, 'stats19' FROM projects "
        "WHERE tier = 'low' AND slug IN (SELECT project FROM ledger_entries WHERE kind = 'extract.made')"
    )
