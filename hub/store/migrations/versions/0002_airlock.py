"""The airlock: requests, files, decisions, locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.clock import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = (
    "('taken', 'refused', 'blocked', 'staged', 'submitted', 'approved', 'rejected', 'withdrawn', 'released', "
    "'downloaded')"
)
_CHECKED = "('staged', 'submitted', 'approved', 'released', 'downloaded')"
_STANDING = "void_at IS NULL AND decision = 'approve'"

# Rows stay, and what was taken or decided is never another thing afterwards.
_KEPT = {
    "airlock_requests": ("number", "seat_number", "bundle_key", "digest", "taken_at"),
    "airlock_files": ("request_number", '"index"', "name", "size", "sha256"),
    "airlock_decisions": ("id", "request_number", "person_id", "decision", "binding", "decided_at"),
}


def upgrade() -> None:
    """Add the airlock's tables and their guards."""
    _requests()
    _files()
    _decisions()
    op.create_table(
        "airlock_locks",
        sa.Column("scope", sa.String(100), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    connection = op.get_bind()
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgres():
        connection.exec_driver_sql(statement)


def _requests() -> None:
    op.create_table(
        "airlock_requests",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seat_number", sa.Integer, sa.ForeignKey("seats.number"), nullable=False),
        sa.Column("bundle_key", sa.String(64), nullable=False),
        sa.Column("bundle", sa.String(64)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("replied_revision", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("context", sa.Text),
        sa.Column("refusal", sa.Text),
        sa.Column("checked_at", UtcDateTime),
        sa.Column("verdict", sa.String(8)),
        sa.Column("report", sa.Text),
        sa.Column("policy", sa.String(63)),
        sa.Column("policy_digest", sa.String(64)),
        sa.Column("checker", sa.String(128)),
        sa.Column("isolation", sa.String(128)),
        sa.Column("binding", sa.String(64)),
        sa.UniqueConstraint(
            "seat_number", "bundle_key", "digest", name="uq_airlock_requests_seat_number_bundle_key_digest"
        ),
        sa.CheckConstraint("number >= 1", name="number"),
        sa.CheckConstraint(f"state IN {_STATES}", name="known_state"),
        sa.CheckConstraint(
            "verdict IS NULL OR verdict IN ('clear', 'review', 'block')",
            name="known_verdict",
        ),
        sa.CheckConstraint(
            f"state NOT IN {_CHECKED} OR (verdict IS NOT NULL AND verdict <> 'block')",
            name="checked_first",
        ),
        sa.CheckConstraint("(checked_at IS NULL) = (verdict IS NULL)", name="verdict_with_time"),
        sa.CheckConstraint("(verdict IS NULL) = (binding IS NULL)", name="verdict_with_binding"),
        sa.CheckConstraint("(refusal IS NOT NULL) = (state = 'refused')", name="refused_why"),
    )
    for column in ("seat_number", "taken_at", "state"):
        op.create_index(f"ix_airlock_requests_{column}", "airlock_requests", [column])


def _files() -> None:
    op.create_table(
        "airlock_files",
        sa.Column("request_number", sa.Integer, sa.ForeignKey("airlock_requests.number"), primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("token_digest", sa.String(64)),
        sa.Column("downloaded_at", UtcDateTime),
        sa.Column("downloaded_by", sa.String(64)),
        sa.UniqueConstraint("token_digest", name="uq_airlock_files_token_digest"),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.CheckConstraint("size >= 0", name="size"),
        sa.CheckConstraint("(downloaded_at IS NULL) = (downloaded_by IS NULL)", name="downloaded_by_whom"),
        sa.CheckConstraint("downloaded_at IS NULL OR token_digest IS NOT NULL", name="released_first"),
    )


def _decisions() -> None:
    op.create_table(
        "airlock_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_number", sa.Integer, sa.ForeignKey("airlock_requests.number"), nullable=False),
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
    op.create_index("ix_airlock_decisions_request_number", "airlock_decisions", ["request_number"])
    op.create_index(
        "uq_airlock_decisions_standing",
        "airlock_decisions",
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
