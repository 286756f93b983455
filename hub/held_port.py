"""A listening socket that is held twice: by a door, and by a hub that did not start it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from pathlib import Path

from hub.rooms.process import Process

# pidfd_getfd(2), the same number on every architecture; Python has no function for it.
_PIDFD_GETFD = 438


def listener_of(process: Process, port: int) -> socket.socket | None:
    """The socket at which a process listens on a loopback port, for this one too.

    ``None`` where there is none, or the kernel does not let this process look into that one (pidfd_getfd(2)).
    """
    with contextlib.suppress(OSError):
        whose = os.pidfd_open(process.pid)
        try:
            if process.runs():  # its number could have been another's by then
                numbers = [int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()]
                return next((found for fd in numbers if (found := _listening(whose, fd, port))), None)
        finally:
            os.close(whose)
    return None


def _listening(whose: int, fd: int, port: int) -> socket.socket | None:
    copy = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, whose, fd, 0)
    if copy < 0:
        return None
    try:
        found = socket.socket(fileno=copy)
    except OSError:  # no socket
        os.close(copy)
        return None
    with contextlib.suppress(OSError):
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens and found.getsockname() == ("127.0.0.1", port):
            return found
    found.close()
    return None
