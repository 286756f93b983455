"""JupyterHub's pages that do something, taken only from the hub's own pages; and what signing out ends.

Seats are of the same site as the hub, so cookies travel with what a seat's script sends here. JupyterHub
opens a room and signs people out on a plain GET, which a script can cause by leading the browser there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from jupyterhub import orm
from jupyterhub.apihandlers.users import UserServerAPIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from jupyterhub.handlers.pages import SpawnHandler, SpawnPendingHandler
from tornado import web
from tornado.httputil import url_concat

from hub.governance import Refused
from hub.hub_parts import HubParts
from hub.pages.look import Look, load_look
from hub.pages.look.assets import CACHE
from hub.prove.guard import WAITING
from hub.seat_record import ask_admission
from hub.settings import load
from hub.store.clock import utc_now

# Where the hub serves the files of its pages, below its prefix.
LOOK = "look"
# How long the answer about a room that is opening is held back: shorter than what proxies put up with.
HELD_S, _LOOK_EVERY_S = 20.0, 0.1
_ONLY_HERE = ("wait", "_xsrf")
_OWN = frozenset({None, "none", "same-origin"})
NOT_OURS = "This did not come from the hub's own page, so it was not done. Use the page of your rooms."


def refusal(method: str, headers: Mapping[str, str], public_url: str) -> str | None:
    """A sentence where a request did not come from the hub's own pages or from the person; else ``None``.

    ``public_url`` is the hub's origin. Pure.
    """
    if headers.get("Host", "").lower() != urlsplit(public_url).netloc.lower():
        return NOT_OURS
    if method not in {"GET", "HEAD"} and headers.get("Origin") != public_url:
        return NOT_OURS
    return None if headers.get("Sec-Fetch-Site") in _OWN else NOT_OURS


class _Guarded:
    """For handlers of JupyterHub: refuse before anything else."""

    async def prepare(self) -> None:
        """See :func:`refusal`."""
        request = self.request  # type: ignore[attr-defined]
        reason = refusal(str(request.method), request.headers, load().public_url)
        if reason is not None:
            raise web.HTTPError(403, reason)
        await super().prepare()  # type: ignore[misc]


class Seldom:
    """Says for each thing whether it has not been said within ``every``. Pure: time is an argument."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._said: dict[tuple[str, str], datetime] = {}

    def first(self, thing: tuple[str, str], now: datetime) -> bool:
        """Whether to say it now; notes that it is said."""
        self._said = {known: at for known, at in self._said.items() if now - at < self._every}
        return self._said.setdefault(thing, now) == now


_REFUSALS = Seldom(timedelta(minutes=1))


class _Admitted:
    """For handlers of JupyterHub: ask admission before a server of this name is made in its database."""

    async def _check_named_server_request(
        self, user: Any, server_name: str, *arguments: Any, **options: Any
    ) -> None:
        await super()._check_named_server_request(  # type: ignore[misc]
            user, server_name, *arguments, **options
        )
        store, person = HubParts.get().store, str(user.name)
        decision = await asyncio.to_thread(ask_admission, store, person, server_name, record=False)
        if not isinstance(decision, Refused):
            return
        # Whoever asks again and again does not fill the ledger.
        if _REFUSALS.first((person, decision.reason), utc_now()):
            await asyncio.to_thread(ask_admission, store, person, server_name)
        raise web.HTTPError(403, decision.reason)


class OwnSpawn(_Guarded, _Admitted, SpawnHandler):  # type: ignore[misc]
    """Opening a room."""


class OwnServers(_Admitted, UserServerAPIHandler):  # type: ignore[misc]
    """Opening a room by JupyterHub's API."""


