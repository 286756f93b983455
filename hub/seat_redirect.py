"""On the hub's host, an address of a seat leads to the seat's own host."""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.base import UserUrlHandler
from jupyterhub.spawner import Spawner
from jupyterhub.user import User

from hub.door.addresses import origin_of, seat_host
from hub.settings import load


class SeatUrlHandler(UserUrlHandler):  # type: ignore[misc]
    """JupyterHub's handler for ``/user/…``, which otherwise would send the browser back to where it is."""

    async def _redirect_to_user_server(self, user: User, spawner: Spawner) -> None:
        public_url = load().public_url
        path = str(self.request.uri)[len(self.hub.base_url) - 1 :]
        self.redirect(origin_of(public_url, seat_host(public_url, user.name, spawner.name)) + path)


def handlers() -> list[tuple[str, Any]]:
    """To be put before JupyterHub's own handlers."""
    return [(r"/user/(?P<user_name>[^/]+)(?P<user_path>/.*)?", SeatUrlHandler)]
