"""When a request was submitted: an approval no longer moves the moment since which it waits."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from hub.store.clock import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from the ledger, where each submission stands with its time."""
    op.add_column("airlock_requests", sa.Column("submitted_at", UtcDateTime))
    connection = op.get_bind()
    requests = sa.table(
        "airlock_requests", sa.column("number", sa.Integer), sa.column("submitted_at", UtcDateTime)
    )
    entries = sa.table("ledger_entries", sa.column("at"), sa.column("kind"), sa.column("payload"))
    submissions = sa.select(entries.c.at, entries.c.payload).where(entries.c.kind == "request.submitted")
    for at, payload in connection.execute(submissions).all():
        number = json.loads(payload)["request"]
        connection.execute(
            requests.update()
            .where(requests.c.number == number)
            .values(submitted_at=datetime.fromisoformat(at))
        )