class OwnSpawnPending(SpawnPendingHandler):  # type: ignore[misc]
    """The page that is shown while a room opens or closes.

    It asks for itself again at once, and that answer is held back until there is something new: whoever has
    a page read aloud is not interrupted every second, and the room is shown the moment it is open.
    """

    async def get(self, user_name: str, server_name: str = "") -> None:
        """Show the page; with ``wait`` only when the room is open or closed, or after a while."""
        person = self.current_user
        if person is not None and person.name == user_name and self.get_argument("wait", None):
            await self._settled(person.spawners.get(server_name))
        await super().get(user_name, server_name)

    @property
    def template_namespace(self) -> dict[str, Any]:
        """With the page's own address, to be asked for again, and what the room waits for."""
        arguments = [(name, v) for name in self.request.query_arguments for v in self.get_arguments(name)]
        kept = [(name, value) for name, value in arguments if name not in _ONLY_HERE]
        again = url_concat(self.request.path, [*kept, ("wait", "1")])
        waiting = WAITING if HubParts.get().guard.pending else None
        return {**super().template_namespace, "again": again, "waiting": waiting}

    def append_query_parameters(self, url: str, exclude: Any = None) -> str:
        """What is only this page's own does not go on to the room."""
        return str(super().append_query_parameters(url, [*(exclude or ["next"]), *_ONLY_HERE]))

    async def _settled(self, spawner: Any) -> None:
        until = asyncio.get_running_loop().time() + HELD_S
        while spawner is not None and spawner.pending and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_LOOK_EVERY_S)


class OwnLogin(LoginHandler):  # type: ignore[misc]
    """Signing in. The page may be reached from everywhere, the form is taken from the page only."""

    async def prepare(self) -> None:
        """See :func:`refusal`."""
        if self.request.method not in {"GET", "HEAD"}:
            reason = refusal(str(self.request.method), self.request.headers, load().public_url)
            if reason is not None:
                raise web.HTTPError(403, reason)
        await super().prepare()


class OwnLogout(_Guarded, LogoutHandler):  # type: ignore[misc]
    """Signing out ends all sessions of the person: every door, the desk, and every other browser.

    JupyterHub ends those of one session id, which lies in a cookie for the whole site that a seat's script
    can replace; and its own cookie would stay good for whoever kept a copy.
    """

    def _backend_logout_cleanup(self, name: str) -> None:
        user = self.current_user
        for token in self.db.query(orm.APIToken).filter_by(user_id=user.id):
            if token.client_id != "jupyterhub":
                self.db.delete(token)
        user.orm_user.cookie_id = orm.new_token()
        self.db.commit()
        super()._backend_logout_cleanup(name)

    async def render_logout_page(self) -> None:
        """A page that says so, instead of the empty sign-in form."""
        self.finish(await self.render_template("logout.html"))


class LookFile(web.RequestHandler):
    """The files that the hub's pages load. No cookie, no person."""

    def set_default_headers(self) -> None:
        """The pages' own, but for how long it may be kept."""
        self.clear_header("Server")
        for name, value in self.settings["headers"].items():
            self.set_header(name, value)

    def initialize(self, look: Look) -> None:
        """Called by tornado with what the route passes on."""
        self.look = look

    def get(self, name: str) -> None:
        """One file, which changes only with its name."""
        asset = self.look.find(name)
        if asset is None:
            raise web.HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", CACHE)
        self.finish(asset.content)


class CloseRoom(_Guarded, BaseHandler):  # type: ignore[misc]
    """The button that closes a room."""

    @web.authenticated
    async def post(self, project: str) -> None:
        """Stop the person's own seat in ``project``; nothing where it is closed already."""
        spawner = self.current_user.spawners.get(project)
        if spawner is not None and spawner.active and not spawner.pending:
            await self.stop_single_user(self.current_user, project)
        self.redirect(f"{self.hub.base_url}home", status=303)


def handlers() -> list[tuple[Any, ...]]:
    """To be put before JupyterHub's own handlers."""
    return [
        (rf"/{LOOK}/([a-z0-9.-]{{1,64}})", LookFile, {"look": load_look()}),
        (r"/login", OwnLogin),
        (r"/logout", OwnLogout),
        (r"/close/([a-z0-9-]+)", CloseRoom),
        (r"/spawn", OwnSpawn),
        (r"/spawn/([^/]+)", OwnSpawn),
        (r"/spawn/([^/]+)/([^/]+)", OwnSpawn),
        (r"/spawn-pending/([^/]+)", OwnSpawnPending),
        (r"/spawn-pending/([^/]+)/([^/]+)", OwnSpawnPending),
        (r"/api/users/([^/]+)/servers/([^/]*)", OwnServers),
    ]
