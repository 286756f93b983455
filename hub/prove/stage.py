"""Where attempts are made: a room made for them, what lies around it on the host, and who listens there."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hub.rooms.spec import RoomSpec


class CouldNotTry(Exception):
    """Nothing can be said about an attempt. The text says why."""


@dataclass(frozen=True)
class KilledBy:
    """The kernel ended the process that made the attempt, with this signal."""

    signal: int


class Room(Protocol):
    """The script inside a room."""

    def ask(self, probe: str, *arguments: object) -> object:
        """What a probe saw, or :class:`KilledBy`. Raises CouldNotTry."""


@dataclass
class Listeners:
    """Servers of the proof on the host. Whoever comes to one of them has got out."""

    abstract: str
    unix_path: Path
    ports: dict[str, int] = field(default_factory=dict)
    _sockets: dict[str, socket.socket] = field(default_factory=dict)

    def listen(
        self, name: str, family: socket.AddressFamily, kind: socket.SocketKind, address: object
    ) -> None:
        """Listen under a name."""
        server = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        self._sockets[name] = server
        server.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            server.listen(16)
        if family in {socket.AF_INET, socket.AF_INET6}:
            self.ports[name] = int(server.getsockname()[1])

    def arrived(self, name: str) -> bool:
        """Whether anybody or anything has come since this was asked last."""
        server = self._sockets[name]
        came = False
        while select.select([server], [], [], 0)[0]:
            came = True
            if server.type & socket.SOCK_DGRAM == socket.SOCK_DGRAM:
                server.recv(1)
            else:
                server.accept()[0].close()
        return came

    def has(self, name: str) -> bool:
        """Whether this machine let us listen there."""
        return name in self.ports or name in self._sockets

    def close(self) -> None:
        """Stop listening."""
        for server in self._sockets.values():
            server.close()


@dataclass(frozen=True)
class Neighbour:
    """Another seat, on the host: its folders, its user, and a file of its own in the shared folder."""

    uid: int
    run: Path
    folders: tuple[Path, ...]
    shared_file: str


@dataclass(frozen=True)
class Stage:
    """Everything that an attempt may use. ``mark`` stands in each thing that the room must not see."""

    room: Room
    spec: RoomSpec
    root: Path
    neighbour: Neighbour
    listeners: Listeners
    mark: str

    def ask(self, probe: str, *arguments: object) -> object:
        """What a probe inside saw."""
        return self.room.ask(probe, *arguments)

    @property
    def extract(self) -> Path:
        """The project's data, as the host sees them."""
        assert self.spec.folders.data is not None
        return self.spec.folders.data


def make_neighbour(root: Path, shared: Path, *, uid: int, gid: int, mark: str) -> Neighbour:
    """Folders of another seat whose owner and modes keep nobody away: only the room's own walls are in the way."""
    as_root = os.geteuid() == 0
    seat = root / "seats" / "neighbour.proof"
    run = root / "run" / "rooms" / "neighbour.proof"
    folders = (*(seat / name for name in ("home", "outbox", "inbox")), run)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "secret").write_text(mark)
        (folder / "secret").chmod(0o666)
        folder.chmod(0o777)
    file = shared / "of-a-neighbour"
    file.write_text(mark)
    file.chmod(0o600)
    if as_root:
        os.chown(file, uid, gid)
    return Neighbour(uid, run, folders, f"/workspace/shared/{file.name}")


@contextlib.contextmanager
def listening(neighbour: Neighbour) -> Iterator[Listeners]:
    """Servers at the loopback addresses, at an abstract name, and at the neighbour's own socket."""
    found = Listeners(f"@lockedroom-proof-{secrets.token_hex(8)}", neighbour.run / "lab.sock")
    try:
        loopback = "127.0.0.1", 0
        found.listen("tcp", socket.AF_INET, socket.SOCK_STREAM, loopback)
        found.listen("udp", socket.AF_INET, socket.SOCK_DGRAM, loopback)
        with contextlib.suppress(OSError):  # a machine without IPv6
            found.listen("tcp over IPv6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
        found.listen("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + found.abstract[1:])
        # Through the folder's descriptor: paths of sockets are short, and this one need not be.
        folder = os.open(neighbour.run, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            path = f"/proc/self/fd/{folder}/{found.unix_path.name}"
            found.listen("unix", socket.AF_UNIX, socket.SOCK_STREAM, path)
        finally:
            os.close(folder)
        found.unix_path.chmod(0o777)
        if os.geteuid() == 0:
            os.chown(found.unix_path, neighbour.uid, neighbour.uid)
        yield found
    finally:
        found.close()
