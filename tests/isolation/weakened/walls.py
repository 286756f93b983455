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
    """A room without one wall; the family that finds it out, and an attempt of it that must not hold."""

    name: str
    walls: Walls
    family: str
    attempt: str


def by_launcher(wall: str) -> Walls:
    """A sandbox that another launcher makes."""
    return Walls(launcher=(LAUNCHER, wall))


def sandbox(change: Callable[[Sandbox], dict[str, Any]]) -> Walls:
    """A sandbox with another description."""
    return Walls(sandbox=lambda found: found.model_copy(update=change(found)))


def container(change: Callable[[Container], None]) -> Walls:
    """A container with another description."""

    def changed(found: Container) -> Container:
        change(found)
        return found

    return Walls(container=changed)


def host(**changes: Any) -> Walls:
    """A container with another host configuration."""
    return container(lambda found: found["HostConfig"].update(changes))


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


BUBBLEWRAP = [
    Weakened("network", by_launcher("network"), "network", "TCP to the host"),
    Weakened("network: devices", by_launcher("network"), "network", "abstract unix socket"),
    Weakened("engine's socket", sandbox(engines_socket), "network", "engine and system sockets"),
    Weakened("filter: sockets", by_launcher("filter"), "network", "vsock socket"),
    Weakened("filter: namespaces", by_launcher("filter"), "namespaces", "unshare: user"),
    Weakened("filter: calls", by_launcher("filter"), "kernel calls", "personality"),
    Weakened(
        "/sys of the host",
        sandbox(lambda found: {"read_only": (*found.read_only, Bind(source="/sys", target="/sys"))}),
        "kernel files",
        "what /sys tells",
    ),
    Weakened("processes", by_launcher("processes"), "processes", "processes of the host"),
    Weakened("capabilities", by_launcher("capabilities"), "rights", "capabilities"),
    Weakened("data", sandbox(data_writable), "read-only", "write to the data"),
    Weakened("neighbour", sandbox(run_of_neighbour), "seats", "another seat's socket"),
    Weakened("accounts", sandbox(another_account), "seats", "accounts"),
    Weakened(
        "token",
        sandbox(lambda found: {"environment": found.environment | TOKEN}),
        "secrets",
        "variables of the hub",
    ),
    Weakened("memory", sandbox(without_limits("memory_bytes")), "limits", "memory bomb"),
    Weakened("processes at once", sandbox(without_limits("processes")), "limits", "fork bomb"),
    Weakened("open files", sandbox(without_limits("open_files")), "limits", "open files"),
    Weakened("large files", sandbox(without_limits("file_bytes")), "limits", "a file without end"),
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
    Weakened("network", host(NetworkMode="host"), "network", "TCP to the host"),
    Weakened("network: devices", host(NetworkMode="host"), "network", "abstract unix socket"),
    Weakened("engine's socket", container(container_engines_socket), "network", "engine and system sockets"),
    Weakened("filter: sockets", container(unfiltered), "network", "vsock socket"),
    Weakened("the engine's own filter", container(engines_own_filter), "network", "vsock socket"),
    Weakened("filter: namespaces", container(unfiltered), "namespaces", "unshare: user"),
    Weakened("filter: calls", container(unfiltered), "kernel calls", "personality"),
    Weakened("/sys of the host", container(kernel_file_system), "kernel files", "what /sys tells"),
    Weakened("processes", host(PidMode="host"), "processes", "processes of the host"),
    Weakened("process 1", container(without_init), "processes", "files of process 1"),
    Weakened("no new privileges", container(new_privileges), "rights", "no new privileges"),
    Weakened("capabilities", host(CapDrop=[], CapAdd=["SYS_ADMIN"]), "rights", "capabilities"),
    Weakened("groups", host(GroupAdd=["0"]), "rights", "user and groups"),
    Weakened("data", container(container_data_writable), "read-only", "write to the data"),
    Weakened("root", host(ReadonlyRootfs=False), "read-only", "writable places"),
    Weakened("message queues", container(without_ulimit("msgqueue")), "read-only", "writable places"),
    Weakened("neighbour", container(container_neighbour), "seats", "another seat's socket"),
    Weakened("accounts", container(engines_accounts), "seats", "accounts"),
    Weakened("token", container(token), "secrets", "variables of the hub"),
    Weakened("memory", host(Memory=0, MemorySwap=0), "limits", "memory bomb"),
    Weakened("processes at once", container(without_ulimit("nproc", PidsLimit=None)), "limits", "fork bomb"),
    Weakened("open files", container(without_ulimit("nofile")), "limits", "open files"),
]
