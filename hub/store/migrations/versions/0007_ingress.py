"""Ingress: requests to bring a file in, and decisions about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.clock import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATES = "('received', 'refused', 'waiting', 'approved', 'rejected', 'withdrawn', 'expired', 'placed')"
_STANDING = "void_at IS NULL AND decision = 'approve'"

# Rows stay, and what was uploaded or decided is never another thing afterwards.
_KEPT = {
    "ingress_requests": (
        "number",
        "seat_number",
        "upload_key",
        "name",
        "type",
        "bytes",
        "sha256",
        "why",
        "received_at",
    ),
    "ingress_decisions": ("id", "request_number", "person_id", "decision", "binding", "decided_at"),
}


def upgrade() -> None:
    """Add the two tables and their guards."""
    _requests()
    _decisions()
    connection = op.get_bind()
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgres():
        connection.exec_driver_sql(statement)


def _requests() -> None:
    op.create_table(
        "ingress_requests",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seat_number", sa.Integer, sa.ForeignKey("seats.number"), nullable=False),
        sa.Column("upload_key", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("examined_at", UtcDateTime),
        sa.Column("scan", sa.String(16)),
        sa.Column("scan_said", sa.Text),
        sa.Column("scanner", sa.String(200)),
        sa.Column("report", sa.Text),
        sa.Column("isolation", sa.String(128)),
        sa.Column("policy_digest", sa.String(64)),
        sa.Column("binding", sa.String(64)),
        sa.Column("refusal", sa.Text),
        sa.Column("approved_at", UtcDateTime),
        sa.Column("placed_as", sa.String(40)),
        sa.UniqueConstraint("seat_number", "upload_key", name="uq_ingress_requests_seat_number_upload_key"),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.CheckConstraint("bytes >= 1", name="bytes"),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.CheckConstraint(f"state IN {_STATES}", name="known_state"),
        sa.CheckConstraint("type IN ('table', 'code', 'notebook', 'archive', 'wheel')", name="known_type"),
        sa.CheckConstraint("scan IS NULL OR scan IN ('clean', 'infected', 'not scanned')", name="known_scan"),
        sa.CheckConstraint(
            "state NOT IN ('waiting', 'approved', 'placed') OR (binding IS NOT NULL AND scan <> 'infected')",
            name="examined_first",
        ),
        sa.CheckConstraint("(examined_at IS NULL) = (scan IS NULL)", name="scan_with_time"),
        sa.CheckConstraint("(scan IS NULL) = (binding IS NULL)", name="scan_with_binding"),
        sa.CheckConstraint("(refusal IS NOT NULL) = (state = 'refused')", name="refused_why"),
        sa.CheckConstraint("(placed_as IS NOT NULL) = (state = 'placed')", name="placed_where"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'placed') OR approved_at IS NOT NULL", name="approved_when"
        ),
    )
    for column in ("seat_number", "received_at", "state"):
        op.create_index(f"ix_ingress_requests_{column}", "ingress_requests", [column])


def _decisions() -> None:
    op.create_table(
        "ingress_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_number", sa.Integer, sa.ForeignKey("ingress_requests.number"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("decision", sa.String(8), nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("binding", sa.String(64), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("void_at", UtcDateTime),
        sa.Column("void_because", sa.Text),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name="known_decision"),
        sa.CheckConstraint("decision <> 'reject' OR comment IS NOT NULL", name="rejected_why"),
        sa.CheckConstraint("(void_at IS NULL) = (void_because IS NULL)", name="void_why"),
    )
    op.create_index("ix_ingress_decisions_request_number", "ingress_decisions", ["request_number"])
    op.create_index(
        "uq_ingress_decisions_standing",
        "ingress_decisions",
        ["request_number", "person_id"],
        unique=True,
        sqlite_where=sa.text(_STANDING),
        postgresql_where=sa.text(_STANDING),
    )


def _sqlite() -> list[str]:
    statements = []
    for table, columns in _KEPT.items():
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
        statements += [
            f"CREATE TRIGGER {table}_kept_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept'); END",
            f"CREATE TRIGGER {table}_kept_update BEFORE UPDATE ON {table} WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END",
        ]
    return statements


def _postgres() -> list[str]:
    statements = []
    for table, columns in _KEPT.items():
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        fires = {
            "delete": "BEFORE DELETE ON {0} FOR EACH ROW",
            "truncate": "BEFORE TRUNCATE ON {0} FOR EACH STATEMENT",
            "update": "BEFORE UPDATE ON {0} FOR EACH ROW WHEN (" + changed + ")",
        }
        for what, when in fires.items():
            name = f"{table}_kept_{what}"
            statements += [
                f"CREATE TRIGGER {name} {when.format(table)} EXECUTE FUNCTION lockedroom_refuse()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
            ]
    return statements
