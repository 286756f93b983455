"""People, roles, projects, seats, memberships, approvals, sign-in waiting times and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store import guards
from hub.store.clock import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_HELD = "revoked_at IS NULL"
_APART = "revoked_at IS NULL AND role IN ('administrator', 'output_checker')"


def upgrade() -> None:
    """Create everything; there is nothing before this."""
    _people()
    _projects()
    _ledger()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in guards.sqlite_statements() if on_sqlite else guards.postgres_statements():
        op.get_bind().exec_driver_sql(statement)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("password_set_at", UtcDateTime),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.Column("disabled_at", UtcDateTime),
        sa.Column("disabled_by", sa.String(64)),
        sa.UniqueConstraint("name", name="uq_people_name"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 32 AND name = lower(name)", name="ck_people_name"),
        sa.CheckConstraint(
            "(password_hash IS NULL) = (password_set_at IS NULL)", name="ck_people_password_with_time"
        ),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_by IS NULL)", name="ck_people_disabled_by_whom"
        ),
        sa.CheckConstraint(
            "disabled_at IS NULL OR disabled_at >= added_at", name="ck_people_disabled_after_added"
        ),
    )
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("granted_by", sa.String(64), nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("revoked_by", sa.String(64)),
        sa.CheckConstraint(
            "role IN ('output_checker', 'administrator', 'data_manager', 'committee')",
            name="ck_role_grants_known_role",
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL)", name="ck_role_grants_revoked_by_whom"
        ),
        sa.CheckConstraint(
            "revoked_at IS NULL OR revoked_at >= granted_at", name="ck_role_grants_revoked_after_granted"
        ),
    )
    op.create_index(
        "uq_role_grants_held_once",
        "role_grants",
        ["person_id", "role"],
        unique=True,
        sqlite_where=sa.text(_HELD),
        postgresql_where=sa.text(_HELD),
    )
    op.create_index(
        "uq_role_grants_administrator_or_output_checker",
        "role_grants",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text(_APART),
        postgresql_where=sa.text(_APART),
    )
    op.create_table(
        "signin_throttle",
        sa.Column("name_digest", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("waits_until", UtcDateTime),
        sa.Column("forget_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("failures >= 0", name="ck_signin_throttle_failures"),
    )
    op.create_index("ix_signin_throttle_forget_at", "signin_throttle", ["forget_at"])


def _projects() -> None:
    op.create_table(
        "projects",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("slug", sa.String(30), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(32), nullable=False),
        sa.Column("policy", sa.String(63), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("closed_by", sa.String(64)),
        sa.UniqueConstraint("slug", name="uq_projects_slug"),
        sa.CheckConstraint("number >= 1", name="ck_projects_number"),
        sa.CheckConstraint("length(slug) BETWEEN 1 AND 30 AND slug = lower(slug)", name="ck_projects_slug"),
        sa.CheckConstraint("tier IN ('synthetic', 'low')", name="ck_projects_tier"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_projects_end_after_start"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="ck_projects_closed_by_whom"),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= created_at", name="ck_projects_closed_after_created"
        ),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_number", sa.Integer, sa.ForeignKey("projects.number"), nullable=False),
        sa.Column("extract", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("approved_at", UtcDateTime, nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="ck_approvals_sha256"),
    )
    op.create_index("ix_approvals_project_number", "approvals", ["project_number"])
    op.create_table(
        "seats",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("project_number", sa.Integer, sa.ForeignKey("projects.number"), nullable=False),
        sa.UniqueConstraint("person_id", "project_number", name="uq_seats_person_id_project_number"),
        sa.CheckConstraint("number >= 1", name="ck_seats_number"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seat_number", sa.Integer, sa.ForeignKey("seats.number"), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_by", sa.String(64)),
        sa.CheckConstraint("ends_at > starts_at", name="ck_memberships_end_after_start"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ck_memberships_ended_by_whom"),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= added_at", name="ck_memberships_ended_after_added"
        ),
    )
    op.create_index("ix_memberships_seat_number", "memberships", ["seat_number"])


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("project", sa.String(30)),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("prev_hash", name="uq_ledger_entries_prev_hash"),
        sa.UniqueConstraint("hash", name="uq_ledger_entries_hash"),
        sa.CheckConstraint("seq >= 1", name="ck_ledger_entries_seq"),
        sa.CheckConstraint("length(prev_hash) = 64 AND length(hash) = 64", name="ck_ledger_entries_hashes"),
    )
    op.create_index("ix_ledger_entries_project", "ledger_entries", ["project"])
