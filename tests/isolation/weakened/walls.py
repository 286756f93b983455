"""For each family of attempts, rooms of each backend with a wall left out, and what must then not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from output_checker.isolation import Bind, Sandbox
from output_checker.isolation.sandbox import TextFile

from hub.prove.room import Walls

LAUNCHER = str(Path(__file__).with_name("launch.py"))
NEIGHBOUR = "neighbour.proof"
TOKEN = {"JUPYTERHUB_API_TOKEN": "0123456789abcdef"}
Container = dict[str, Any]


@dataclass(frozen=True)
class Weakened:
    """A room without some of its walls, and the attempts (family, name) each of which must find one missing."""

    name: str
    walls: Walls
    found_by: tuple[tuple[str, str], ...]

    @property
    def families(self) -> set[str]:
        """The families that are tried."""
        return {family for family, _ in self.found_by}


def by_launcher(wall: str) -> Walls:
    """A sandbox that another launcher makes."""
    return Walls(launcher=(LAUNCHER, wall))


def sandbox(*changes: Callable[[Sandbox], dict[str, Any]]) -> Walls:
    """A sandbox with another description."""

    def changed(found: Sandbox) -> Sandbox:
        for change in changes:
            found = found.model_copy(update=change(found))
        return found

    return Walls(sandbox=changed)


def container(*changes: Callable[[Container], None]) -> Walls:
    """A container with another description."""

    def changed(found: Container) -> Container:
        for change in changes:
            change(found)
        return found

    return Walls(container=changed)


def host(**changes: Any) -> Callable[[Container], None]:
    """Another host configuration of a container."""
    return lambda found: found["HostConfig"].update(changes)


def data_writable(found: Sandbox) -> dict[str, Any]:
    """The extract bound as the room's own folders are."""
    data = tuple(bind for bind in found.read_only if bind.target == Path("/data"))
    return {
        "read_only": tuple(bind for bind in found.read_only if bind not in data),
        "writable": (*found.writable, *data),
    }


def run_of_neighbour(found: Sandbox) -> dict[str, Any]:
    """Where another seat has its socket, bound where the host has it."""
    (own,) = (bind.source for bind in found.writable if bind.target == Path("/run/room"))
    place = own.with_name(NEIGHBOUR)
    return {"writable": (*found.writable, Bind(source=place, target=place))}


def engines_socket(found: Sandbox) -> dict[str, Any]:
    """A socket of the host where an engine's is expected."""
    (own,) = (bind.source for bind in found.writable if bind.target == Path("/run/room"))
    source = own.with_name(NEIGHBOUR) / "lab.sock"
    return {"writable": (*found.writable, Bind(source=source, target="/run/docker.sock"))}


def without_limits(*names: str) -> Callable[[Sandbox], dict[str, Any]]:
    """Limits left to the machine."""
    return lambda found: {"limits": found.limits.model_copy(update=dict.fromkeys(names))}


def another_account(found: Sandbox) -> dict[str, Any]:
    """A list of accounts with one of the host."""
    files = [
        TextFile(target=one.target, text=one.text + "root:x:0:0::/root:/bin/sh\n")
        if one.target == Path("/etc/passwd")
        else one
        for one in found.text_files
    ]
    return {"text_files": tuple(files)}


def token_in_environment(found: Sandbox) -> dict[str, Any]:
    """A token of the hub."""
    return {"environment": found.environment | TOKEN}


def kernel_files(found: Sandbox) -> dict[str, Any]:
    """What the kernel tells of the machine."""
    return {"read_only": (*found.read_only, Bind(source="/sys", target="/sys"))}


NETWORK = (
    ("network", "network devices"),
    ("network", "TCP to the host"),
    ("network", "UDP to the host"),
    ("network", "abstract unix socket"),
)
FILTER = (
    ("network", "netlink socket"),
    ("network", "vsock socket"),
    ("namespaces", "unshare: user"),
    ("kernel calls", "personality"),
)
MOUNTS = (
    ("network", "engine and system sockets"),
    ("kernel files", "what /sys tells"),
    ("read-only", "write to the data"),
    ("seats", "another seat's folders"),
    ("seats", "another seat's socket"),
    ("seats", "accounts"),
    ("secrets", "variables of the hub"),
)
USED_UP = (("limits", "memory bomb"), ("limits", "fork bomb"), ("limits", "open files"))

