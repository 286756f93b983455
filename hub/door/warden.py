"""The hub's side of the doors: answers who may be in, writes down what passes, reports what is missing.

It listens on a unix socket that only the hub's user can reach. A door proves with its own token which seat
it stands at; it never names a seat itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.door.budget import TOO_MUCH, SeatBudget
from hub.door.cell_store import CellStore
from hub.door.reports import read_report
from hub.door.warden_link import MAX_LINE
from hub.governance import Refused, admission
from hub.ledger import append
from hub.ledger.events import EventKind
from hub.store import Store
from hub.store.clock import utc_now
from hub.store.models import DoorPost
from hub.store.names import Seat

SOCKET = "warden.sock"
# What the seat's person did; the rest is the door's own doing.
_PERSONS_OWN = frozenset(
    {EventKind.DOOR_ENTERED, EventKind.DOOR_LEFT, EventKind.CELL_PASSED, EventKind.FILE_ASKED}
)
log = logging.getLogger("lockedroom.warden")


@dataclass
class _Post:
    """One door as the warden knows it. ``due`` is the number of the next event, ``last`` a hash of the one before.

    ``heard`` is when it last spoke, or else when it was let stand there.
    """

    seat: Seat
    token: str
    heard: float
    due: int = 1
    last: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """What the store calls this door: nothing that it could be proved with."""
        return hashlib.sha256(self.token.encode()).hexdigest()


class Warden:
    """Serves every door of one hub."""

    def __init__(self, store: Store, state: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._state = state
        self._posts: dict[str, _Post] = {}
        self._cells: dict[str, CellStore] = {}
        self._clock = clock
        # By seat, not by door: closing the room and opening it again gives no new budget.
        self._budgets: dict[str, SeatBudget] = {}
        self._server: asyncio.Server | None = None
        self.path = state / "run" / SOCKET

    async def start(self) -> None:
        """Listen; does nothing if it listens already."""
        if self._server is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=_listening(self.path), limit=MAX_LINE
            )

    async def stop(self) -> None:
        """Hang up on every door."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.path.unlink(missing_ok=True)

    def post(self, seat: Seat, token: str | None = None) -> str:
        """Let a new door stand at ``seat``; returns the token it proves itself with. An older one is gone."""
        self.dismiss(seat)
        token = token or secrets.token_urlsafe(32)
        self._posts[token] = _Post(seat, token, self._clock())
        return token

    async def resume(self, seat: Seat, token: str) -> None:
        """Know a door again that an earlier hub let stand at ``seat``, and the number that it is due."""
        self.post(seat, token)
        post = self._posts[token]
        post.due, post.last = await asyncio.to_thread(self._where_it_was, post)

    def dismiss(self, seat: Seat) -> None:
        """No door stands at ``seat`` any more."""
        for token in [token for token, post in self._posts.items() if post.seat == seat]:
            del self._posts[token]

    def silent_for(self, seat: Seat) -> float:
        """Seconds since the door that stands at ``seat`` last spoke or was let stand there; no end without one."""
        heard = [post.heard for post in self._posts.values() if post.seat == seat]
        return self._clock() - max(heard, default=float("-inf"))

    def _where_it_was(self, post: _Post) -> tuple[int, str]:
        with self._store.read() as session:
            known = session.get(DoorPost, post.seat.id)
            return (known.due, known.last) if known and known.door == post.name else (1, "")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            _only_our_user(writer)
            token = json.loads(await reader.readline()).get("token")
            post = self._find(token)
            await _answer(writer, {"ok": post is not None})
            if post is None:
                log.warning("a door without a valid token was turned away")
                return
            post.heard = self._clock()
            while line := await reader.readline():
                post.heard = self._clock()
                await _answer(writer, await self._handle(post, json.loads(line)))
        except (ValueError, AttributeError, OSError, RecursionError) as error:
            log.warning("a door's line was closed: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _handle(self, post: _Post, message: dict[str, Any]) -> dict[str, Any]:
        if post.token not in self._posts:
            # An event is refused, not merely forgotten: what the hub did not write down must not pass.
            stopped = "This room has been stopped."
            asks = message.get("ask") == "admission"
            return {"ok": asks, "admitted": False, "reason": stopped, "error": stopped}
        if message.get("ask") == "admission":
            answer = await asyncio.to_thread(self._admission, post.seat)
            return {"ok": True, **answer}
        async with post.turn:
            return await asyncio.to_thread(self._record, post, message)

    def _admission(self, seat: Seat) -> dict[str, Any]:
        with self._store.read() as session:
            decision = admission(session, person=seat.person, project=seat.project, now=utc_now())
        if isinstance(decision, Refused):
            return {"admitted": False, "reason": decision.reason}
        return {"admitted": True}

    def _record(self, post: _Post, message: dict[str, Any]) -> dict[str, Any]:
        number, event, details = message.get("n"), message.get("event"), message.get("details")
        this = hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()
        if number == post.due - 1 and this == post.last:
            return {"ok": True}  # written already; the answer was lost
        if type(number) is not int or number < post.due or not isinstance(details, dict):
            return {"ok": False, "error": "a number that was used already, or none"}
        report = read_report(event, details)
        if report is None:
            return {"ok": False, "error": "an event that doors do not report"}
        seat, now = post.seat, utc_now()
        budget = self._budgets.setdefault(seat.id, SeatBudget())
        if not budget.take(report.size, self._clock()):
            # The number stays due: the door uses it for its next event, and no gap is reported.
            return {"ok": False, "too_much": True, "error": TOO_MUCH}
        store = self._cell_store(seat.project)
        entries: list[tuple[EventKind, dict[str, object]]] = []
        if number != post.due:
            gap: dict[str, object] = {"seat": seat.id, "expected": post.due, "received": number}
            entries.append((EventKind.DOOR_GAP, gap))
        if report.kept is not None:
            kind, text = report.kept
            store.append(seat=seat.id, number=number, now=now, code=text, kind=kind)
        entries.append((report.event, report.payload(seat, number, store.digest)))
        with self._store.write() as session:
            for kind, entry in entries:
                actor = seat.person if kind in _PERSONS_OWN else "system:door"
                append(session, kind, actor=actor, project=seat.project, now=now, payload=entry)
            # With the entries, or not at all: the next hub goes on exactly here.
            session.merge(DoorPost(seat=seat.id, door=post.name, due=number + 1, last=this))
        post.due, post.last = number + 1, this
        return {"ok": True}

    def _cell_store(self, project: str) -> CellStore:
        if project not in self._cells:
            self._cells[project] = CellStore(self._state, project)
        return self._cells[project]

    def _find(self, token: object) -> _Post | None:
        if not isinstance(token, str):
            return None
        for known, post in self._posts.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return post
        return None


async def _answer(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def _only_our_user(writer: asyncio.StreamWriter) -> None:
    peer = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    if uid != os.geteuid():
        raise PermissionError(f"user {uid} is not the hub's")


def _listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    # By way of the folder's descriptor: a socket's path may have 107 bytes, a folder's more.
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        server.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    path.chmod(0o600)
    server.listen(128)
    return server
