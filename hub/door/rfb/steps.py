"""Reading a stream of bytes message by message, whatever pieces it comes in.

A conversation is written as a generator that yields a number (so many bytes, please) or a :class:`Piece`
(say this). It never sees where one network packet ended and the next began.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum


class Side(Enum):
    """To whom the door speaks."""

    WINDOW = "window"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that the door has built, and to whom they go."""

    to: Side
    data: bytes


class Refused(Exception):
    """Something came that does not pass. The text is a sentence of ours, fit for the person and the ledger."""


Steps = Generator[int | Piece, bytes, None]


def take(count: int) -> Generator[int | Piece, bytes, bytes]:
    """Exactly the next ``count`` bytes."""
    return (yield count)


class Reader:
    """Runs one conversation. It holds what one step asks for and what came with it, and no more."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._held = bytearray()
        self._next: int | Piece | None = None

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take ``data`` (empty to begin) and say what follows, piece by piece. To be read to its end.

        Raises :class:`Refused`, at the same place however the stream was cut; the conversation is over then.
        """
        self._held += data
        if self._next is None:
            self._next = next(self._steps)
        used = 0
        try:
            while True:
                if isinstance(self._next, Piece):
                    yield self._next
                    self._next = self._steps.send(b"")
                elif len(self._held) - used >= self._next:
                    taken = bytes(self._held[used : used + self._next])
                    used += self._next
                    self._next = self._steps.send(taken)
                else:
                    return
        finally:
            del self._held[:used]
