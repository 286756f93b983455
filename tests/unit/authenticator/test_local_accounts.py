"""JupyterHub's authenticator over our accounts, called the way JupyterHub 6.1 calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from tornado import web
from traitlets.config import Config

from hub.authenticator import BUSY, LocalAccounts
from hub.governance.people import disable_person
from hub.settings import Settings
from hub.store import Store, WrongDatabase, prepare_store
from hub.store.models import LedgerEntry
from tests.unit.builders import CONSOLE, NOW, PASSWORD, person


@pytest.fixture
def hub_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the settings name, with alice in it."""
    monkeypatch.setenv("LOCKEDROOM_STATE", str(tmp_path))
    monkeypatch.setenv("LOCKEDROOM_SIGNIN_FAILURES", "2")
    store = prepare_store(Settings(state=tmp_path).database)
    person(store)
    return store


@pytest.fixture
async def accounts(hub_store: Store) -> AsyncIterator[LocalAccounts]:
    """The authenticator as JupyterHub makes it: without any configuration."""
    yield LocalAccounts(config=Config())
    hub_store.close()


async def _sign_in(accounts: LocalAccounts, name: str = "alice", password: str = PASSWORD) -> Any:
    return await accounts.get_authenticated_user(None, {"username": name, "password": password})


async def test_whoever_has_an_account_may_sign_in_and_is_never_admin(accounts: LocalAccounts) -> None:
    for name in ("alice", "Alice "):
        user = await _sign_in(accounts, name)
        assert user["name"] == "alice"
        assert user["admin"] is False


async def test_no_warning_that_nobody_is_allowed(accounts: LocalAccounts) -> None:
    assert accounts.allow_all
    assert accounts.any_allow_config


async def test_being_listed_as_admin_is_refused_at_the_start(hub_store: Store) -> None:
    with pytest.raises(ValueError, match="roles of its own"):
        LocalAccounts(config=Config({"LocalAccounts": {"admin_users": {"alice"}}}))


async def test_even_an_admin_added_later_gets_no_admin_flag(accounts: LocalAccounts) -> None:
    accounts.admin_users = {"alice"}
    assert (await _sign_in(accounts))["admin"] is False


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("a/b", "x")]
)
async def test_every_failure_is_the_same_answer(accounts: LocalAccounts, name: str, password: str) -> None:
    assert await _sign_in(accounts, name, password) is None


async def test_after_failures_even_the_right_password_waits(accounts: LocalAccounts) -> None:
    for _ in range(2):
        assert await _sign_in(accounts, password="wrong") is None
    assert await _sign_in(accounts) is None


async def test_a_form_without_fields_is_a_failure(accounts: LocalAccounts) -> None:
    data: dict[str, str] = {}
    assert await accounts.get_authenticated_user(None, data) is None
    assert data["username"] == "(not a name)"  # what JupyterHub logs and shows


async def test_what_was_typed_as_a_name_is_not_logged(accounts: LocalAccounts) -> None:
    data = {"username": "My Secret Password!", "password": ""}
    assert await accounts.get_authenticated_user(None, data) is None
    assert data["username"] == "(not a name)"


async def test_a_closed_account_is_refused_and_its_session_ends(
    accounts: LocalAccounts, hub_store: Store
) -> None:
    user = SimpleNamespace(name="alice")
    assert await accounts.refresh_user(user) is True
    with hub_store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    assert await accounts.refresh_user(user) is False
    assert await _sign_in(accounts) is None


async def test_somebody_unknown_to_the_store_may_not_stay(accounts: LocalAccounts) -> None:
    assert await accounts.refresh_user(SimpleNamespace(name="mallory")) is False


async def test_the_store_is_asked_within_ten_seconds_for_tokens_too(accounts: LocalAccounts) -> None:
    assert 0 < accounts.auth_refresh_age < 10
    assert accounts.auth_refresh_strict
    assert accounts.refresh_pre_spawn


@pytest.mark.parametrize("name", ["a.b", "a_b", "A", "a/b", "..", "", "x" * 33, "alice\n"])
async def test_names_that_are_not_ours_are_no_hub_users(accounts: LocalAccounts, name: str) -> None:
    assert not accounts.validate_username(name)


async def test_each_sign_in_is_in_the_ledger(accounts: LocalAccounts, hub_store: Store) -> None:
    await _sign_in(accounts)
    await _sign_in(accounts, password="wrong")
    with hub_store.read() as session:
        kinds = list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))
    assert kinds[-2:] == ["signin.succeeded", "signin.failed"]


async def test_without_a_database_nobody_gets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKEDROOM_STATE", str(tmp_path / "empty"))
    with pytest.raises(WrongDatabase):
        await _sign_in(LocalAccounts(config=Config()))


@pytest.mark.parametrize(("waiting", "checked"), [(19, True), (20, False), (21, False)])
async def test_beyond_twenty_waiting_a_sign_in_is_answered_at_once(
    accounts: LocalAccounts, hub_store: Store, waiting: int, checked: bool
) -> None:
    await accounts._opened()
    for _ in range(4):  # as many as are checked at once
        await accounts._checks.acquire()
    others = [asyncio.create_task(_sign_in(accounts, "nobody", "x")) for _ in range(waiting)]
    await asyncio.sleep(0.1)
    mine = asyncio.create_task(_sign_in(accounts))
    await asyncio.sleep(0.1)
    assert mine.done() is not checked
    for _ in range(4):
        accounts._checks.release()
    answers = await asyncio.gather(mine, *others, return_exceptions=True)
    if checked:
        assert answers[0]["name"] == "alice"
    else:
        assert (answers[0].status_code, answers[0].log_message) == (429, BUSY)
    assert sum(isinstance(answer, web.HTTPError) for answer in answers) == max(0, waiting + 1 - 20)
    assert (await _sign_in(accounts))["name"] == "alice"
