"""One door's parts, put together: settings, sign-in, the line to the hub, the room's client."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from datetime import UTC, datetime
from typing import Any, Protocol

import aiohttp
from jupyterhub.services.auth import HubOAuth
from tornado import web

from hub.door.recorder import Recorder
from hub.door.relay_http import room_session
from hub.door.settings import DoorSettings
from hub.door.tally import Tally
from hub.door.warden_link import WardenLink
from hub.door.watch import Membership, Standing, Watch

_REPORT_ACTIVITY_S = 60
_HUB_ANSWERS_WITHIN_S = 5.0


class HubUnreachable(Exception):
    """The hub could not be asked who somebody is."""


# Of a browser that has signed in: (token, session id).
Session = tuple[str | None, str]


class Carried(Protocol):
    """A websocket or an answer that is open: for one browser session, or (``None``) for the seat's own window."""

    session: Session | None
    signed_in_at: float

    def close(self, reason: str) -> None:
        """Cut it off."""


class Door:
    """Everything one door's handlers share."""

    def __init__(self, settings: DoorSettings) -> None:
        self.settings = settings
        self.log = logging.getLogger("lockedroom.door")
        self.auth = HubOAuth()
        # A hub's answer about a session is kept no longer than a membership is.
        self.auth.cache_max_age = max(1, int(settings.recheck_s))
        self.auth.allow_token_in_url = False
        self.auth.cookie_options = {"samesite": "Lax"}
        if self.auth.cookie_host_prefix_enabled or settings.origin.startswith("https:"):
            self.auth.cookie_options["secure"] = True
        self.cookie_secret = settings.cookie_secret
        self.link = WardenLink(settings.warden, settings.warden_token)
        self.recorder = Recorder(self.link, kind=settings.kind)
        # Another door, also the next one of this seat, has another.
        self.mark = secrets.token_hex(8)
        self.carried: set[Carried] = set()
        # Bytes of request bodies that are held or announced.
        self.bodies = 0
        self.websockets = 0
        self.watch = Watch(
            Membership(settings.freeze_s), self.link.admission, self._close_all, settings.recheck_s
        )
        self.room: aiohttp.ClientSession
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_activity = time.time()

    async def start(self) -> None:
        """Open the client and start asking."""
        self.room = room_session(self.settings.run_dir, self.settings.room_uid)
        await self.watch.ask_now()
        self.keep(asyncio.create_task(self.watch.run()))
        self.keep(asyncio.create_task(self._recheck_sessions()))
        self.keep(asyncio.create_task(self._report_activity()))
        self.keep(asyncio.create_task(self.recorder.keep_counting(self._person_is_here)))

    async def person_of(self, token: str | None, session_id: str, *, fresh: bool = False) -> str | None:
        """The name of the person whose browser session this is, or ``None``; asks the hub.

        Raises :class:`HubUnreachable`.
        """
        if not token:
            return None
        try:
            async with asyncio.timeout(_HUB_ANSWERS_WITHIN_S):
                model = await self.auth.user_for_token(
                    token, use_cache=not fresh, session_id=session_id, sync=False
                )
        except (web.HTTPError, OSError, TimeoutError) as error:
            raise HubUnreachable(str(error) or type(error).__name__) from error
        if not model or model.get("kind") != "user":
            return None
        if not self.auth.check_scopes(self.auth.access_scopes, model):
            return None
        return str(model["name"])

    def standing_of(self, one: Carried) -> Standing:
        """How the door stands to what is open: frozen also where the hub cannot be asked who signed in."""
        standing = self.watch.standing()
        too_old = time.monotonic() - one.signed_in_at >= self.settings.freeze_s
        unsure = one.session is not None and too_old
        return Standing.FROZEN if standing is Standing.OPEN and unsure else standing

    async def passage(self, one: Carried) -> str | None:
        """Wait while the door is frozen to ``one``. Then ``None`` for open, or the sentence why it has ended."""
        while self.standing_of(one) is Standing.FROZEN:
            await asyncio.sleep(self.settings.freeze_s / 40)
        return self.watch.why_closed()

    def note_activity(self, session: Session | None) -> None:
        """The person did something, now; what the window asks for of its own accord is nothing of theirs."""
        if session is not None:
            self._last_activity = time.time()

    def count(self, session: Session | None, passed: Tally) -> None:
        """Count what passed between the person's browser and this door."""
        if session is not None:
            self.recorder.tally.add(passed)

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def log_request(self, handler: web.RequestHandler) -> None:
        """One line a request, without its query: a query can hold what a person typed."""
        self.log.debug("%s %s %s", handler.get_status(), handler.request.method, handler.request.path)

    async def stop(self) -> None:
        """Close everything."""
        await self._close_all("The room is being stopped.")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.recorder.stop()
        await self.room.close()
        await self.link.close()

    async def _close_all(self, reason: str) -> None:
        self.log.info("closing the door: %s", reason)
        for one in list(self.carried):
            one.close(reason)
        await self.recorder.closed(reason)

    async def _recheck_sessions(self) -> None:
        while True:
            began = time.monotonic()
            sessions = {one.session for one in self.carried if one.session is not None}
            await asyncio.gather(*(self._recheck(session) for session in sessions))
            await asyncio.sleep(max(0.0, self.settings.recheck_s - (time.monotonic() - began)))

    async def _recheck(self, session: Session) -> None:
        """Cut off what is open for a browser session that ended."""
        asked_at = time.monotonic()
        try:
            owner = await self.person_of(*session, fresh=True) == self.settings.owner
        except HubUnreachable as error:
            self.log.warning("the hub could not be asked about a session: %s", error)
            return
        for one in self._of(session):
            if owner:
                one.signed_in_at = max(one.signed_in_at, asked_at)
            else:
                one.close("You have signed out.")

    def _person_is_here(self) -> bool:
        return any(one.session is not None for one in self.carried)

    def _of(self, session: Session) -> list[Carried]:
        return [one for one in self.carried if one.session == session]

    async def _report_activity(self) -> None:
        headers = {"Authorization": f"token {self.auth.api_token}"}
        async with aiohttp.ClientSession(headers=headers) as client:
            while True:
                await asyncio.sleep(_REPORT_ACTIVITY_S)
                at = datetime.fromtimestamp(self._last_activity, tz=UTC).isoformat()
                report = {"servers": {self.settings.server_name: {"last_activity": at}}, "last_activity": at}
                try:
                    async with client.post(self.settings.activity_url, json=report) as answer:
                        answer.raise_for_status()
                except (aiohttp.ClientError, TimeoutError) as error:
                    self.log.warning("activity could not be reported: %s", error)
