"""The door's side of the room's socket: whatever lies in its place, the door reaches the room or nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.door import room_socket
from tests.isolation.attempts import door as attempts
from tests.isolation.world import SeatUnderTest, World


class Decoy:
    """A server of the host at a path, that counts who comes."""

    def __init__(self, path: Path) -> None:
        self.path, self.visits = path, 0
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        # By the folder's descriptor, since a socket's path may have 107 bytes and a folder's more.
        folder = os.open(path.parent, os.O_PATH)
        self._server.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                with contextlib.suppress(OSError), client:
                    self.visits += 1
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ndecoy")

    def close(self) -> None:
        self._server.close()
        self.path.unlink(missing_ok=True)


@pytest.fixture
def decoy(world: World) -> Iterator[Decoy]:
    """A server in the hub's own folder, as the warden's socket is one."""
    found = Decoy(world.state / "run" / "decoy.sock")
    yield found
    found.close()


@pytest.mark.parametrize("kind", ["link", "folder", "folder with a link", "pipe", "file", "nothing"])
def test_what_lies_in_the_sockets_place_leads_the_door_nowhere(
    world: World, moved: SeatUnderTest, decoy: Decoy, kind: str
) -> None:
    other = world.seat("alice", "one").run_dir / "lab.sock"
    targets = [str(decoy.path), str(other), f"/proc/{os.getpid()}/root{decoy.path}"]
    targets += [
        "../../decoy.sock",
        "../alice.one/lab.sock",
        "kept",
        "/run/room/kept",
        "/proc/self/fd/0",
        "lab.sock",
    ]
    for target in targets if "link" in kind else targets[:1]:
        if kind == "pipe":
            plant_pipe(moved)
        else:
            moved.call(attempts.replace_socket, kind, target)
        status, _, text = moved.get("api/status")
        assert status == 502 and "does not answer" in text, (kind, target, text)
    assert decoy.visits == 0
    assert world.seat("alice", "one").api_status() == 200, "the other seat is untouched"


def plant_pipe(seat: SeatUnderTest) -> None:
    """A pipe of the seat's own user; the room itself cannot make one."""
    seat.call(attempts.replace_socket, "nothing", "")
    os.mkfifo(seat.run_dir / "lab.sock")
    os.chown(seat.run_dir / "lab.sock", seat.uid, seat.gid)


def test_the_decoy_counts_who_comes(decoy: Decoy) -> None:
    folder = os.open(decoy.path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"/proc/self/fd/{folder}/{decoy.path.name}")
        client.sendall(b"x")
        assert client.recv(100).endswith(b"decoy")
    os.close(folder)
    assert decoy.visits == 1


def test_the_rooms_own_socket_under_a_second_name_is_still_the_rooms(
    world: World, moved: SeatUnderTest
) -> None:
    moved.call(attempts.replace_socket, "hard link", "")
    found: socket.socket = world.background.wait(room_socket.connect(moved.run_dir, "lab.sock", moved.uid))
    found.close()
    moved.call(attempts.replace_socket, "nothing", "")


def test_a_socket_that_another_user_owns_is_refused(moved: SeatUnderTest) -> None:
    moved.call(attempts.replace_socket, "nothing", "")
    planted = Decoy(moved.run_dir / "lab.sock")
    try:
        assert planted.path.stat().st_uid == 0
        assert moved.api_status() == 502
        assert planted.visits == 0
    finally:
        planted.close()


@contextlib.contextmanager
def served_by(uid: int, owner: int, path: Path) -> Iterator[None]:
    """A server that runs as ``uid`` behind a socket that ``owner`` owns."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            server = socket.socket(socket.AF_UNIX)
            folder = os.open(path.parent, os.O_PATH)
            server.bind(f"/proc/self/fd/{folder}/{path.name}")
            os.chown(path, owner, owner)
            os.setuid(uid)
            server.listen()
            os.write(told, b"x")
            while True:
                client, _ = server.accept()
                with contextlib.suppress(OSError), client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nother")
        os._exit(1)
    os.close(told)
    try:
        assert os.read(ready, 1) == b"x"
        yield
    finally:
        os.close(ready)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("owner", ["its own", "the seat's"])
def test_another_seats_socket_moved_here_is_refused_by_its_owner_and_by_who_answers(
    world: World, moved: SeatUnderTest, owner: str
) -> None:
    bob = world.seat("bob", "one")
    moved.call(attempts.replace_socket, "nothing", "")
    with served_by(bob.uid, bob.uid if owner == "its own" else moved.uid, moved.run_dir / "lab.sock"):
        assert moved.get("api/status")[0] == 502
        with pytest.raises(room_socket.RoomUnreachable, match="another user"):
            world.background.wait(room_socket.connect(moved.run_dir, "lab.sock", moved.uid))


def test_a_room_whose_socket_was_replaced_by_a_folder_opens_again(
    world: World, alice_one: SeatUnderTest
) -> None:
    alice_one.call(attempts.move_socket_away)
    alice_one.call(attempts.replace_socket, "folder with a link", "/etc/passwd")
    alice_one.restart()
    assert alice_one.api_status() == 200
    assert not (alice_one.run_dir / "kept").exists(), "nothing is left of the earlier room's folder"
