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

    ``refusal`` is the hub's last sentence, or ``None`` if its last answer was yes. ``asked_at`` is the time
    of the last answer of either kind.
    """

    freeze_after_s: float
    asked_at: float = float("-inf")
    refusal: str | None = UNKNOWN

    def answered(self, refusal: str | None, now: float) -> None:
        """Note an answer of the hub."""
        self.refusal = refusal
        self.asked_at = now

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

    def why_closed(self) -> str | None:
        """See :meth:`Membership.why_closed`, at this moment."""
        return self.membership.why_closed(self.clock())

    async def ask_now(self) -> str | None:
        """Ask once, and say why the door is closed, if it is."""
        with contextlib.suppress(LinkDown):  # then the age of the last answer decides
            self.membership.answered(await self.ask(), self.clock())
        return self.why_closed()

    async def run(self) -> None:
        """Ask for ever."""
        open_before = False
        while True:
            reason = await self.ask_now()
            if reason is not None and open_before:
                await self.on_close(reason)
            open_before = reason is None
            await asyncio.sleep(self.every_s)
