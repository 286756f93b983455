"""What the window gets at the door's inner socket: the room, filtered and recorded as at a ``lab`` door.

The window runs the room's pages and is trusted no more than the room. It signs in nowhere: only its own user can
ask at this socket, and the kernel says who asks.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path
from typing import Any

from tornado import iostream
from tornado.httpserver import HTTPServer

from hub.door.context import Session
from hub.door.gate import Gate
from hub.door.handlers import RoomHandler, RoomSocket

INNER_SOCKET = "door.sock"
_BACKLOG = 128


class FromWindow(Gate):
    """The gate towards the window: its own host names, no person, and membership as everywhere."""

    @property
    def own_origin(self) -> str:
        """Of the names that the window has for this address, the one it used; another is never its own."""
        ends = self.settings["door"].settings.window
        used = f"http://{self.request.headers.get('Host', '').lower()}"
        return used if used in ends.origins else min(ends.origins)

    async def let_person_in(self) -> None:
        """The window's person came in at the other side."""
        self.refuse_if_closed()

    def session(self) -> Session | None:
        """No browser session: what the window has open ends with the membership."""
        return None


class RoomToWindow(FromWindow, RoomHandler):
    """HTTP of the window to the room."""


class RoomSocketToWindow(FromWindow, RoomSocket):
    """A websocket of the window to the room."""


class OneUsersServer(HTTPServer):
    """An HTTP server on a unix socket that hears one user and hangs up on all others."""

    uid: int

    def handle_stream(self, stream: iostream.IOStream, address: tuple[Any, ...]) -> None:
        """A new connection; who is at the other end does not change while it lasts."""
        with contextlib.suppress(OSError):
            credentials = stream.socket.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
            )
            if struct.unpack("3i", credentials)[1] == self.uid:
                super().handle_stream(stream, address)
                return
        stream.close()


def inner_listener(folder: Path) -> socket.socket:
    """A listening socket in ``folder``, in place of an earlier door's. Its users are told apart when they connect."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    # By way of the folder's descriptor: a socket's path may have 107 bytes, a folder's more.
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(INNER_SOCKET, dir_fd=folder_fd)
        server.bind(f"/proc/self/fd/{folder_fd}/{INNER_SOCKET}")
        os.chmod(INNER_SOCKET, 0o666, dir_fd=folder_fd)  # noqa: S103 - the kernel says who connects
    except OSError:
        server.close()
        raise
    finally:
        os.close(folder_fd)
    server.listen(_BACKLOG)
    return server