BUBBLEWRAP = [
    Weakened("the host's network", by_launcher("network"), NETWORK),
    Weakened("no filter", by_launcher("filter"), FILTER),
    Weakened(
        "the host's files",
        sandbox(
            kernel_files,
            data_writable,
            run_of_neighbour,
            engines_socket,
            another_account,
            token_in_environment,
        ),
        MOUNTS,
    ),
    Weakened("the host's processes", by_launcher("processes"), (("processes", "processes of the host"),)),
    Weakened("a capability", by_launcher("capabilities"), (("rights", "capabilities"),)),
    Weakened(
        "no limits",
        sandbox(without_limits("memory_bytes", "processes", "open_files", "file_bytes")),
        (*USED_UP, ("limits", "a file without end")),
    ),
]


def unfiltered(found: Container) -> None:
    """System calls as they are."""
    found["HostConfig"]["SecurityOpt"] = ["no-new-privileges", "seccomp=unconfined"]


def engines_own_filter(found: Container) -> None:
    """The filter that an engine takes by default: vsock sockets open through it."""
    found["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]


def new_privileges(found: Container) -> None:
    """Programs may give rights."""
    del found["HostConfig"]["SecurityOpt"][0]


def kernel_file_system(found: Container) -> None:
    """/sys as an engine mounts it."""
    del found["HostConfig"]["Tmpfs"]["/sys"]


def without_init(found: Container) -> None:
    """The room's own program as process 1."""
    found["Entrypoint"] = []


def container_data_writable(found: Container) -> None:
    """The extract mounted as the other folders are."""
    for mount in found["HostConfig"]["Mounts"]:
        if mount["Target"] == "/data":
            mount["ReadOnly"] = False


def container_neighbour(found: Container) -> None:
    """Where another seat has its socket, mounted where the host has it."""
    mounts = found["HostConfig"]["Mounts"]
    (own,) = (mount["Source"] for mount in mounts if mount["Target"] == "/run/room")
    place = str(Path(own).with_name(NEIGHBOUR))
    mounts.append({"Type": "bind", "Source": place, "Target": place, "ReadOnly": False})


def container_engines_socket(found: Container) -> None:
    """A socket of the host where an engine's is expected."""
    mounts = found["HostConfig"]["Mounts"]
    (own,) = (mount["Source"] for mount in mounts if mount["Target"] == "/run/room")
    found["HostConfig"]["Binds"] = [f"{Path(own).with_name(NEIGHBOUR) / 'lab.sock'}:/run/docker.sock"]


def engines_accounts(found: Container) -> None:
    """What an engine puts into ``/etc``."""
    mounts = found["HostConfig"]["Mounts"]
    found["HostConfig"]["Mounts"] = [one for one in mounts if not one["Target"].startswith("/etc/")]


def token(found: Container) -> None:
    """A token of the hub in the environment."""
    found["Env"] += [f"{name}={value}" for name, value in TOKEN.items()]


def without_ulimit(*names: str, **host_configuration: Any) -> Callable[[Container], None]:
    """Without these limits of a process."""

    def weaken(found: Container) -> None:
        limits = found["HostConfig"]["Ulimits"]
        found["HostConfig"]["Ulimits"] = [one for one in limits if one["Name"] not in names]
        found["HostConfig"].update(host_configuration)

    return weaken


DOCKER = [
    Weakened("the host's network", container(host(NetworkMode="host")), NETWORK),
    Weakened("no filter", container(unfiltered), FILTER),
    Weakened("the engine's own filter", container(engines_own_filter), (("network", "vsock socket"),)),
    Weakened(
        "the host's files",
        container(
            kernel_file_system,
            container_data_writable,
            container_neighbour,
            container_engines_socket,
            engines_accounts,
            token,
        ),
        MOUNTS,
    ),
    Weakened(
        "a root to write to", container(host(ReadonlyRootfs=False)), (("read-only", "writable places"),)
    ),
    Weakened("message queues", container(without_ulimit("msgqueue")), (("read-only", "writable places"),)),
    Weakened(
        "the host's processes",
        container(host(PidMode="host")),
        (("processes", "processes of the host"),),
    ),
    Weakened("process 1", container(without_init), (("processes", "files of process 1"),)),
    Weakened(
        "rights",
        container(new_privileges, host(CapDrop=[], CapAdd=["SYS_ADMIN"], GroupAdd=["0"])),
        (("rights", "no new privileges"), ("rights", "capabilities"), ("rights", "user and groups")),
    ),
    Weakened(
        "no limits",
        container(without_ulimit("nproc", "nofile", PidsLimit=None), host(Memory=0, MemorySwap=0)),
        USED_UP,
    ),
]
