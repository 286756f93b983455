"""Tiers are policy files: the database no longer lists their names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BEFORE = "tier IN ('synthetic', 'low')"
_NOW = "length(tier) BETWEEN 1 AND 32"


def upgrade() -> None:
    """Replace the check of a project's tier."""
    if op.get_bind().dialect.name == "sqlite":
        _in_the_schemas_text()
    else:
        # The naming convention was put before a name that had it already.
        op.drop_constraint("ck_projects_ck_projects_tier", "projects")
        op.create_check_constraint(op.f("ck_projects_tier"), "projects", _NOW)


def _in_the_schemas_text() -> None:
    """SQLite 3.40 cannot alter a check. A new table in place of the old would lose its triggers, and its rows'
    seats point to it; its manual (lang_altertable.html, 7) has this way for what does not change rows."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :before, :now) "
            "WHERE type = 'table' AND name = 'projects' AND instr(sql, :before) > 0"
        ),
        {"before": _BEFORE, "now": _NOW},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("the table of projects is not the one that an earlier version made")
