# ruff: noqa: S608 - every statement here is made of our own names
"""Triggers that both databases carry: the ledger only grows, and numbers once given stay given.

The statements are data: a migration installs them and ``hub.ledger.verify`` compares what it finds
with them. A change here needs a migration that replaces the triggers.
"""

from __future__ import annotations

from dataclasses import dataclass

GENESIS = "0" * 64

# SQLite's REPLACE deletes rows without firing delete triggers; the insert trigger closes that way too.
_SQLITE_LEDGER = {
    "ledger_entries_append_only_insert": f"""
CREATE TRIGGER ledger_entries_append_only_insert BEFORE INSERT ON ledger_entries
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger_entries)
  OR NEW.prev_hash IS NOT COALESCE(
       (SELECT hash FROM ledger_entries ORDER BY seq DESC LIMIT 1), '{GENESIS}')
BEGIN SELECT RAISE(ABORT, 'the ledger grows at its end only'); END
""",
    "ledger_entries_append_only_update": """
CREATE TRIGGER ledger_entries_append_only_update BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is never changed'); END
""",
    "ledger_entries_append_only_delete": """
CREATE TRIGGER ledger_entries_append_only_delete BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is never shortened'); END
""",
}

_POSTGRES_LEDGER_INSERT = f"""
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger_entries)
     OR NEW.prev_hash IS DISTINCT FROM COALESCE(
       (SELECT hash FROM ledger_entries ORDER BY seq DESC LIMIT 1), '{GENESIS}') THEN
    RAISE EXCEPTION 'the ledger grows at its end only';
  END IF;
  RETURN NEW;
END
"""
_POSTGRES_REFUSE = """
BEGIN
  RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME;
END
"""


@dataclass(frozen=True)
class PostgresTrigger:
    """One trigger on PostgreSQL: when it fires and which function it calls."""

    table: str
    name: str
    when: str
    function: str

    @property
    def create(self) -> list[str]:
        """Statements that install it. ALWAYS: also in sessions that play a replica."""
        return [
            f"CREATE TRIGGER {self.name} {self.when} ON {self.table} {self._each} EXECUTE FUNCTION {self.function}()",
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.name}",
        ]

    @property
    def _each(self) -> str:
        return "FOR EACH STATEMENT" if "TRUNCATE" in self.when else "FOR EACH ROW"


POSTGRES_FUNCTIONS = {
    "lockedroom_ledger_insert": _POSTGRES_LEDGER_INSERT,
    "lockedroom_refuse": _POSTGRES_REFUSE,
}

POSTGRES_LEDGER = [
    PostgresTrigger(
        "ledger_entries", "ledger_entries_append_only_insert", "BEFORE INSERT", "lockedroom_ledger_insert"
    ),
    PostgresTrigger(
        "ledger_entries", "ledger_entries_append_only_update", "BEFORE UPDATE", "lockedroom_refuse"
    ),
    PostgresTrigger(
        "ledger_entries", "ledger_entries_append_only_delete", "BEFORE DELETE", "lockedroom_refuse"
    ),
    PostgresTrigger(
        "ledger_entries", "ledger_entries_append_only_truncate", "BEFORE TRUNCATE", "lockedroom_refuse"
    ),
]

SQLITE_LEDGER = {name: sql.strip() for name, sql in _SQLITE_LEDGER.items()}

# Tables whose rows stay, and the columns that never change: OS users and groups are made of these numbers,
# and a person who came back under somebody else's name would inherit their files.
KEPT = {
    "people": ("id", "name"),
    "projects": ("number", "slug"),
    "seats": ("number", "person_id", "project_number"),
    "approvals": ("id", "project_number", "extract", "sha256", "approved_at", "approved_by"),
    "role_grants": ("id", "person_id", "role", "granted_at", "granted_by"),
    "memberships": ("id", "seat_number", "starts_at", "ends_at", "added_at", "added_by"),
}
# Columns that are empty until something ends, and never change after that: what was ended is not revived.
ONCE = {
    "people": ("disabled_at", "disabled_by"),
    "projects": ("closed_at", "closed_by"),
    "role_grants": ("revoked_at", "revoked_by"),
    "memberships": ("ended_at", "ended_by"),
}


def sqlite_statements() -> list[str]:
    """Everything to run once on SQLite."""
    statements = list(SQLITE_LEDGER.values())
    for table, columns in KEPT.items():
        changed = _changed(table, columns, "IS NOT")
        statements += [
            f"CREATE TRIGGER {table}_kept_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept'); END",
            f"CREATE TRIGGER {table}_kept_update BEFORE UPDATE ON {table} WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are'); END",
        ]
    return statements


def postgres_statements() -> list[str]:
    """Everything to run once on PostgreSQL."""
    statements = [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $lockedroom${body}$lockedroom$"
        for name, body in POSTGRES_FUNCTIONS.items()
    ]
    triggers = list(POSTGRES_LEDGER)
    for table, columns in KEPT.items():
        triggers += [
            PostgresTrigger(table, f"{table}_kept_delete", "BEFORE DELETE", "lockedroom_refuse"),
            PostgresTrigger(table, f"{table}_kept_truncate", "BEFORE TRUNCATE", "lockedroom_refuse"),
        ]
        changed = _changed(table, columns, "IS DISTINCT FROM")
        statements.append(
            f"CREATE TRIGGER {table}_kept_update BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({changed}) EXECUTE FUNCTION lockedroom_refuse()"
        )
    for trigger in triggers:
        statements += trigger.create
    return statements


def _changed(table: str, columns: tuple[str, ...], differs: str) -> str:
    kept = [f"NEW.{column} {differs} OLD.{column}" for column in columns]
    once = [
        f"(OLD.{column} IS NOT NULL AND NEW.{column} {differs} OLD.{column})"
        for column in ONCE.get(table, ())
    ]
    return " OR ".join(kept + once)
