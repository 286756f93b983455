"""The way into a seat: its own host name and its door, which is started, taken over from an earlier hub, and mended."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from jupyterhub import orm
from jupyterhub.spawner import Spawner
from jupyterhub.utils import hash_token
from output_checker.errors import PlainError
from sqlalchemy.orm import object_session

from hub.door import settings as door_settings
from hub.door.addresses import origin_of, seat_host
from hub.governance import Terms
from hub.hub_parts import HubParts
from hub.restarts import Restarts
from hub.rooms.spec import RoomSpec
from hub.seat_door import DoorState, SeatDoor, door_secret, environment_of, mark_of
from hub.seat_record import record_door_ended, record_found
from hub.seat_room import door_group
from hub.seat_window import SeatWindow, door_environment
from hub.settings import Settings
from hub.store.names import Seat, parse_person, parse_project

# A door that the warden has not heard for so long after it was to ask is of no use.
_DOOR_SPEAKS_WITHIN_S = 30.0
# JupyterHub ends a room that it finds again and whose door does not answer it within `http_timeout`: this is less.
_FOUND_ANSWERS_WITHIN_S = 10.0


class DoorwayMixin:
    """The part of a seat that is about its door; ``spawner.SeatMixin`` adds the room behind it."""

    room: RoomSpec | None = None
    _window: SeatWindow | None = None  # of a seat whose tier wants pixels only
    _opening = ""  # names this opening of the seat
    _open = False
    _found = False  # by this hub, which did not start it

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._door = SeatDoor()
        self._turn = asyncio.Lock()  # mending a door, or ending all, and each of them once
        self._doors_ended = Restarts(most=5, within_s=60)
        super().__init__(*arguments, **options)

    def _keep_state(self) -> None:
        raise NotImplementedError

    def _use_own_host(self, settings: Settings, seat: Seat) -> None:
        """Give the seat a host name that no other seat, nor the hub, nor the desk has."""
        self._name_own_host(settings, seat)
        client = self.orm_spawner.oauth_client  # type: ignore[attr-defined]
        client.redirect_uri = self.public_url + "oauth_callback"
        # At once: JupyterHub rolls back what is not committed when another request comes between.
        session = object_session(client)
        assert session is not None
        session.commit()

    def _name_own_host(self, settings: Settings, seat: Seat) -> None:
        host = seat_host(settings.public_url, seat.person, seat.project)
        path = f"/user/{seat.person}/{seat.project}/"
        self.proxy_spec = f"{host}{path}"
        self.public_url = origin_of(settings.public_url, host) + path

    def _start_door(self, parts: HubParts, seat: Seat, terms: Terms) -> int:
        """Start a door before the room; its port. Raises PlainError."""
        room = self.room
        assert room is not None
        door = self._door.prepare()
        self._keep_state()
        key: bytes = self.user.settings["cookie_secret"]  # type: ignore[attr-defined]
        token = door_secret(key, "warden", door.nonce)
        environment: dict[str, str] = Spawner.get_env(self)
        environment |= self._door_is_told(parts, seat, terms)
        environment |= {
            "JUPYTERHUB_OAUTH_CALLBACK_URL": self.public_url + "oauth_callback",
            "JUPYTERHUB_HOST": parts.settings.public_url,
            door_settings.ENV_WARDEN_TOKEN: token,
            # The same for every door of this opening: the person's browser stays signed in.
            door_settings.ENV_COOKIE_SECRET: door_secret(key, "cookies", self._opening),
        }
        parts.warden.post(seat, token)
        self._door.start(environment, door_group(room))
        self._keep_state()
        return door.port

    def _door_is_told(self, parts: HubParts, seat: Seat, terms: Terms) -> dict[str, str]:
        assert self.room is not None
        told = environment_of(self.room, seat, terms.tier, parts.settings, parts.warden.path)
        return told | (door_environment(self._window.spec) if self._window is not None else {})

    async def _see_to_door(self, terms: Terms) -> str | None:
        """Take over the door of an earlier hub, open another where it died; why that cannot be, or ``None``."""
        parts, person, project = HubParts.get(), str(self.user.name), str(self.name)  # type: ignore[attr-defined]
        seat = Seat(parse_person(person), parse_project(project))
        async with self._turn:
            if not self._open:
                return None  # it ended meanwhile
            if self._door.state is None:
                return "the hub ended while the room was starting"
            answers = True
            if self._found:
                await self._take_over(parts, seat, self._door.state)
                answers = await self._door.answers(_FOUND_ANSWERS_WITHIN_S)
                self._use_own_host(parts.settings, seat)
            as_told = self._door.state.told == mark_of(self._door_is_told(parts, seat, terms))
            silent = parts.warden.silent_for(seat) > _DOOR_SPEAKS_WITHIN_S + parts.settings.recheck_seconds
            if self._door.runs() and answers and as_told and not silent:
                return None
            if not self._doors_ended.may_start(time.monotonic()):
                return "its door ended again and again"
            try:
                await asyncio.to_thread(record_door_ended, parts.store, seat, as_told=as_told)
                await self._stop_door()
                if not self.api_token:
                    self._renew_api_token()
                self._start_door(parts, seat, terms)
            except PlainError as error:
                return error.sentence
        return None

    async def _take_over(self, parts: HubParts, seat: Seat, door: DoorState) -> None:
        self._door.hold_port()
        await parts.warden.start()
        await asyncio.to_thread(record_found, parts.store, seat)
        key: bytes = self.user.settings["cookie_secret"]  # type: ignore[attr-defined]
        await parts.warden.resume(seat, door_secret(key, "warden", door.nonce))
        self._found = False

    def _renew_api_token(self) -> None:
        """A token for the next door: JupyterHub keeps only hashes, and only the door that is gone knew the last one."""
        scopes = self._forget_api_tokens()
        self.api_token = self.user.new_api_token(  # type: ignore[attr-defined]
            note=self._token_note(), scopes=scopes
        )
        client = self.orm_spawner.oauth_client  # type: ignore[attr-defined]
        client.secret = hash_token(self.api_token)
        session = object_session(client)
        assert session is not None
        session.commit()

    def _forget_api_tokens(self) -> list[str]:
        """Delete the tokens of this seat's doors; returns what they allowed."""
        person = self.user.orm_user  # type: ignore[attr-defined]
        session = object_session(person)
        assert session is not None
        tokens = session.query(orm.APIToken).filter_by(user_id=person.id, note=self._token_note()).all()
        scopes = sorted({scope for token in tokens for scope in token.scopes})
        for token in tokens:
            session.delete(token)
        session.commit()
        return scopes

    def _token_note(self) -> str:
        """JupyterHub's own words for the token of a server."""
        return f"Server at {self.server.base_url}"  # type: ignore[attr-defined]

    async def _stop_door(self) -> None:
        assert self.room is not None
        await self._door.end(door_group(self.room))
