"""A door's addresses, and the servers that listen for them."""

from __future__ import annotations

from tornado import web
from tornado.httpserver import HTTPServer

from hub.door import handlers
from hub.door.context import Door
from hub.door.relay_websocket import TO_ROOM_LIMIT


def build_server(door: Door) -> HTTPServer:
    """The door as a server, with the limits that hold for whoever has not been let in."""
    return HTTPServer(
        _lab(door), max_body_size=handlers.SMALL_BODY, body_timeout=handlers.SMALL_BODY_S, xheaders=False
    )


def _lab(door: Door) -> web.Application:
    prefix = door.settings.prefix
    arguments = {"door": door}
    return web.Application(
        [
            (prefix + "oauth_callback", handlers.OAuthCallback, arguments),
            (prefix + "api/?", handlers.HubPoll),
            (prefix + _SOCKETS, handlers.RoomSocket, arguments),
            (r".*", handlers.RoomHandler, arguments),
        ],
        door=door,
        cookie_secret=door.cookie_secret,
        websocket_max_message_size=TO_ROOM_LIMIT,
        websocket_ping_interval=30,
        log_function=door.log_request,
    )


_SOCKETS = r"(?:api/kernels/[^/]+/channels|terminals/websocket/.*|api/events/subscribe)"
