"""JupyterHub, answering at its own host name only: ``python -m hub.jupyterhub_app``.

The proxy leads whatever has no route of its own to the hub, on every host name. So the hub's sign-in page
and API would also be there on a seat's host name, where the room's scripts run.
"""

from __future__ import annotations

import asyncio
import re
import signal
import time
from urllib.parse import quote, urlsplit

from jupyterhub.app import JupyterHub
from output_checker.errors import PlainError
from tornado import web
from tornado.httpserver import HTTPServer

from hub.housekeeping import keep_house
from hub.hub_parts import HubParts
from hub.rooms.choice import choose, chosen_backend
from hub.rooms.docker_engine import remove_rooms
from hub.settings import Settings, load

# A form, or a question to the API; JupyterHub would hold 100 MB in memory of anybody who sends them.
MAX_BODY = 256 * 1024


class Elsewhere(web.RequestHandler):
    """A host name that is not the hub's: a closed room's address leads to the hub, nothing else is here."""

    def set_default_headers(self) -> None:
        """No content of this answer is ever run."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here, whoever asks."""

    def prepare(self) -> None:
        """Answer every method."""
        target = hub_address(str(self.request.method), self.request.path, load().public_url)
        if target is not None:
            self.redirect(target)
            return
        self.set_status(421)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("This address does not belong here. Your rooms are at " + load().public_url + "/hub/home")


def hub_address(method: str, path: str, public_url: str) -> str | None:
    """Where on the hub a browser is led that came to another host name; ``None`` for nowhere. Pure."""
    if method not in {"GET", "HEAD"}:
        return None
    if path == "/":
        return f"{public_url}/hub/home"
    if re.fullmatch(r"/user/[a-z0-9-]+/[a-z0-9-]+(/[A-Za-z0-9/_.~%-]*)?", path):
        return f"{public_url}/hub{quote(path, safe='/%~')}"
    return None


class Hub(JupyterHub):  # type: ignore[misc]
    """JupyterHub with one rule more, and the hub's housekeeping."""

    _began = int(time.time())

    def init_tornado_application(self) -> None:
        """Before every other rule: other host names than the hub's own lead to :class:`Elsewhere`."""
        super().init_tornado_application()
        own = {
            urlsplit(load().public_url).hostname or "",
            "127.0.0.1",
        }  # services ask at the loopback address
        names = "|".join(re.escape(name) for name in sorted(own))
        self.tornado_application.add_handlers(rf"(?!(?:{names})$).*", [(r".*", Elsewhere)])

    async def start(self) -> None:
        """Start as JupyterHub does; prove the rooms and keep house meanwhile."""
        HTTPServer.configure(None, max_body_size=MAX_BODY)
        await super().start()
        parts = HubParts.get()
        try:
            parts.guard.begin(await asyncio.to_thread(chosen_backend, parts.settings))
        except PlainError as error:  # whoever asks for a room is told the same
            self.log.error("no room can be opened now: %s", error.sentence)
        self._housekeeping = asyncio.create_task(keep_house(parts.store, parts.settings))
        if choose(parts.settings) == "docker":
            self._strays = asyncio.create_task(self._remove_strays(parts.settings))

    def init_signal(self) -> None:
        """SIGHUP as well: the hub ends and leaves rooms, doors and proxy running for the next one."""
        super().init_signal()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._make_way)

    def _make_way(self) -> None:
        self.cleanup_servers = self.cleanup_proxy = False
        self._leaving = asyncio.create_task(self.shutdown_cancel_tasks(signal.SIGHUP))

    async def _remove_strays(self, settings: Settings) -> None:
        """Remove containers of rooms that no seat of this hub knows, as one that ended while it started one."""
        spawners = [spawner for user in self.users.values() for spawner in user.spawners.values()]
        known = [str(spawner.object_name) for spawner in spawners if spawner.active]
        try:
            await asyncio.to_thread(remove_rooms, settings, known, self._began)
        except PlainError as error:
            self.log.error("rooms that nobody knows may still run: %s", error.sentence)

    async def cleanup(self) -> None:
        """Stop as JupyterHub does; nobody waits for a proof any more."""
        HubParts.get().guard.end()
        await super().cleanup()


if __name__ == "__main__":
    Hub.launch_instance()
