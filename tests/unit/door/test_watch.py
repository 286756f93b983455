"""Membership is asked again and again; without an answer the door freezes at its limit."""

from __future__ import annotations

import asyncio

import pytest

from hub.door.warden_link import LinkDown
from hub.door.watch import UNKNOWN, Membership, Standing, Watch


def test_before_the_first_answer_the_door_is_frozen() -> None:
    assert Membership(10).standing(0) is Standing.FROZEN
    assert Membership(10).why_closed(0) == UNKNOWN


@pytest.mark.parametrize(("age", "closed"), [(9, False), (10, True), (11, True)])
def test_a_yes_holds_until_the_limit_and_not_longer(age: float, closed: bool) -> None:
    membership = Membership(10)
    membership.answered(None, 100)
    assert (membership.why_closed(100 + age) == UNKNOWN) is closed
    assert (membership.why_closed(100 + age) is None) is not closed
    assert membership.standing(100 + age) is (Standing.FROZEN if closed else Standing.OPEN)


def test_a_no_closes_at_once_and_keeps_its_sentence() -> None:
    membership = Membership(10)
    membership.answered(None, 100)
    membership.answered("The project has ended.", 101)
    assert membership.why_closed(101) == "The project has ended."
    assert membership.why_closed(500) == "The project has ended."
    assert membership.standing(500) is Standing.ENDED


def test_a_new_yes_opens_again() -> None:
    membership = Membership(10)
    membership.answered("No.", 100)
    membership.answered(None, 101)
    assert membership.why_closed(101) is None


class Hub:
    """Answers what the test says, and notes when the door was closed."""

    def __init__(self) -> None:
        self.says: str | Exception | None = None
        self.closed: list[str] = []
        self.now = 0.0
        self.watch = Watch(Membership(10), self.ask, self.close, every_s=0.001, clock=lambda: self.now)

    async def ask(self) -> str | None:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def close(self, reason: str) -> None:
        self.closed.append(reason)


async def test_what_is_open_is_closed_once_when_the_answer_turns_to_no() -> None:
    hub = Hub()
    task = asyncio.create_task(hub.watch.run())
    await asyncio.sleep(0.02)
    assert hub.closed == []
    hub.says = "You are no longer a member."
    await asyncio.sleep(0.03)
    assert hub.closed == ["You are no longer a member."]
    hub.says = None
    await asyncio.sleep(0.02)
    hub.says = "Again."
    await asyncio.sleep(0.03)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert hub.closed == ["You are no longer a member.", "Again."]


async def test_a_hub_that_does_not_answer_freezes_the_door_and_closes_nothing() -> None:
    hub = Hub()
    task = asyncio.create_task(hub.watch.run())
    await asyncio.sleep(0.02)
    hub.says = LinkDown("gone")
    hub.now = 11
    await asyncio.sleep(0.03)
    assert (hub.watch.standing(), hub.closed) == (Standing.FROZEN, [])
    hub.says = None
    await asyncio.sleep(0.03)
    assert hub.watch.standing() is Standing.OPEN
    hub.says = LinkDown("gone again")
    hub.now = 30
    await asyncio.sleep(0.03)
    hub.says = "You are no longer a member."
    await asyncio.sleep(0.03)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert hub.closed == ["You are no longer a member."], "a no after a freeze closes what waited"


@pytest.mark.parametrize(("later", "frozen"), [(9.9, False), (10.0, True), (10.1, True)])
async def test_a_question_that_hangs_does_not_hold_up_the_freeze(later: float, frozen: bool) -> None:
    hub = Hub()
    task = asyncio.create_task(hub.watch.run())
    await asyncio.sleep(0.02)
    asked = asyncio.Event()

    async def hang() -> str | None:
        asked.set()
        await asyncio.sleep(60)
        return None

    hub.watch.ask = hang
    await asked.wait()
    hub.now = later
    assert (hub.watch.standing() is Standing.FROZEN) is frozen
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("later", "closed"), [(9.9, False), (10.0, True), (10.1, True)])
async def test_an_answer_counts_from_its_question(later: float, closed: bool) -> None:
    hub = Hub()

    async def slow() -> str | None:
        hub.now = 4.0
        return None

    hub.watch.ask = slow
    assert await hub.watch.ask_now() is None
    hub.now = later
    assert (hub.watch.why_closed() is not None) is closed
