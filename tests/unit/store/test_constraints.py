"""What the database itself refuses, whatever the program does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.governance import record_approval
from hub.store import Store
from tests.unit.builders import CONSOLE, EXTRACT, NOW, member, person, project

T = "'2026-01-01 00:00:00'"


def _refuses(store: Store, statement: str, **values: Any) -> None:
    with pytest.raises(DBAPIError) as refused, store.write() as session:
        session.execute(text(statement), values)
    said = str(refused.value.orig).lower()
    assert any(word in said for word in ("constraint", "kept", "unique", "ledger", "23514", "23505")), said


def _accepts(store: Store, statement: str) -> None:
    with store.write() as session:
        session.execute(text(statement))


@pytest.fixture
def filled(store: Store) -> Store:
    """Two people, a project, a member, an approval."""
    person(store, "alice", "administrator")
    person(store, "bob", "output_checker")
    project(store)
    member(store)
    with store.write() as session:
        record_approval(session, "road-safety", EXTRACT, actor=CONSOLE, now=NOW)
    return store


GRANT = (
    "INSERT INTO role_grants (person_id, role, granted_at, granted_by) "
    "SELECT id, '{}', {}, 'x' FROM people WHERE name = '{}'"
)


@pytest.mark.parametrize(("name", "role"), [("alice", "output_checker"), ("bob", "administrator")])
def test_nobody_holds_account_administration_and_output_checking(filled: Store, name: str, role: str) -> None:
    _refuses(filled, GRANT.format(role, T, name))


def test_other_roles_go_together(filled: Store) -> None:
    _accepts(filled, GRANT.format("data_manager", T, "alice"))
    _accepts(filled, GRANT.format("committee", T, "alice"))


def test_a_role_changed_or_given_back_by_hand_is_refused_too(filled: Store) -> None:
    _accepts(filled, GRANT.format("data_manager", T, "alice"))
    _refuses(filled, "UPDATE role_grants SET role = 'output_checker' WHERE role = 'data_manager'")


def test_a_role_is_held_once(filled: Store) -> None:
    _refuses(filled, GRANT.format("administrator", T, "alice"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET disabled_at = '2027-01-01'",
        "UPDATE people SET disabled_by = 'x'",
        "UPDATE people SET password_set_at = NULL",
        "UPDATE people SET password_hash = NULL",
        "UPDATE people SET disabled_at = '1990-01-01', disabled_by = 'x'",
        "UPDATE role_grants SET revoked_at = '2027-01-01'",
        "UPDATE role_grants SET revoked_by = 'x'",
        "UPDATE role_grants SET revoked_at = '1990-01-01', revoked_by = 'x'",
        "UPDATE role_grants SET role = 'root'",
        "UPDATE projects SET closed_at = '2027-01-01'",
        "UPDATE projects SET closed_by = 'x'",
        "UPDATE projects SET ends_at = starts_at",
        "UPDATE projects SET tier = ''",
        "UPDATE memberships SET ended_at = '2027-01-01'",
        "UPDATE memberships SET ended_by = 'x'",
        "UPDATE memberships SET ends_at = starts_at",
        "UPDATE memberships SET ended_at = '1990-01-01', ended_by = 'x'",
        "UPDATE memberships SET seat_number = 77",
        "UPDATE people SET name = 'mallory' WHERE name = 'bob'",
        "UPDATE seats SET number = 77",
        "UPDATE seats SET person_id = (SELECT id FROM people WHERE name = 'bob')",
        "UPDATE projects SET number = 77",
        "UPDATE projects SET slug = 'other'",
        "UPDATE approvals SET extract = '{}'",
        "UPDATE memberships SET ends_at = '2099-01-01'",
        "UPDATE role_grants SET granted_by = 'somebody-else'",
        "DELETE FROM role_grants",
        "DELETE FROM memberships",
        "DELETE FROM people",
        "DELETE FROM seats",
        "DELETE FROM projects",
        "DELETE FROM approvals",
    ],
)
def test_facts_come_in_pairs_and_numbers_stay(filled: Store, statement: str) -> None:
    _refuses(filled, statement)


@pytest.mark.parametrize("table", ["people", "seats", "projects", "approvals", "memberships", "role_grants"])
def test_kept_rows_cannot_be_replaced_or_truncated(filled: Store, table: str) -> None:
    if filled.engine.dialect.name == "sqlite":
        _refuses(filled, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    else:
        _refuses(filled, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    ("table", "at", "by"),
    [
        ("people", "disabled_at", "disabled_by"),
        ("projects", "closed_at", "closed_by"),
        ("memberships", "ended_at", "ended_by"),
        ("role_grants", "revoked_at", "revoked_by"),
    ],
)
def test_what_was_ended_is_not_revived(filled: Store, table: str, at: str, by: str) -> None:
    _accepts(filled, f"UPDATE {table} SET {at} = '2027-01-01', {by} = 'x'")
    _refuses(filled, f"UPDATE {table} SET {at} = NULL, {by} = NULL")
    _refuses(filled, f"UPDATE {table} SET {by} = 'somebody-else'")
