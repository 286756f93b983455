"""The door connects to the room's own socket and to nothing that was put in its place."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hub.door.room_socket import RoomUnreachable, connect

ME = os.geteuid()
needs_root = pytest.mark.skipif(ME != 0, reason="only root can make sockets of other users")


@contextmanager
def listening(path: Path, *, backlog: int = 5) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen(backlog)
        yield server


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def refused(folder: Path, name: str = "lab.sock", uid: int = ME) -> str:
    """Why the door does not connect; checks that nothing was left open."""
    before = open_descriptors()
    with pytest.raises(RoomUnreachable) as raised:
        await connect(folder, name, uid)
    assert open_descriptors() == before
    return str(raised.value)


async def test_the_rooms_own_socket_is_connected_to(tmp_path: Path) -> None:
    with (
        listening(tmp_path / "lab.sock") as server,
        closing(await connect(tmp_path, "lab.sock", ME)) as client,
    ):
        accepted, _ = server.accept()
        with closing(accepted):
            accepted.send(b"room")
            assert await asyncio.get_running_loop().sock_recv(client, 10) == b"room"


async def test_a_link_to_another_socket_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    with listening(tmp_path / "hub.sock") as server:
        server.settimeout(0)
        (tmp_path / "room" / "lab.sock").symlink_to(tmp_path / "hub.sock")
        await refused(tmp_path / "room")
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_a_link_to_a_descriptor_of_the_door_is_not_followed(tmp_path: Path) -> None:
    with listening(tmp_path / "hub.sock") as server:
        (tmp_path / "lab.sock").symlink_to(f"/proc/self/fd/{server.fileno()}")
        await refused(tmp_path)


async def test_a_link_in_place_of_the_whole_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "room").symlink_to(tmp_path / "other")
    with listening(tmp_path / "other" / "lab.sock"):
        assert "folder" in await refused(tmp_path / "room")


@pytest.mark.parametrize("kind", ["folder", "fifo", "file", "dangling link", "nothing"])
async def test_what_is_not_a_socket_is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "lab.sock"
    match kind:
        case "folder":
            place.mkdir()
        case "fifo":
            os.mkfifo(place)
        case "file":
            place.write_text("HTTP/1.1 200 OK\r\n\r\n")
        case "dangling link":
            place.symlink_to(tmp_path / "nowhere")
    await asyncio.wait_for(refused(tmp_path), 2)


@needs_root
async def test_a_device_is_refused(tmp_path: Path) -> None:
    os.mknod(tmp_path / "lab.sock", 0o20600, os.makedev(1, 3))
    assert "not a socket" in await refused(tmp_path)


async def test_a_socket_that_nobody_listens_at_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path / "lab.sock"):
        pass
    assert "does not answer" in await refused(tmp_path)


async def test_a_full_queue_is_no_connection(tmp_path: Path) -> None:
    with listening(tmp_path / "lab.sock", backlog=0), closing(await connect(tmp_path, "lab.sock", ME)):
        assert "too many are waiting" in await refused(tmp_path)


@needs_root
async def test_a_socket_of_another_user_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path / "lab.sock"):
        os.chown(tmp_path / "lab.sock", 200_001, 200_001)
        assert "another user" in await refused(tmp_path)


@needs_root
async def test_another_user_behind_the_rooms_socket_is_refused(tmp_path: Path) -> None:
    """The socket's file belongs to the seat, but the one who listens is somebody else."""
    with listening(tmp_path / "lab.sock"):
        os.chown(tmp_path / "lab.sock", 200_001, 200_001)
        assert "another user (0) answers" in await refused(tmp_path, uid=200_001)


@needs_root
async def test_the_seats_user_behind_its_socket_is_accepted(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o755)
    (tmp_path / "room").mkdir()
    os.chown(tmp_path / "room", 200_001, 200_001)
    # The parents are closed to that user, as a seat's are: it is put into its folder beforehand.
    serve = (
        "import os, socket, sys; os.fchdir(int(sys.argv[1])); os.setgid(200001); os.setuid(200001);"
        "s = socket.socket(socket.AF_UNIX); s.bind('lab.sock'); s.listen(); print('up', flush=True); s.accept()"
    )
    folder = os.open(tmp_path / "room", os.O_PATH)
    room = subprocess.Popen(
        [sys.executable, "-c", serve, str(folder)], pass_fds=[folder], stdout=subprocess.PIPE, text=True
    )
    try:
        assert room.stdout is not None
        assert room.stdout.readline() == "up\n"
        (await connect(tmp_path / "room", "lab.sock", 200_001)).close()
    finally:
        os.close(folder)
        room.kill()
        room.communicate()


@pytest.mark.parametrize("name", ["", ".", "..", "../lab.sock", "a/b", "/etc/passwd"])
async def test_only_a_plain_name_can_be_asked_for(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        await connect(tmp_path, name, ME)


async def test_a_folder_with_a_path_longer_than_a_sockets_may_be_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    folder = os.open(deep, os.O_PATH)
    try:
        with listening(Path(f"/proc/self/fd/{folder}/lab.sock")):
            (await connect(deep, "lab.sock", ME)).close()
    finally:
        os.close(folder)
