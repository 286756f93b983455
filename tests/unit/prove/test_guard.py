"""Rooms open after a proof of their kind, made by this very hub; after a failed one, or none, they do not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from output_checker.errors import PlainError
from sqlalchemy import select

from hub.ledger import EventKind
from hub.prove.attempt import Judgement, Need, Outcome, Result
from hub.prove.guard import DO_NOT_HOLD, NOT_PROVED, Guard
from hub.prove.proof import Progress, Proof
from hub.prove.suite import FAMILIES
from hub.rooms.spec import Backend
from hub.settings import Settings
from hub.store import Store
from hub.store.models import LedgerEntry

ATTEMPT = FAMILIES[0].attempts[0]
BACKEND = Backend("a backend", True, (), Path("/rooms/one"))
Attack = Callable[..., Proof]


def proof(*outcomes: Outcome, missing: Need | None = None) -> Proof:
    """A proof with these outcomes."""
    results = tuple(Result("network", ATTEMPT, Judgement(outcome, "so"), missing) for outcome in outcomes)
    return Proof("a backend", "one", "6.1", "181 attempts, abc", results, 1.0)


def guard(store: Store, attack: Attack, tmp_path: Path) -> Guard:
    """A guard that attacks in this way."""
    return Guard(Settings(state=tmp_path), store, attack)


def recorded(store: Store) -> list[LedgerEntry]:
    """The ledger's entries about proofs."""
    with store.read() as session:
        return list(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EventKind.ROOM_PROVED)))


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (proof(Outcome.HELD), None),
        (proof(Outcome.NOT_TRIED, missing=Need.OWN_USER), None),
        (proof(Outcome.HELD, Outcome.NOT_HELD), DO_NOT_HOLD),
        (proof(Outcome.HELD, Outcome.NOT_TRIED), DO_NOT_HOLD),
        (proof(), DO_NOT_HOLD),
    ],
)
async def test_rooms_open_if_they_held_and_the_ledger_says_so_either_way(
    sqlite_store: Store, tmp_path: Path, made: Proof, refusal: str | None
) -> None:
    watch = guard(sqlite_store, lambda settings, progress: made, tmp_path)
    if refusal is None:
        await watch.hold(BACKEND)
    else:
        with pytest.raises(PlainError) as refused:
            await watch.hold(BACKEND)
        assert refused.value.sentence == refusal
    entry, *again = recorded(sqlite_store)
    assert len(again) == (refusal is not None and not made.count(Outcome.NOT_HELD)), "tried again"
    assert entry.actor == "system:hub"
    assert f'"failed":{["network: network devices"] if refusal and made.results else []}'.replace(
        "'", '"'
    ) in str(entry.payload)


@pytest.mark.parametrize("fault", [PlainError("No engine."), OSError("disk"), ValueError("a bug of ours")])
async def test_a_proof_that_could_not_be_made_opens_nothing(
    sqlite_store: Store, tmp_path: Path, fault: Exception
) -> None:
    def attack(settings: Settings, progress: Progress) -> Proof:
        raise fault

    watch = guard(sqlite_store, attack, tmp_path)
    for _ in range(2):
        with pytest.raises(PlainError) as refused:
            await watch.hold(BACKEND)
        assert refused.value.sentence == NOT_PROVED


async def test_all_wait_for_one_proof_and_one_who_leaves_does_not_end_it(
    sqlite_store: Store, tmp_path: Path
) -> None:
    go_on = threading.Event()
    made: list[int] = []

    def attack(settings: Settings, progress: Progress) -> Proof:
        made.append(1)
        assert go_on.wait(10)
        return proof(Outcome.HELD)

    watch = guard(sqlite_store, attack, tmp_path)
    waiting = [asyncio.create_task(watch.hold(BACKEND)) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert watch.pending and not any(one.done() for one in waiting)
    waiting[0].cancel()
    go_on.set()
    await asyncio.gather(*waiting[1:])
    assert made == [1] and not watch.pending


@pytest.mark.parametrize(
    ("first", "second", "times", "opens"),
    [
        (Outcome.NOT_TRIED, Outcome.HELD, 2, True),
        (Outcome.NOT_TRIED, Outcome.NOT_TRIED, 2, False),
        (Outcome.NOT_TRIED, Outcome.NOT_HELD, 2, False),
        (Outcome.NOT_HELD, Outcome.HELD, 1, False),
    ],
)
async def test_what_could_not_be_tried_is_tried_once_more_and_what_did_not_hold_is_not(
    sqlite_store: Store, tmp_path: Path, first: Outcome, second: Outcome, times: int, opens: bool
) -> None:
    outcomes = iter([first, second])
    watch = guard(sqlite_store, lambda settings, progress: proof(next(outcomes)), tmp_path)
    if opens:
        await watch.hold(BACKEND)
    else:
        with pytest.raises(PlainError):
            await watch.hold(BACKEND)
    assert len(recorded(sqlite_store)) == times


async def test_another_environment_is_proved_by_itself(sqlite_store: Store, tmp_path: Path) -> None:
    outcomes = iter([Outcome.HELD, Outcome.NOT_HELD])
    watch = guard(sqlite_store, lambda settings, progress: proof(next(outcomes)), tmp_path)
    await watch.hold(BACKEND)
    with pytest.raises(PlainError):
        await watch.hold(Backend("a backend", True, (), Path("/rooms/two")))
    await watch.hold(BACKEND)
    assert len(recorded(sqlite_store)) == 2


async def test_a_hub_that_ends_breaks_its_proof_off(sqlite_store: Store, tmp_path: Path) -> None:
    def attack(settings: Settings, progress: Progress) -> Proof:
        for _ in range(1000):
            progress(0, 1, "x")
            threading.Event().wait(0.01)
        return proof(Outcome.HELD)

    watch = guard(sqlite_store, attack, tmp_path)
    watch.begin(BACKEND)
    await asyncio.sleep(0.05)
    watch.end()
    with pytest.raises(PlainError, match="could not be tried"):
        await asyncio.wait_for(watch.hold(BACKEND), 5)
    assert recorded(sqlite_store) == []
