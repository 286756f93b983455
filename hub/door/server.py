"""A door's addresses, and the servers that listen for them."""

from __future__ import annotations

from typing import Any

from tornado import web
from tornado.httpserver import HTTPServer

from hub.door import handlers, inner_handlers, window_handlers
from hub.door.context import Door
from hub.door.relay_pixels import TO_WINDOW_LIMIT
from hub.door.relay_websocket import TO_ROOM_LIMIT
from hub.door.screen_files import ScreenFiles

# So that nothing on the way takes a quiet connection for a dead one. Whoever does not answer is not put out: a frozen
# door does not read, and the answer waits with all else. How long a connection stays, membership says.
PING_EVERY_S = 30

_SOCKETS = r"(?:api/kernels/[^/]+/channels|terminals/websocket/.*|api/events/subscribe)"


def build_server(door: Door) -> HTTPServer:
    """The door as a server towards the person, with the limits that hold for whoever has not been let in."""
    window = door.settings.window
    if window is None:
        application = _application(door, [*_signing_in(door), *_lab(door)], TO_ROOM_LIMIT)
    else:
        files = ScreenFiles.read(window.novnc)
        routes = [*_signing_in(door), *_window(door)]
        application = _application(door, routes, TO_WINDOW_LIMIT, screen_files=files)
    return HTTPServer(application, **_limits())


def build_inner_server(door: Door) -> HTTPServer:
    """The door towards its window, whose user alone it hears."""
    assert door.settings.window is not None
    prefix, own = door.settings.prefix, {"door": door}
    routes = [
        (prefix + _SOCKETS, inner_handlers.RoomSocketToWindow, own),
        (r".*", inner_handlers.RoomToWindow, own),
    ]
    application = _application(door, routes, TO_ROOM_LIMIT)
    server = inner_handlers.OneUsersServer(application, **_limits())
    server.uid = door.settings.window.uid
    return server


def _limits() -> dict[str, Any]:
    return {"max_body_size": handlers.SMALL_BODY, "body_timeout": handlers.SMALL_BODY_S, "xheaders": False}


def _application(door: Door, routes: list[Any], websocket_limit: int, **more: Any) -> web.Application:
    return web.Application(
        routes,
        door=door,
        cookie_secret=door.cookie_secret,
        websocket_max_message_size=websocket_limit,
        websocket_ping_interval=PING_EVERY_S,
        websocket_ping_timeout=0,
        log_function=door.log_request,
        **more,
    )


def _signing_in(door: Door) -> list[Any]:
    prefix = door.settings.prefix
    return [
        (prefix + "oauth_callback", handlers.OAuthCallback, {"door": door}),
        (prefix + "api/?", handlers.HubPoll),
    ]


def _lab(door: Door) -> list[Any]:
    own = {"door": door}
    return [(door.settings.prefix + _SOCKETS, handlers.RoomSocket, own), (r".*", handlers.RoomHandler, own)]


def _window(door: Door) -> list[Any]:
    prefix, own = door.settings.prefix, {"door": door}
    return [
        (prefix + "(?:lab(?:/.*)?)?", window_handlers.ScreenPage, own),
        (prefix + r"window/([0-9a-f]{16})/([A-Za-z0-9_./-]+)", window_handlers.ScreenFile, own),
        (prefix + "pixels", window_handlers.PixelSocket, own),
        (r".*", window_handlers.Nothing, own),
    ]
