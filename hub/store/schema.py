"""The schema's version: bringing it up to date, and refusing to work with another one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from hub.store.engine import for_writing
from hub.store.faults import NONE_YET, WrongDatabase

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Bring the schema to this program's version, in one transaction under the write lock.

    Several processes may call it at once: the first does the work, the others find it done.
    Raises WrongDatabase when the schema is newer than this program.
    """
    with for_writing(engine).begin() as connection:
        found = _revision(connection)
        if found is not None and found not in _known():
            raise WrongDatabase(_NEWER)
        command.upgrade(_config(connection), "head")


def check(engine: Engine) -> None:
    """Raise WrongDatabase unless the schema is exactly this program's."""
    with engine.connect() as connection:
        found = _revision(connection)
        empty = found is None and not inspect(connection).get_table_names()
    if empty:
        raise WrongDatabase(NONE_YET)
    if found is None:
        raise WrongDatabase(
            "The database holds tables of another program: give Lockedroom a database of its own."
        )
    if found not in _known():
        raise WrongDatabase(_NEWER)
    if found != _scripts().get_current_head():
        raise WrongDatabase(
            "The database is older than this program: make a backup, then run lockedroom init."
        )


_NEWER = (
    "The database was made by a newer Lockedroom: run that version, or restore a backup made by this one."
)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # The option is interpolated: a per cent sign in a path has to be doubled.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
