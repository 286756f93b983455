"""Each wall of a container holds by itself: with it the attempt fails, and without that one wall it succeeds.

So the other tests of this folder would find a container out that was started without one of them.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.isolation.attempts import files, network, processes
from tests.isolation.containers import LIMITS, MIB, Container, Workshop
from tests.isolation.test_secrets import etc_files

FAMILIES = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}
Found = Callable[[Container], bool]


@pytest.fixture(scope="module")
def whole(workshop: Workshop) -> Iterator[Container]:
    """The container with all its walls."""
    with workshop.container() as container:
        yield container


def devices(container: Container) -> bool:
    """Whether there is a network device but the loopback."""
    return bool(set(container.call(network.devices_and_routes)["devices"]) - {"lo"})


def foreign_socket(container: Container) -> bool:
    """Whether a socket of a foreign family opens."""
    return bool({int(one.split()[0]) for one in container.call(network.open_families)} - FAMILIES)


def new_namespace(container: Container) -> bool:
    """Whether a namespace can be made."""
    return 0 in container.call(processes.namespace_attempts).values()


def gains_privileges(container: Container) -> bool:
    """Whether a program may give more rights than its caller has."""
    return bool(container.call(processes.own_status)["NoNewPrivs"] != "1")


def capability(container: Container) -> bool:
    """Whether there is any capability, to have or to gain."""
    status = container.call(processes.own_status)
    return any(int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))


def root_user(container: Container) -> bool:
    """Whether the room is the host's root."""
    return bool(container.call(processes.own_status)["Uid"].split() == ["0"] * 4)


def writes_elsewhere(container: Container) -> bool:
    """Whether a file can be made where no folder of the room's own is."""
    own = ("/dev/shm", "/outbox", "/run/room", "/tmp", "/workspace/home", "/workspace/shared")
    places = container.call(files.writable_places)
    return any(not f"{place}/".startswith(tuple(f"{one}/" for one in own)) for place in places)


def changes_extract(container: Container) -> bool:
    """Whether the extract can be changed."""
    return bool(container.call(files.attempt_all, [["open", "/data/x.parquet", os.O_WRONLY]]) == ["done"])


def forks_on(container: Container) -> bool:
    """Whether more processes run at once than the room may have."""
    return bool(
        container.call(processes.fork_many, 2 * LIMITS.processes, False)["started"] > LIMITS.processes
    )


