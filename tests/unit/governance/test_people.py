"""People and roles: who may change them, when, and that the ledger has each change."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from hub.governance import Role, active_roles, load_actor
from hub.governance.errors import NotAllowed, NotFound, NotNow, WrongValue
from hub.governance.people import (
    add_person,
    disable_person,
    grant_role,
    list_people,
    revoke_role,
    set_password,
)
from hub.governance.policies import accounts
from hub.ledger import verify
from hub.store import Store
from hub.store.models import LedgerEntry
from hub.store.names import WrongName
from tests.unit.builders import CONSOLE, NOW, password_hash, person


def _kinds(store: Store) -> list[str]:
    with store.read() as session:
        assert verify(session).intact
        return list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))[1:]


def test_each_change_of_an_account_is_in_the_ledger(store: Store) -> None:
    person(store, "alice", "data_manager")
    with store.write() as session:
        set_password(session, name="alice", password_hash=password_hash(), actor=CONSOLE, now=NOW)
        revoke_role(session, name="alice", role="data_manager", actor=CONSOLE, now=NOW)
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    assert _kinds(store) == [
        "person.added",
        "person.password_set",
        "role.granted",
        "person.password_set",
        "role.revoked",
        "person.disabled",
    ]


def test_the_ledger_has_no_password_and_no_hash(store: Store) -> None:
    person(store)
    with store.read() as session:
        said = " ".join(session.scalars(select(LedgerEntry.payload)))
    assert "argon2" not in said
    assert password_hash() not in said


def test_names_are_never_given_twice_even_after_closing(store: Store) -> None:
    person(store)
    with store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    with pytest.raises(NotNow, match="never given twice"):
        person(store)


@pytest.mark.parametrize(
    ("first", "second"), [("administrator", "output_checker"), ("output_checker", "administrator")]
)
def test_nobody_becomes_administrator_and_output_checker(store: Store, first: str, second: str) -> None:
    person(store, "alice", first)
    before = _kinds(store)
    with (
        pytest.raises(NotNow, match="nobody may be administrator and output checker at once"),
        store.write() as session,
    ):
        grant_role(session, name="alice", role=second, actor=CONSOLE, now=NOW)
    assert _kinds(store) == before
    with store.write() as session:
        revoke_role(session, name="alice", role=first, actor=CONSOLE, now=NOW)
        grant_role(session, name="alice", role=second, actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert active_roles(session, "alice") == {Role(second)}


def test_a_closed_account_has_no_roles_and_gets_none(store: Store) -> None:
    person(store, "alice", "output_checker")
    with store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert active_roles(session, "alice") == frozenset()
        assert list_people(session)[0].roles == frozenset()
    with store.write() as session:
        for change in (
            lambda: grant_role(session, name="alice", role="committee", actor=CONSOLE, now=NOW),
            lambda: set_password(
                session, name="alice", password_hash=password_hash(), actor=CONSOLE, now=NOW
            ),
            lambda: disable_person(session, name="alice", reason="again", actor=CONSOLE, now=NOW),
        ):
            with pytest.raises(NotNow):
                change()


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.ADMINISTRATOR)])
def test_only_administrators_and_the_console_manage_accounts(store: Store, role: Role | None) -> None:
    person(store, "mallory", *([role] if role else []))
    person(store, "bob")
    with store.write() as session:
        for change in (
            lambda: add_person(
                session, name="x", full_name="X", password_hash=None, actor="mallory", now=NOW
            ),
            lambda: set_password(
                session, name="bob", password_hash=password_hash(), actor="mallory", now=NOW
            ),
            lambda: disable_person(session, name="bob", reason="x", actor="mallory", now=NOW),
            lambda: grant_role(session, name="bob", role="committee", actor="mallory", now=NOW),
            lambda: revoke_role(session, name="bob", role="committee", actor="mallory", now=NOW),
        ):
            with pytest.raises(NotAllowed):
                change()


def test_administrators_manage_others_but_not_themselves(store: Store) -> None:
    person(store, "root-admin", "administrator")
    person(store, "bob")
    with store.write() as session:
        grant_role(session, name="bob", role="output_checker", actor="root-admin", now=NOW)
        with pytest.raises(NotAllowed, match="own account"):
            grant_role(session, name="root-admin", role="data_manager", actor="root-admin", now=NOW)


def test_an_administrator_whose_account_is_closed_may_nothing(store: Store) -> None:
    person(store, "old-admin", "administrator")
    with store.write() as session:
        disable_person(session, name="old-admin", reason="left", actor=CONSOLE, now=NOW)
    with store.write() as session, pytest.raises(NotAllowed):
        add_person(session, name="x", full_name="X", password_hash=None, actor="old-admin", now=NOW)


@pytest.mark.parametrize("actor", ["system:hub", "system:console", "nobody"])
def test_parts_of_the_system_and_strangers_hold_no_role(store: Store, actor: str) -> None:
    with store.read() as session:
        found = load_actor(session, actor)
    assert not any(found.holds(role) for role in Role)


@pytest.mark.parametrize(
    "full_name", ["", "   ", "a" * 201, "a\nb", "a\x1b[31m", "a\u202eb", "a\u2028b", "a\0"]
)
def test_a_full_name_is_one_visible_line(store: Store, full_name: str) -> None:
    with pytest.raises(WrongValue), store.write() as session:
        add_person(session, name="x", full_name=full_name, password_hash=None, actor=CONSOLE, now=NOW)


def test_unknown_names_and_roles_are_refused_in_a_sentence(store: Store) -> None:
    person(store)
    with store.write() as session:
        with pytest.raises(NotFound):
            grant_role(session, name="bob", role="committee", actor=CONSOLE, now=NOW)
        with pytest.raises(WrongValue, match="choose one of"):
            grant_role(session, name="alice", role="root", actor=CONSOLE, now=NOW)
        with pytest.raises(WrongName):
            grant_role(session, name="../alice", role="committee", actor=CONSOLE, now=NOW)


def test_of_all_pairs_of_roles_one_is_kept_apart() -> None:
    refused = {
        frozenset({held, wanted})
        for held in Role
        for wanted in Role
        if held is not wanted and not accounts.can_grant(wanted, held=frozenset({held}), disabled=False)
    }
    assert refused == {frozenset({Role.ADMINISTRATOR, Role.OUTPUT_CHECKER})}


def test_payloads_are_json(store: Store) -> None:
    person(store)
    with store.read() as session:
        payloads = [json.loads(payload) for payload in session.scalars(select(LedgerEntry.payload))]
    assert {"person": "alice", "full_name": "Alice"} in payloads
