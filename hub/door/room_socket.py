"""Opening the room's socket, whose folder belongs to the room.

Whoever is in the room may replace the socket by a link, by a folder or by anything else. The door
therefore never connects to a path: it opens the name without following links (``openat2``), looks at
what it got, connects to exactly that, and asks the kernel who is at the other end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import stat
import struct
from pathlib import Path

_SYS_OPENAT2 = 437  # the same on every architecture
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
# The peer of a socket that is not connected: asyncio takes a full queue for a connection.
_NOBODY_YET = -1
_libc = ctypes.CDLL(None, use_errno=True)


class RoomUnreachable(Exception):
    """The room's socket is not there, is not a socket, or another user answers behind it."""


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


async def connect(folder: Path, name: str, uid: int) -> socket.socket:
    """A connected non-blocking socket to ``folder/name``, served by the user ``uid``.

    Raises :class:`RoomUnreachable` with the reason; nothing is left open.
    """
    target = _open_socket(folder, name, uid)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        # The descriptor stays open meanwhile, so this path names the very file that was looked at.
        await asyncio.get_running_loop().sock_connect(client, f"/proc/self/fd/{target}")
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, peer_uid, _ = struct.unpack("3i", credentials)
        if peer_uid == _NOBODY_YET:
            raise RoomUnreachable("the room does not answer (too many are waiting)")
        if peer_uid != uid:
            raise RoomUnreachable(f"another user ({peer_uid}) answers behind the room's socket")
    except OSError as error:
        client.close()
        raise RoomUnreachable(f"the room does not answer ({error.strerror})") from error
    except BaseException:
        client.close()
        raise
    finally:
        os.close(target)
    return client


def _open_socket(folder: Path, name: str, uid: int) -> int:
    """An ``O_PATH`` descriptor of the socket, proved to be one and to belong to ``uid``."""
    if "/" in name or name in {"", ".", ".."}:
        raise ValueError(f"not a file's name: {name!r}")
    try:
        folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RoomUnreachable(f"the room's folder cannot be opened ({error.strerror})") from error
    try:
        fd = _openat2(folder_fd, name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RoomUnreachable(f"the room's socket cannot be opened ({error.strerror})") from error
    finally:
        os.close(folder_fd)
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, fd)
        found = os.fstat(fd)
        if not stat.S_ISSOCK(found.st_mode):
            raise RoomUnreachable("what lies in the place of the room's socket is not a socket")
        if found.st_uid != uid:
            raise RoomUnreachable("the room's socket belongs to another user")
        undo.pop_all()
    return fd


def _openat2(folder_fd: int, name: str, flags: int) -> int:
    how = _OpenHow(flags, 0, _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    fd = _libc.syscall(
        ctypes.c_long(_SYS_OPENAT2),
        ctypes.c_int(folder_fd),
        ctypes.c_char_p(os.fsencode(name)),
        ctypes.byref(how),
        ctypes.c_size_t(ctypes.sizeof(how)),
    )
    if fd < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return int(fd)
