"""A seat: one person in one project, as a JupyterHub named server that is a room and its door.

:class:`SeatMixin` is what every backend shares; a backend adds how a room is started, polled and stopped,
and takes that from a JupyterHub spawner (``LocalProcessSpawner`` for bubblewrap, see ``bubblewrap_seat.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyterhub.spawner import Spawner, SpawnException
from output_checker.errors import PlainError
from output_checker.isolation import Limits, cgroup
from output_checker.isolation.probe import control_groups_work
from sqlalchemy.orm import object_session

from hub.door import room_socket, visitor
from hub.door import settings as door_settings
from hub.door.addresses import origin_of, seat_host
from hub.door.relay_http import ask_room, room_session
from hub.door.warden import Warden
from hub.governance import Refused, Terms
from hub.rooms.spec import Backend, RoomSpec
from hub.seat_record import ask_admission, idle_too_long, record_closed, record_opened, record_refused
from hub.seat_room import door_group, idle_minutes, room_spec
from hub.settings import Settings, load
from hub.store import Store, open_store
from hub.store.clock import utc_now
from hub.store.names import Seat

_ROOM_UP_WITHIN_S = 60.0
_NO_WINDOW = (
    "Rooms of this project open through a window only, pixels and nothing else, and this version has no window yet: "
    "ask the data manager when it will."
)
ENDED_STARTING = "it ended while it was starting. A start-up file of your own may be at fault."
_DOOR_LIMITS = Limits(memory_bytes=768 * 1024 * 1024, processes=64)
# The kernel ends these processes when the hub's does, however that comes about.
DIES_WITH_THE_HUB = ("/usr/bin/setpriv", "--pdeathsig", "KILL")


class HubParts:
    """What all seats of one hub share; opened when the first seat needs it."""

    _instance: HubParts | None = None

    def __init__(self) -> None:
        self.settings: Settings = load()
        self.store: Store = open_store(self.settings.database)
        self.warden = Warden(self.store, self.settings.state)

    @classmethod
    def get(cls) -> HubParts:
        """The one instance of this process."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance


