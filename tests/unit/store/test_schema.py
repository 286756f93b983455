"""The schema: migrations agree with models, many may upgrade at once, other versions are refused in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from hub.store import Store, WrongDatabase, open_store, prepare_store
from hub.store.models import Base

pytestmark = pytest.mark.slow

UPGRADE = "import sys; from hub.store import prepare_store; prepare_store(sys.argv[1]).close()"


def test_migrations_and_models_agree(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_six_processes_may_upgrade_an_empty_database_at_once(database_url: str) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, database_url], stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ends = [(process.communicate(timeout=120)[1].decode(), process.returncode) for process in running]
    assert ends == [("", 0)] * 6
    open_store(database_url).close()


def test_upgrading_twice_changes_nothing(store: Store, database_url: str) -> None:
    prepare_store(database_url).close()
    open_store(database_url).close()


def _set_revision(store: Store, revision: str) -> None:
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


def test_a_newer_schema_is_refused(store: Store, database_url: str) -> None:
    _set_revision(store, "9999")
    for open_it in (open_store, prepare_store):
        with pytest.raises(WrongDatabase, match="newer Lockedroom"):
            open_it(database_url)


def test_an_older_schema_is_refused_until_it_is_upgraded(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.schema.ScriptDirectory.get_current_head", lambda self: "0000-later")
    with pytest.raises(WrongDatabase, match="older than this program"):
        open_store(database_url)


def test_an_empty_database_says_what_to_do(database_url: str) -> None:
    with pytest.raises(WrongDatabase, match="run lockedroom init"):
        open_store(database_url)


def test_looking_for_a_database_does_not_make_one(tmp_path: Path) -> None:
    with pytest.raises(WrongDatabase, match="run lockedroom init"):
        open_store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_refused(store: Store, database_url: str) -> None:
    with store.write() as session:
        session.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(WrongDatabase, match="another program"):
        open_store(database_url)


@pytest.mark.parametrize(
    "url", ["", "mysql://a:secret@b/c", "sqlite://", "sqlite:///:memory:", "nonsense", "://"]
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(WrongDatabase) as refused:
        open_store(url)
    assert "secret" not in refused.value.sentence
