"""Signing in: the right password only, a wait after failures, and nothing that tells who exists."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from hub.governance import signin
from hub.governance.errors import WrongValue
from hub.governance.passwords import LONGEST, SHORTEST, generate_password, hash_password, verify_password
from hub.governance.people import add_person, disable_person
from hub.governance.signin import Limits, may_stay, sign_in
from hub.ledger import verify
from hub.store import Store
from hub.store.models import LedgerEntry, SigninThrottle
from tests.unit.builders import CONSOLE, NOW, PASSWORD, SECOND, password_hash, person

LIMITS = Limits(failures=3, wait=timedelta(minutes=5))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The hashes that were checked. A cheap check in the real one's place where time would only be lost."""
    checked: list[str | None] = []

    def check(password: str, hashed: str | None) -> bool:
        checked.append(hashed)
        return hashed == password_hash() and password == PASSWORD

    monkeypatch.setattr(signin, "verify_password", check)
    return checked


def _try(store: Store, name: str = "alice", password: str = PASSWORD, now: datetime = NOW) -> str | None:
    return sign_in(store, name=name, password=password, limits=LIMITS, clock=lambda: now)


def _entries(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.read() as session:
        assert verify(session).intact
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))
        return [(e.kind, e.actor, json.loads(e.payload)) for e in rows if e.kind.startswith("signin")]


def test_the_right_password_lets_in_and_the_ledger_says_so(store: Store) -> None:
    person(store)
    assert _try(store) == "alice"
    assert _try(store, "  ALICE ") == "alice"
    assert _entries(store) == [("signin.succeeded", "alice", {})] * 2


@pytest.mark.parametrize("password", ["", PASSWORD + " ", PASSWORD.upper(), "\0", "\ud800", PASSWORD * 100])
def test_another_password_does_not(store: Store, password: str) -> None:
    person(store)
    assert _try(store, password=password) is None
    assert _entries(store)[0][2]["reason"] == "wrong password"


def test_a_closed_account_and_one_without_password_are_refused(store: Store) -> None:
    person(store)
    with store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
        add_person(session, name="bob", full_name="Bob", password_hash=None, actor=CONSOLE, now=NOW)
    assert _try(store, "alice") is None
    assert _try(store, "bob", "") is None
    assert [entry[2]["reason"] for entry in _entries(store)] == ["account closed", "no password set"]


@pytest.mark.parametrize(
    "name", ["nobody", "", "../x", "x" * 5000, "correct-horse-battery-staple-really", "a\0b", "\ud800"]
)
def test_an_unknown_name_is_checked_like_a_known_one_and_not_kept(
    store: Store, counted: list[str | None], name: str
) -> None:
    assert _try(store, name) is None
    assert counted == [None]
    [(kind, actor, payload)] = _entries(store)
    assert (kind, actor) == ("signin.failed", "system:signin")
    assert payload == {"person": None, "reason": "unknown name", "unrecorded": 0}
    with store.read() as session:
        kept = " ".join(session.scalars(select(SigninThrottle.name_digest)))
        kept += " ".join(session.scalars(select(LedgerEntry.payload)))
    assert len(name) < 4 or name not in kept


def test_the_check_takes_as_long_for_nobody_as_for_somebody() -> None:
    def seconds(hashed: str | None) -> float:
        best = []
        for _ in range(3):
            start = time.perf_counter()
            assert not verify_password("wrong-password", hashed)
            best.append(time.perf_counter() - start)
        return min(best)

    hashed = password_hash()
    verify_password("x", None)  # makes nobody's hash once
    somebody, nobody = seconds(hashed), seconds(None)
    assert nobody > somebody / 3
    assert somebody > nobody / 3
    assert nobody > 0.005


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_after_three_failures_a_name_waits_whoever_it_is(
    store: Store, counted: list[str | None], name: str
) -> None:
    person(store)
    for _ in range(2):
        assert _try(store, name, "wrong") is None
    assert len(counted) == 2
    _try(store, name, "wrong")
    assert len(counted) == 3
    for _ in range(5):
        assert _try(store, name, PASSWORD) is None  # even with the right password
    assert len(counted) == 3, "a password was looked at while the name had to wait"


@pytest.mark.parametrize(("offset", "lets_in"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_the_wait_ends_at_its_end(
    store: Store, counted: list[str | None], offset: timedelta, lets_in: bool
) -> None:
    person(store)
    for _ in range(LIMITS.failures):
        _try(store, password="wrong")
    assert (_try(store, now=NOW + LIMITS.wait + offset) == "alice") == lets_in


def test_success_before_the_limit_starts_the_count_anew(store: Store, counted: list[str | None]) -> None:
    person(store)
    for _ in range(4):
        for _ in range(LIMITS.failures - 1):
            assert _try(store, password="wrong") is None
        assert _try(store) == "alice"


def test_many_attempts_at_once_do_not_get_past_the_limit(store: Store, counted: list[str | None]) -> None:
    person(store)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: _try(store, password="wrong"), range(24)))
    assert len(counted) == LIMITS.failures


def test_a_name_that_waits_does_not_make_others_wait(store: Store, counted: list[str | None]) -> None:
    person(store, "alice")
    person(store, "bob")
    for _ in range(9):
        _try(store, "alice", "wrong")
    assert _try(store, "bob") == "bob"


def test_trying_names_at_random_fills_neither_ledger_nor_table(
    store: Store, counted: list[str | None]
) -> None:
    for number in range(30):
        _try(store, f"guess-{number}")
    assert len(_entries(store)) == 1
    later = NOW + LIMITS.wait
    _try(store, "guess-again", now=later)
    assert [entry[2]["unrecorded"] for entry in _entries(store)] == [0, 29]
    with store.read() as session:
        assert len(list(session.scalars(select(SigninThrottle.name_digest)))) == 2


def test_closing_the_account_during_the_check_wins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    person(store)

    def close_meanwhile(password: str, hashed: str | None) -> bool:
        with store.write() as session:
            disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
        return True

    monkeypatch.setattr(signin, "verify_password", close_meanwhile)
    assert _try(store) is None


def test_only_an_open_account_may_stay(store: Store) -> None:
    person(store)
    with store.read() as session:
        assert may_stay(session, "alice")
        assert not may_stay(session, "nobody")
        assert not may_stay(session, "../x")
    with store.write() as session:
        disable_person(session, name="alice", reason="left", actor=CONSOLE, now=NOW)
    with store.read() as session:
        assert not may_stay(session, "alice")


@pytest.mark.parametrize(
    ("length", "fits"), [(SHORTEST - 1, False), (SHORTEST, True), (LONGEST, True), (LONGEST + 1, False)]
)
def test_a_password_has_a_least_and_a_greatest_length(length: int, fits: bool) -> None:
    if fits:
        assert hash_password("x" * length).startswith("$argon2id$")
    else:
        with pytest.raises(WrongValue):
            hash_password("x" * length)


def test_a_longer_password_does_not_match_by_its_beginning() -> None:
    hashed = hash_password("x" * LONGEST)
    assert verify_password("x" * LONGEST, hashed)
    assert not verify_password("x" * (LONGEST + 1), hashed)


def test_made_passwords_are_strong_and_different() -> None:
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each.replace("-", "")) == 20 for each in made)


def test_a_damaged_hash_is_a_failure_not_an_error() -> None:
    assert not verify_password("x", "$argon2id$nonsense")