def eats_on(container: Container) -> bool:
    """Whether more memory can be used than the room may have."""
    found = container.call(processes.eat_memory, 2 * LIMITS.memory_bytes // MIB)
    return bool(found["killed_by"] == 0)


def sees_devices_of_the_host(container: Container) -> bool:
    """Whether the kernel's account of the machine can be read."""
    return bool(container.call(files.look_at, ["/sys/class", "/sys/block", "/sys/fs/cgroup"]))


def sees_processes_of_the_host(container: Container) -> bool:
    """Whether the process that runs this test is seen."""
    return bool(container.call(files.look_at, [f"/proc/{os.getpid()}/status", "/proc/2/status"]))


def reads_process_1(container: Container) -> bool:
    """Whether process 1 can be read."""
    return bool(container.call(processes.reach_process_1)["descriptors"] == "done")


def reads_the_hosts_accounts(container: Container) -> bool:
    """Whether anything but the room's own account stands in ``/etc``."""
    said = container.call(etc_files)
    return bool(said.get("/etc/resolv.conf") or said["/etc/passwd"].count("\n") != 1)


def set_host(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the container's host configuration."""
    return lambda configuration: configuration["HostConfig"].update(changes)


def without_filter(configuration: dict[str, Any]) -> None:
    """System calls as they are."""
    configuration["HostConfig"]["SecurityOpt"] = ["no-new-privileges", "seccomp=unconfined"]


def with_the_engines_own_filter(configuration: dict[str, Any]) -> None:
    """The filter that an engine takes by default: vsock sockets open through it."""
    configuration["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]


def new_privileges(configuration: dict[str, Any]) -> None:
    """Without no-new-privileges."""
    del configuration["HostConfig"]["SecurityOpt"][0]


def without_limit(*names: str) -> Callable[[dict[str, Any]], None]:
    """Without these limits of a process."""

    def weaken(configuration: dict[str, Any]) -> None:
        limits = configuration["HostConfig"]["Ulimits"]
        configuration["HostConfig"]["Ulimits"] = [one for one in limits if one["Name"] not in names]

    return weaken


def without_any_process_limit(configuration: dict[str, Any]) -> None:
    """Neither the container's nor the user's."""
    without_limit("nproc")(configuration)
    del configuration["HostConfig"]["PidsLimit"]


def as_root(configuration: dict[str, Any]) -> None:
    """The host's root."""
    configuration["User"] = "0:0"


def extract_writable(configuration: dict[str, Any]) -> None:
    """The extract mounted as the other folders are."""
    for mount in configuration["HostConfig"]["Mounts"]:
        if mount["Target"] == "/data":
            mount["ReadOnly"] = False


def with_kernel_file_system(configuration: dict[str, Any]) -> None:
    """As an engine mounts it."""
    del configuration["HostConfig"]["Tmpfs"]["/sys"]


def without_init(configuration: dict[str, Any]) -> None:
    """The room's own program as process 1."""
    configuration["Entrypoint"] = []


def with_the_engines_accounts(configuration: dict[str, Any]) -> None:
    """What an engine puts into ``/etc``."""
    mounts = configuration["HostConfig"]["Mounts"]
    configuration["HostConfig"]["Mounts"] = [one for one in mounts if not one["Target"].startswith("/etc/")]


@dataclass(frozen=True)
class Wall:
    """A wall: the container without it, and what then becomes possible."""

    name: str
    weaken: Callable[[dict[str, Any]], None]
    possible: Found


WALLS = [
    Wall("no network", set_host(NetworkMode="host"), devices),
    Wall("filter: sockets", without_filter, foreign_socket),
    Wall("filter: sockets, against the engine's own", with_the_engines_own_filter, foreign_socket),
    Wall("filter: namespaces", without_filter, new_namespace),
    Wall("no new privileges", new_privileges, gains_privileges),
    Wall("no capability", set_host(CapDrop=[], CapAdd=["SYS_ADMIN"]), capability),
    Wall("own user", as_root, root_user),
    Wall("root cannot be written", set_host(ReadonlyRootfs=False), writes_elsewhere),
    Wall("no message queues", without_limit("msgqueue"), writes_elsewhere),
    Wall("extract cannot be written", extract_writable, changes_extract),
    Wall("processes", without_any_process_limit, forks_on),
    Wall("memory", set_host(Memory=0, MemorySwap=0), eats_on),
    Wall("no kernel file system", with_kernel_file_system, sees_devices_of_the_host),
    Wall("own processes", set_host(PidMode="host"), sees_processes_of_the_host),
    Wall("process 1 shows nothing", without_init, reads_process_1),
    Wall("own accounts", with_the_engines_accounts, reads_the_hosts_accounts),
]


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.name)
def test_with_the_wall_it_is_not_possible_and_without_it_is(
    workshop: Workshop, whole: Container, wall: Wall
) -> None:
    assert not wall.possible(whole)
    with workshop.container(wall.weaken) as weakened:
        assert wall.possible(weakened)


def test_a_unix_socket_of_the_host_is_reached_only_if_it_is_mounted(
    workshop: Workshop, whole: Container, docker_rooms: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o666)
        server.listen()
        threading.Thread(target=accept_all, args=(server,), daemon=True).start()
        assert whole.call(network.connect_unix, ["/run/engine.sock"]) == {"/run/engine.sock": "ENOENT"}

        def mount(configuration: dict[str, Any]) -> None:
            configuration["HostConfig"]["Binds"] = [f"{path}:/run/engine.sock"]

        with workshop.container(mount) as weakened:
            assert weakened.call(network.connect_unix, ["/run/engine.sock"]) == {"/run/engine.sock": "open"}


def accept_all(server: socket.socket) -> None:
    """Take every connection until the server is closed."""
    try:
        while True:
            server.accept()
    except OSError:
        return