class SeatMixin:
    """Admission, room, door, and the end of all three when the admission lapses."""

    door_pid: int = 0  # 0 while there is no door
    terms: Terms | None = None
    room: RoomSpec | None = None
    _door: subprocess.Popen[bytes] | None = None
    _open = False
    _recorded = False  # the ledger has the seat's opening, and not yet its end
    _ending = False

    async def start(self) -> str:
        """Admit, start the room, start the door. Returns the door's address, as JupyterHub expects it."""
        parts = HubParts.get()
        self._ending = False
        seat, terms = await self._admit(parts)
        self.terms = terms
        try:
            backend = await asyncio.to_thread(self.backend, parts.settings)
            room, missing = await asyncio.to_thread(room_spec, parts.settings, terms, backend)
            self.room = room
            self._use_own_host(parts.settings, seat)
            await parts.warden.start()
            # Written before anything of the room runs: a start that fails has its two entries as well.
            await asyncio.to_thread(record_opened, parts.store, terms, room, backend, missing)
            self._recorded = True
            await self.start_room(room)
            await self._room_is_up(room, parts.settings.recheck_seconds)
            port = self._start_door(parts, seat, terms, room)
            await self._refuse_if_lapsed()
        except PlainError as error:
            await self._end(f"it could not start: {error.sentence}")
            raise SpawnException(error.sentence, reason="room", status_code=503) from None
        self._open = True
        return f"http://127.0.0.1:{port}"

    async def poll(self) -> int | None:
        """``None`` while room and door run and the person may be in; otherwise ends the seat."""
        door_pid = self.door_pid
        status = await super().poll()  # type: ignore[misc]
        # A backend forgets its state when it finds the room gone; the door is still there to be ended.
        self.door_pid = door_pid
        if self._ending or not self._open:
            return status  # type: ignore[no-any-return]
        if status is not None:
            await self._end("the room ended")
            return int(status)
        if not self._door_runs():
            await self._end("the door ended")
            return 1
        decision = await self._ask_again()
        reason = (
            decision.reason
            if isinstance(decision, Refused)
            else self._other_tier(decision) or self._idle(decision)
        )
        if reason is not None:
            await self._end(reason)
            return 0
        return None

    async def stop(self, now: bool = False) -> None:
        """Close the door, then stop the room."""
        await self._end("stopped", now=now)

    def get_state(self) -> dict[str, Any]:
        """What a restarted hub needs: the door's process as well as the room's."""
        state: dict[str, Any] = super().get_state()  # type: ignore[misc]
        if self.door_pid:
            state["door_pid"] = self.door_pid
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """After a restart of the hub no door has a warden that knows it; the next poll ends the seat."""
        super().load_state(state)  # type: ignore[misc]
        self.door_pid = state.get("door_pid", 0)
        self._open = self._recorded = bool(self.door_pid)

    def clear_state(self) -> None:
        """Forget the processes."""
        super().clear_state()  # type: ignore[misc]
        self.door_pid = 0

    def backend(self, settings: Settings) -> Backend:
        """What isolates rooms here; may take a moment. Raises PlainError where nothing does. For backends."""
        raise NotImplementedError

    async def start_room(self, room: RoomSpec) -> None:
        """Start the room's process or container. For backends."""
        raise NotImplementedError

    async def stop_room(self, now: bool) -> None:
        """Stop what :meth:`start_room` started, to the last process. For backends."""
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
        if decision.door != "lab":
            await asyncio.to_thread(record_refused, parts.store, person, _NO_WINDOW)
            raise SpawnException(_NO_WINDOW, reason="door", status_code=403)
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

    def _other_tier(self, terms: Terms) -> str | None:
        """Why a room ends that was opened on the terms of another tier, or ``None``."""
        if self.terms is None or self.terms.tier.name == terms.tier.name:
            return None
        return (
            f"the project's tier is {terms.tier.name} now, and the room was opened as {self.terms.tier.name}"
        )

    def _idle(self, terms: Terms) -> str | None:
        """Why a room that nobody uses ends, or ``None``. The door reports what the person does."""
        minutes = idle_minutes(terms.tier, HubParts.get().settings)
        last = self.orm_spawner.last_activity or self.orm_spawner.started  # type: ignore[attr-defined]
        return f"no activity for {minutes} minutes" if idle_too_long(last, utc_now(), minutes) else None

    def _use_own_host(self, settings: Settings, seat: Seat) -> None:
        """Give the seat a host name that no other seat, nor the hub, nor the desk has."""
        host = seat_host(settings.public_url, seat.person, seat.project)
        path = f"/user/{seat.person}/{seat.project}/"
        self.proxy_spec = f"{host}{path}"
        self.public_url = origin_of(settings.public_url, host) + path
        client = self.orm_spawner.oauth_client  # type: ignore[attr-defined]
        client.redirect_uri = self.public_url + "oauth_callback"
        # At once: JupyterHub rolls back what is not committed when another request comes between.
        session = object_session(client)
        assert session is not None
        session.commit()

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
                if await super().poll() is not None:  # type: ignore[misc]
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

    def _start_door(self, parts: HubParts, seat: Seat, terms: Terms, room: RoomSpec) -> int:
        settings = parts.settings
        listener = socket.create_server(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
        environment: dict[str, str] = Spawner.get_env(self)
        environment |= {
            "JUPYTERHUB_OAUTH_CALLBACK_URL": self.public_url + "oauth_callback",
            "JUPYTERHUB_HOST": settings.public_url,
            door_settings.ENV_ORIGIN: origin_of(
                settings.public_url, seat_host(settings.public_url, seat.person, seat.project)
            ),
            door_settings.ENV_OWNER: seat.person,
            door_settings.ENV_RUN_DIR: str(room.folders.run),
            door_settings.ENV_ROOM_UID: str(room.uid),
            door_settings.ENV_WARDEN: str(parts.warden.path),
            door_settings.ENV_WARDEN_TOKEN: parts.warden.post(seat),
            door_settings.ENV_RECHECK: str(settings.recheck_seconds),
            door_settings.ENV_FREEZE: str(settings.freeze_seconds),
            door_settings.ENV_NETWORKS: visitor.as_text(terms.tier.networks or ()),
            door_settings.ENV_PROXIES: settings.trusted_proxies or "",
            door_settings.ENV_LISTEN_FD: str(listener.fileno()),
        }
        try:
            self._door = subprocess.Popen(
                [*DIES_WITH_THE_HUB, sys.executable, "-I", "-m", "hub.door"],
                env=environment,
                pass_fds=(listener.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        finally:
            listener.close()
        self.door_pid = self._door.pid
        self._limit_door(room, self._door.pid)
        return port

    def _limit_door(self, room: RoomSpec, pid: int) -> None:
        """A control group for the door too: a room can make its door hold much at once."""
        hierarchies = cgroup.find_hierarchies() if control_groups_work() else None
        if hierarchies is not None:
            name = door_group(room)
            cgroup.create(hierarchies, name, _DOOR_LIMITS)
            cgroup.join(hierarchies, name, pid)

    def _door_runs(self) -> bool:
        if self._door is not None:
            return self._door.poll() is None
        # A door of an earlier hub. Its number may be another process's by now.
        try:
            return b"\0hub.door\0" in Path(f"/proc/{self.door_pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False

    async def _end(self, reason: str, *, now: bool = True) -> None:
        self._ending = True
        try:
            parts = HubParts.get()
            seat_name = (str(self.user.name), str(self.name))  # type: ignore[attr-defined]
            await self._stop_door()
            await self.stop_room(now)
            if self.terms is not None:
                parts.warden.dismiss(Seat(self.terms.person, self.terms.project))
            self._open = False
            if self._recorded:
                await asyncio.to_thread(record_closed, parts.store, *seat_name, reason)
                self._recorded = False  # only now: an entry that could not be written is tried again
        finally:
            self._ending = False

    async def _stop_door(self) -> None:
        pid = self._door.pid if self._door is not None else self.door_pid
        for number in (signal.SIGTERM, signal.SIGKILL):
            if pid <= 0 or not self._door_runs():  # zero would be the hub itself and all it started
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            for _ in range(60):
                if not self._door_runs():
                    break
                await asyncio.sleep(0.05)
        self._door = None
        self.door_pid = 0
        if self.room is not None and (hierarchies := cgroup.find_hierarchies()):
            await asyncio.to_thread(cgroup.remove, hierarchies, door_group(self.room))
