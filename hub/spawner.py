"""A seat: one person in one project, as a JupyterHub named server that is a room and its door.

:class:`SeatMixin` is what every backend shares; a backend adds how a room is started, polled and stopped,
and takes that from a JupyterHub spawner (``LocalProcessSpawner`` for bubblewrap, see ``bubblewrap_seat.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

from jupyterhub.spawner import SpawnException
from output_checker.errors import PlainError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_session

from hub.door import room_socket, visitor
from hub.door.relay_http import ask_room, room_session
from hub.governance import Refused, Terms
from hub.hub_parts import HubParts
from hub.prove.guard import WAITING
from hub.rooms.process import Process
from hub.rooms.spec import Backend, RoomSpec
from hub.rooms.window import WindowSpec
from hub.seat_doorway import DoorwayMixin
from hub.seat_record import (
    ask_admission,
    idle_too_long,
    other_limits,
    other_terms,
    record_closed,
    record_opened,
    record_refused,
)
from hub.seat_remains import Remains, remains_of
from hub.seat_room import idle_minutes, room_limits, room_spec
from hub.seat_state import SeatState
from hub.seat_window import Running, SeatWindow, window_limits, window_spec
from hub.settings import Settings, load
from hub.store.clock import utc_now
from hub.store.names import Seat, parse_person, parse_project

_ROOM_UP_WITHIN_S = 60.0
ENDED_STARTING = "it ended while it was starting. A start-up file of your own may be at fault."
# The kernel ends these processes when the hub's does, however that comes about.
DIES_WITH_THE_HUB = ("/usr/bin/setpriv", "--pdeathsig", "KILL")


class SeatMixin(DoorwayMixin):
    """Admission, room, door, and the end of all three when the admission lapses."""

    room_process: Process | None = None  # the room's first process; when it ends, all others do
    _remains: Remains | None = None  # of an opening that cannot be taken over
    _tier = ""  # on whose terms it was opened: the edition of one
    _recorded = False  # the ledger has the seat's opening, and not yet its end
    _ending = False
    _why = ""  # the first reason for the end that comes, until the ledger has it

    async def start(self) -> str:
        """Admit, start the room, the door, and a window where the tier wants one.

        Returns the door's address, as JupyterHub expects it.
        """
        parts = HubParts.get()
        if self._recorded:
            await self._end("stopped")  # of the opening before: its end could not be written
        seat, terms = await self._admit(parts)
        try:
            backend = await asyncio.to_thread(self.backend, parts.settings)
            await self._refuse_unless_rooms_hold(parts, seat, backend)
            room, missing = await asyncio.to_thread(room_spec, parts.settings, terms, backend)
            self.room = room
            if terms.door == "window":
                spec = await asyncio.to_thread(window_spec, parts.settings, room, backend)
                self._window = SeatWindow(spec, self.isolate_window)
            self._use_own_host(parts.settings, seat)
            await parts.warden.start()
            # Written before anything of the room runs: a start that fails has its two entries as well.
            window = self._window.spec if self._window is not None else None
            await asyncio.to_thread(record_opened, parts.store, terms, room, backend, missing, window)
            self._recorded = True
            self._opening, self._tier = secrets.token_hex(16), terms.tier.edition
            self._keep_state()
            await self.start_room(room)
            self._keep_state()  # were the hub to end here, the next one finds what runs, and ends it
            await self._room_is_up(room, parts.settings.recheck_seconds)
            port = self._start_door(parts, seat, terms)
            if self._window is not None:
                await self._window.start()
            await self._refuse_if_lapsed()
        except PlainError as error:
            await self._end(f"it could not start: {error.sentence}")
            raise SpawnException(error.sentence, reason="room", status_code=503) from None
        self._open = True
        return f"http://127.0.0.1:{port}"

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What whoever waits for the room is told, where it is more than that it opens."""
        if HubParts.get().guard.pending:
            yield {"progress": 10, "message": WAITING}

    async def poll(self) -> int | None:
        """``None`` while the room runs and the person may be in; otherwise ends the seat. Mends door and window."""
        if self._remains is not None:
            await self._end("another version of the hub opened it, and it cannot be taken over")
        if self._ending or not self._open:
            return None if self._room_runs() else 0
        if not self._room_runs():
            await self._end("the room ended")
            return 0
        try:
            reason = await self._look()
        except (SQLAlchemyError, OSError):
            # No reason to end: a hub that starts again takes a look that fails for a room that is gone.
            # Until there is an answer, the door freezes by itself.
            self.log.exception("%s could not be looked at", self._log_name)  # type: ignore[attr-defined]
            return None
        if reason is not None:
            await self._end(reason)
        return None if self._open else 0

    async def _look(self) -> str | None:
        """Why the seat has to end now, or ``None``."""
        decision = await self._ask_again()
        if isinstance(decision, Refused):
            return decision.reason
        reason = (
            other_terms(self._tier, decision.tier)
            or self._other_limits(decision)
            or self._idle(decision)
            or await self._see_to_door(decision)
        )
        if reason is None:
            async with self._turn:
                reason = await self._window.see_to() if self._open and self._window else None
        return reason

    async def stop(self, now: bool = False) -> None:
        """Close the door, then stop the room."""
        await self._end("stopped", now=now)

    def get_state(self) -> dict[str, Any]:
        """What a hub that starts again needs to find room and door."""
        state: dict[str, Any] = super().get_state()  # type: ignore[misc]
        if self.room is not None and self._opening:
            seat = SeatState(
                room=self.room,
                opening=self._opening,
                tier=self._tier,
                room_process=self.room_process,
                door=self._door.state,
                window=self._window.spec if self._window is not None else None,
            )
            state["seat"] = seat.model_dump(mode="json")
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Of an earlier hub; the next poll takes room and door over, or ends what is left."""
        super().load_state(state)  # type: ignore[misc]
        if "seat" not in state:
            return
        try:
            seat = SeatState.model_validate(state["seat"])
        except ValidationError:
            self._remains = remains_of(state["seat"])
            if self._remains is None:
                self.log.error("What runs of %s cannot be told: see `ps`", self._log_name)  # type: ignore[attr-defined]
            self._recorded = self._remains is not None
            return
        self.room, self.room_process, self._opening = seat.room, seat.room_process, seat.opening
        self._tier, self._door.state = seat.tier, seat.door
        if seat.window is not None:
            # It ended with the hub that started it; the next poll starts it again.
            self._window = SeatWindow(seat.window, self.isolate_window)
        self._open = self._recorded = self._found = True
        self._name_own_host(load(), Seat(parse_person(seat.room.person), parse_project(seat.room.project)))

    def clear_state(self) -> None:
        """Forget the room."""
        super().clear_state()  # type: ignore[misc]
        self.room_process = None
        self._opening = ""

    def _keep_state(self) -> None:
        """At once: JupyterHub does it when the seat is open."""
        record = self.orm_spawner  # type: ignore[attr-defined]
        record.state = self.get_state()
        session = object_session(record)
        assert session is not None
        session.commit()

    def backend(self, settings: Settings) -> Backend:
        """What isolates rooms here; may take a moment. Raises PlainError where nothing does. For backends."""
        raise NotImplementedError

    async def start_room(self, room: RoomSpec) -> None:
        """Start the room's process or container. For backends."""
        raise NotImplementedError

    async def stop_room(self, now: bool) -> None:
        """Stop what :meth:`start_room` started, to the last process. For backends."""
        raise NotImplementedError

    def isolate_window(self, spec: WindowSpec) -> Running:
        """What runs a window beside this seat's room; not started yet. For backends."""
        raise NotImplementedError

    async def _admit(self, parts: HubParts) -> tuple[Seat, Terms]:
        name, person = str(self.name), str(self.user.name)  # type: ignore[attr-defined]
        if not name:
            raise SpawnException(
                "Choose a project: rooms open for a project.", reason="no-project", status_code=400
            )
        if self.user_options:
            self._forget_options()
            raise SpawnException("A room takes no options.", reason="options", status_code=400)
        decision = await asyncio.to_thread(ask_admission, parts.store, person, name)
        if isinstance(decision, Refused):
            raise SpawnException(decision.reason, reason="not-admitted", status_code=403)
        elsewhere = self._comes_from_elsewhere(decision, parts.settings)
        if elsewhere is not None:
            await asyncio.to_thread(record_refused, parts.store, person, elsewhere)
            raise SpawnException(elsewhere, reason="network", status_code=403)
        return Seat(decision.person, decision.project), decision

    def _comes_from_elsewhere(self, terms: Terms, settings: Settings) -> str | None:
        """Why the room may not be opened from where the person asks, or ``None``."""
        asked = self.handler  # type: ignore[attr-defined]
        return visitor.refusal(
            None if asked is None else asked.request.headers.get("X-Forwarded-For"),
            allowed=terms.tier.networks,
            trusted=visitor.as_networks(settings.trusted_proxies or ""),
        )

    async def _refuse_unless_rooms_hold(self, parts: HubParts, seat: Seat, backend: Backend) -> None:
        try:
            await parts.guard.hold(backend)
        except PlainError as error:
            await asyncio.to_thread(record_refused, parts.store, seat.person, error.sentence)
            raise

    def _forget_options(self) -> None:
        """JupyterHub keeps the options of a request for the next start, which would be refused as well."""
        self.user_options: dict[str, Any] = {}
        record = self.orm_spawner  # type: ignore[attr-defined]
        record.user_options = {}
        session = object_session(record)
        assert session is not None
        session.commit()

    async def _ask_again(self) -> Terms | Refused:
        """On what terms the person may be in now, or why not any more."""
        parts = HubParts.get()
        person, project = str(self.user.name), str(self.name)  # type: ignore[attr-defined]
        return await asyncio.to_thread(ask_admission, parts.store, person, project, record=False)

    def _other_limits(self, terms: Terms) -> str | None:
        """Settings may have changed between two hubs."""
        assert self.room is not None
        settings = HubParts.get().settings
        reason = other_limits(self.room.limits, room_limits(terms.tier, settings))
        if reason is None and self._window is not None:
            reason = other_limits(self._window.spec.limits, window_limits(settings, self.room.limits))
        return reason

    def _idle(self, terms: Terms) -> str | None:
        """Why a room that nobody uses ends, or ``None``. The door reports what the person does."""
        minutes = idle_minutes(terms.tier, HubParts.get().settings)
        last = self.orm_spawner.last_activity or self.orm_spawner.started  # type: ignore[attr-defined]
        if not idle_too_long(last, utc_now(), minutes):
            return None
        return f"no activity for {minutes} {'minute' if minutes == 1 else 'minutes'}"

    async def _refuse_if_lapsed(self) -> None:
        decision = await self._ask_again()
        if isinstance(decision, Refused):
            raise PlainError(decision.reason)

    async def _room_is_up(self, room: RoomSpec, recheck_s: float) -> None:
        """Wait until the room answers; JupyterHub does not poll meanwhile, so admission is asked here."""
        deadline = asyncio.get_running_loop().time() + _ROOM_UP_WITHIN_S
        ask_at = asyncio.get_running_loop().time() + recheck_s
        async with room_session(room.folders.run, room.uid) as session:
            while asyncio.get_running_loop().time() < deadline:
                if not self._room_runs():
                    raise PlainError(f"The room could not start: {self.start_message()}")
                if asyncio.get_running_loop().time() >= ask_at:
                    await self._refuse_if_lapsed()
                    ask_at = asyncio.get_running_loop().time() + recheck_s
                with contextlib.suppress(room_socket.RoomUnreachable, OSError):
                    answer = await ask_room(
                        session,
                        method="GET",
                        path_and_query=f"{room.prefix}api/status",
                        request_headers=lambda: [],
                        body=None,
                        prefix=room.prefix,
                    )
                    async with answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise PlainError("The room did not answer within a minute; try again.")

    def start_message(self) -> str:
        """Why the room did not start, in words of ours: nothing that was chosen inside may be among them."""
        return ENDED_STARTING

    def _room_runs(self) -> bool:
        return self.room_process is not None and self.room_process.runs()

    async def _end(self, reason: str, *, now: bool = True) -> None:
        async with self._turn:
            self._ending = True
            self._why = self._why or reason
            try:
                await self._end_now(now)
            finally:
                self._ending = False

    async def _end_now(self, now: bool) -> None:
        parts = HubParts.get()
        person, project = str(self.user.name), str(self.name)  # type: ignore[attr-defined]
        if self._remains is not None:
            await self._remains.end(parts.settings.state)
            self._remains = None
        if self.room is not None:
            await self._stop_door()
        self._door.leave()
        if self._window is not None:
            await self._window.end()
            self._window = None
        await self.stop_room(now)
        parts.warden.dismiss(Seat(parse_person(person), parse_project(project)))
        if self._open and not self.api_token and self.server is not None:  # type: ignore[attr-defined]
            self._forget_api_tokens()
        self._open = False
        if self._recorded:
            await asyncio.to_thread(record_closed, parts.store, person, project, self._why)
        # Only now: an entry that could not be written is tried again.
        self._recorded, self._why = False, ""
