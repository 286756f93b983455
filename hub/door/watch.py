"""Asking again, every few seconds, whether the person may still be in; freezing while nobody answers.

A door is open, frozen or ended. It is frozen while governance cannot be asked: nothing passes in either
direction, what is open stays open and waits. It has ended when governance has said no.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from hub.door.warden_link import LinkDown

UNKNOWN = "The hub cannot be asked whether you may be in this room, so nothing passes. Try again shortly."


class Standing(Enum):
    """How a door stands towards its person."""

    OPEN = "what may pass, passes"
    FROZEN = "nothing passes, and what is open waits"
    ENDED = "nothing passes, and what is open is closed"


@dataclass
class Membership:
    """What is known, and since when (seconds of a monotonic clock). Pure: time is an argument.

    ``refusal`` is the hub's last sentence, or ``None`` if its last answer was yes. ``asked_at`` is when the
    question was put that was answered last: an answer says what was so then.
    """

    freeze_after_s: float
    asked_at: float = float("-inf")
    refusal: str | None = None

    def answered(self, refusal: str | None, asked_at: float) -> None:
        """Note an answer of the hub to the question put at ``asked_at``."""
        self.refusal = refusal
        self.asked_at = asked_at

    def standing(self, now: float) -> Standing:
        """A no holds until there is another answer, a yes only so long."""
        if self.refusal is not None:
            return Standing.ENDED
        return Standing.FROZEN if now - self.asked_at >= self.freeze_after_s else Standing.OPEN

    def why_closed(self, now: float) -> str | None:
        """``None`` while the door is open; else the sentence to show."""
        if self.refusal is not None:
            return self.refusal
        return None if self.standing(now) is Standing.OPEN else UNKNOWN


@dataclass
class Watch:
    """Keeps a :class:`Membership` fresh and calls ``on_close`` once each time it ends, not when it freezes.

    Whoever carries something asks :meth:`standing` before each piece.
    """

    membership: Membership
    ask: Callable[[], Awaitable[str | None]]
    on_close: Callable[[str], Awaitable[None]]
    every_s: float
    clock: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    _ended: bool = field(default=False, init=False)

    def standing(self) -> Standing:
        """See :meth:`Membership.standing`, at this moment."""
        return self.membership.standing(self.clock())

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
        """Ask for ever."""
        while True:
            began = self.clock()
            reason = await self.ask_now()
            had_ended, self._ended = self._ended, self.standing() is Standing.ENDED
            if reason is not None and self._ended and not had_ended:
                await self.on_close(reason)
            await asyncio.sleep(max(0.0, self.every_s - (self.clock() - began)))
