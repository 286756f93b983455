"""What one door has written down besides cells: who came, left and was refused, which files, how much passed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from hub.door.settings import LAB
from hub.door.tally import Lately, Seldom, Tally
from hub.door.warden_link import LinkDown, WardenLink

# A person has left when so long nothing of theirs was open and nothing was asked for.
LEFT_AFTER_S = 60.0
_COUNT_EVERY_S = 300.0
_LOOK_EVERY_S = 5.0
# The same refusal, and the same file, is written down once in so long.
_REFUSAL_EVERY_S = 60.0
_FILE_EVERY_S = 600.0


class Recorder:
    """One door's. ``clock`` gives seconds that only grow."""

    def __init__(
        self, link: WardenLink, clock: Callable[[], float] = time.monotonic, *, kind: str = LAB
    ) -> None:
        self._link = link
        self._kind = kind
        self._clock = clock
        self.tally = Tally()
        self._counted_at = clock()
        self._seen_at = clock()
        self._entered = False
        self._turn = asyncio.Lock()
        self._refusals = Seldom(_REFUSAL_EVERY_S)
        self._files = Lately(_FILE_EVERY_S)
        self._unwritten: set[asyncio.Task[None]] = set()

    async def entered(self) -> None:
        """Have the ledger say, once for each visit, that the person came in. Raises ``LinkDown`` where it cannot."""
        self._seen_at = self._clock()
        async with self._turn:
            if not self._entered:
                await self._link.record("door.entered", kind=self._kind)
                self._entered = True

    async def file_asked(self, act: str, path: str) -> None:
        """Have the ledger say that a file or folder is asked for. Raises ``LinkDown`` and ``TooMuch``."""
        if not self._files.due((act, path), self._clock()):
            return
        try:
            await self._link.record("file.asked", act=act, path=path)
        except LinkDown:
            self._files.forget((act, path))
            raise

    def refused(self, reason: str, person: str | None = None) -> None:
        """Have the ledger say that something was refused, in its own time: a refusal waits for nobody."""
        unrecorded = self._refusals.due((reason, person or ""), self._clock())
        if unrecorded is not None:
            task = asyncio.create_task(self._refused(reason, person, unrecorded))
            self._unwritten.add(task)
            task.add_done_callback(self._unwritten.discard)

    async def closed(self, reason: str) -> None:
        """The door closes on its person, if they are here."""
        async with self._turn:
            if self._entered:
                self._entered = not await self._with_tally("door.closed", reason=reason)

    async def keep_counting(self, anything_open: Callable[[], bool]) -> None:
        """For ever: notice when the person has left, and write down from time to time how much passed."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.look(anything_open())

    async def look(self, anything_open: bool) -> None:
        """One look of :meth:`keep_counting`."""
        now = self._clock()
        if anything_open:
            self._seen_at = now
        async with self._turn:
            if self._entered and now - self._seen_at >= LEFT_AFTER_S:
                self._entered = not await self._with_tally("door.left")
            elif self.tally and now - self._counted_at >= _COUNT_EVERY_S:
                await self._with_tally("door.counted")

    async def stop(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._unwritten, return_exceptions=True)

    async def _with_tally(self, event: str, **details: Any) -> bool:
        """Whether it was written; otherwise the counts are kept for the next time."""
        told, self.tally = self.tally, Tally()
        try:
            await self._link.record(event, tally=told.as_dict(), **details)
        except LinkDown:
            self.tally.add(told)
            return False
        self._counted_at = self._clock()
        return True

    async def _refused(self, reason: str, person: str | None, unrecorded: int) -> None:
        with contextlib.suppress(LinkDown):  # its number is missing then, and the ledger says so
            await self._link.record("door.refused", reason=reason, person=person, unrecorded=unrecorded)
