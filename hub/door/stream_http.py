"""One answer of the room on its way to the browser, which the door can cut off in the middle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tornado import web

from hub.door.tally import Tally

if TYPE_CHECKING:
    from hub.door.context import Door, Session
    from hub.door.relay_http import Answer


class Stream:
    """Carries the body of ``answer`` to ``handler``; part of ``door.carried`` while it does.

    ``session`` is the browser session it belongs to, or ``None`` for the seat's own window.
    """

    def __init__(
        self, door: Door, handler: web.RequestHandler, answer: Answer, session: Session | None
    ) -> None:
        self._door = door
        self._handler = handler
        self._answer = answer
        self.session = session
        self.signed_in_at = time.monotonic()
        self._cut = False

    async def carry(self) -> None:
        """Until the room has said everything, or :meth:`close`."""
        self._door.carried.add(self)
        try:
            async for piece in self._answer.body():
                if await self._door.passage(self) is not None or self._cut:
                    self.close("")
                    return
                self._door.count(self.session, Tally(bytes_out=len(piece)))
                self._handler.write(piece)
                await self._handler.flush()
        finally:
            self._door.carried.discard(self)

    def close(self, reason: str, code: int = 0) -> None:
        """Hang up on both sides. The browser sees an answer that breaks off, not one that is complete."""
        self._cut = True
        self._answer.close()
        connection = self._handler.request.connection
        if connection is not None:
            connection.stream.close()  # type: ignore[attr-defined]
