"""Asking again, every few seconds, whether the person may still be in; freezing when nobody answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.door.warden_link import LinkDown

UNKNOWN = "The hub cannot be asked whether you may be in this room, so the door is closed. Try again shortly."


@dataclass
class Membership:
    """What is known, and since when (seconds of a monotonic clock). Pure: time is an argument.

    ``refusal`` is the hub's last sentence, or ``None`` if its last answer was yes. ``asked_at`` is when the
    question was put that was answered last: an answer says what was so then.
    """

    freeze_after_s: float
    asked_at: float = float("-inf")
    refusal: str | None = UNKNOWN

    def answered(self, refusal: str | None, asked_at: float) -> None:
        """Note an answer of the hub to the question put at ``asked_at``."""
        self.refusal = refusal
        self.asked_at = asked_at

    def why_closed(self, now: float) -> str | None:
        """``None`` while the person may be in; else the sentence to show."""
        if self.refusal is not None:
            return self.refusal
        if now - self.asked_at >= self.freeze_after_s:
            return UNKNOWN
        return None


@dataclass
class Watch:
    """Keeps a :class:`Membership` fresh and calls ``on_close`` once each time it ends."""

    membership: Membership
    ask: Callable[[], Awaitable[str | None]]
    on_close: Callable[[str], Awaitable[None]]
    every_s: float
    clock: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    _open: bool = field(default=False, init=False)

    def why_closed(self) -> str | None:
        """See :meth:`Membership.why_closed`, at this moment."""
        return self.membership.why_closed(self.clock())

    async def ask_now(self) -> str | None:
        """Ask once, and say why the door is closed, if it is."""
        asked_at = self.clock()
        with contextlib.suppress(LinkDown):  # then the age of the last answer decides
            self.membership.answered(await self.ask(), asked_at)
        return self.why_closed()

    async def run(self) -> None:
        """Ask for ever; meanwhile freeze at the moment itself, however long a question hangs."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_asking())
            both.create_task(self._keep_looking())

    async def _keep_asking(self) -> None:
        while True:
            began = self.clock()
            await self.ask_now()
            await self._look()
            await asyncio.sleep(max(0.0, self.every_s - (self.clock() - began)))

    async def _keep_looking(self) -> None:
        while True:
            await self._look()
            left = self.membership.asked_at + self.membership.freeze_after_s - self.clock()
            await asyncio.sleep(min(left, self.every_s) if left > 0 else self.every_s)

    async def _look(self) -> None:
        reason = self.why_closed()
        was_open, self._open = self._open, reason is None
        if reason is not None and was_open:
            await self.on_close(reason)
