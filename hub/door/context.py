"""One door's parts, put together: settings, sign-in, the line to the hub, the room's client."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from jupyterhub.services.auth import HubOAuth
from tornado import web

from hub.door.relay_http import room_session
from hub.door.settings import DoorSettings
from hub.door.warden_link import LinkDown, WardenLink
from hub.door.watch import Membership, Watch

if TYPE_CHECKING:
    from hub.door.relay_websocket import Relay

_REPORT_ACTIVITY_S = 60


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
        self.cookie_secret = secrets.token_bytes(32)
        self.link = WardenLink(settings.warden, settings.warden_token)
        self.relays: set[Relay] = set()
        self.watch = Watch(
            Membership(settings.freeze_s), self.link.admission, self._close_all, settings.recheck_s
        )
        self.room: aiohttp.ClientSession
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_activity = time.time()
        self._entered = False

    async def start(self) -> None:
        """Open the client and start asking."""
        self.room = room_session(self.settings.run_dir, self.settings.room_uid)
        await self.watch.ask_now()
        self.keep(asyncio.create_task(self.watch.run()))
        self.keep(asyncio.create_task(self._recheck_sessions()))
        self.keep(asyncio.create_task(self._report_activity()))

    async def person_of(self, token: str | None, session_id: str, *, fresh: bool = False) -> str | None:
        """The name of the person whose browser session this is, or ``None``; asks the hub."""
        if not token:
            return None
        model = await self.auth.user_for_token(token, use_cache=not fresh, session_id=session_id, sync=False)
        if not model or model.get("kind") != "user":
            return None
        if not self.auth.check_scopes(self.auth.access_scopes, model):
            return None
        return str(model["name"])

    async def entered(self) -> None:
        """Have the ledger say, once, that the person came in. Refuses where that cannot be written."""
        if self._entered:
            return
        try:
            await self.link.record("door.entered")
        except LinkDown:
            raise web.HTTPError(503, "The hub cannot record that you came in. Try again shortly.") from None
        self._entered = True

    def note_activity(self) -> None:
        """The person did something, now."""
        self._last_activity = time.time()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def log_request(self, handler: web.RequestHandler) -> None:
        """One line a request, without its query: a query can hold what a person typed."""
        self.log.debug("%s %s %s", handler.get_status(), handler.request.method, handler.request.path)

    async def stop(self) -> None:
        """Close everything."""
        for relay in list(self.relays):
            relay.close("The room is being stopped.", 1001)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.close()
        await self.link.close()

    async def _close_all(self, reason: str) -> None:
        self.log.info("closing the door: %s", reason)
        for relay in list(self.relays):
            relay.close(reason)

    async def _recheck_sessions(self) -> None:
        while True:
            await asyncio.sleep(self.settings.recheck_s)
            for relay in list(self.relays):
                try:
                    if not await relay.still_signed_in():
                        relay.close("You have signed out.")
                except (web.HTTPError, OSError) as error:
                    self.log.warning("the hub could not be asked about a session: %s", error)
                    if time.monotonic() - relay.signed_in_at >= self.settings.freeze_s:
                        relay.close("The hub cannot be asked whether you are signed in. Try again shortly.")

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
