"""What a window's programs can reach, tried by a hostile program in their place: nothing but the door's two ends."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

from hub.rooms.window import WindowSpec
from tests.isolation.attempts import network, processes
from tests.window.opened import Window, call

FAMILIES = {int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6)}
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def look_around() -> dict[str, Any]:
    """Who this is, which folders are there, what could be written, and what the environment says."""
    import os

    def refused(path: str) -> str:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        except OSError as error:
            return os.strerror(error.errno or 0)
        return "written"

    tries = ["/run/door/x", "/opt/window/x", "/opt/window/start.py", "/etc/x", "/usr/x", "/x", "/dev/x"]
    tries += ["/etc/chromium/policies/managed/lockedroom.json", "/etc/chromium/policies/managed/other.json"]
    return {
        "ids": [*os.getresuid(), *os.getresgid(), *os.getgroups()],
        "root": sorted(os.listdir("/")),
        "run": sorted(os.listdir("/run")),
        "etc": sorted(os.listdir("/etc")),
        "written": {path: refused(path) for path in tries},
        "environment": sorted(os.environ),
        "devices": sorted(os.listdir("/dev")),
    }


def test_it_sees_no_folder_of_the_room_and_writes_only_its_own(place: WindowSpec) -> None:
    found = call(place, look_around)
    assert set(found["root"]) <= {
        *("bin", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin", "tmp", "usr")
    }
    assert found["run"] == ["door", "window"]
    assert set(found["written"].values()) <= {"Read-only file system", "Permission denied"}
    assert set(found["ids"]) == {place.uid}, "not the room's user, not the project's group"


def test_its_environment_and_devices_are_short_lists(place: WindowSpec) -> None:
    found = call(place, look_around)
    assert set(found["environment"]) <= {
        *("DBUS_SESSION_BUS_ADDRESS", "HOME", "LANG", "LC_CTYPE", "LOCKEDROOM_WINDOW_MARK", "PATH", "PWD"),
        *("LOCKEDROOM_WINDOW_PATH", "LOCKEDROOM_WINDOW_SOCKET", "USER", "OLDPWD", "SHLVL", "_"),
    }
    assert set(found["devices"]) <= {
        *("core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout"),
        *("tty", "urandom", "zero", "console"),
    }


def test_it_has_no_network_device_and_no_route(place: WindowSpec) -> None:
    seen = call(place, network.devices_and_routes)
    assert seen["devices"] == ["lo"] and seen["routes"] == [] and set(seen["routes_6"]) <= {"lo"}


def test_no_socket_of_a_foreign_family_opens(place: WindowSpec) -> None:
    opened = call(place, network.open_families)
    assert {int(one.split()[0]) for one in opened} == FAMILIES
    assert "2 3" not in opened and "10 3" not in opened, "no raw socket of the internet"


def test_it_has_no_capability_and_can_gain_none(place: WindowSpec) -> None:
    status = call(place, processes.own_status)
    assert {status[kind] for kind in CAPABILITIES} == {"0000000000000000"}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_it_may_make_the_namespaces_of_a_browsers_sandbox_and_no_other(place: WindowSpec) -> None:
    found = call(place, processes.namespace_attempts)
    done = {attempt for attempt, answer in found.items() if answer == 0}
    assert done == {"unshare user", "clone user", "unshare user and net"}
    assert all(answer == errno.ENOSYS for attempt, answer in found.items() if attempt.startswith("clone3"))


def as_root_of_an_own_namespace() -> dict[str, str]:
    """What a process tries that is root in a user namespace of its own making."""
    import ctypes
    import errno
    import os
    import socket
    from pathlib import Path

    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    assert libc.unshare(0x50000000) == 0
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    assert os.getuid() == 0

    def tried(result: int) -> str:
        return "done" if result == 0 else errno.errorcode[ctypes.get_errno()]

    of_ip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    of_ip6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    replace_table, rules = 64, bytes(96)
    attempts = {
        "packet filter": lambda: libc.setsockopt(of_ip.fileno(), 0, replace_table, rules, len(rules)),
        "packet filter of IPv6": lambda: libc.setsockopt(
            of_ip6.fileno(), 41, replace_table, rules, len(rules)
        ),
        "new mount namespace": lambda: libc.unshare(0x00020000),
        "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
        "unmount": lambda: libc.umount2(b"/run/door", 2),
        "raw socket": lambda: min(libc.socket(2, 3, 1), 0),
        "packet socket": lambda: min(libc.socket(17, 3, 0), 0),
        "netlink": lambda: min(libc.socket(16, 3, 0), 0),
        "device": lambda: libc.mknod(b"/tmp/device", 0o60666, 0x0800),
        "enter process 1": lambda: libc.setns(os.pidfd_open(1), 0x00020000),
    }
    found = {name: tried(attempt()) for name, attempt in attempts.items()}
    found["devices"] = ",".join(
        line.partition(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]
    )
    return found


def test_root_of_a_namespace_of_its_own_gains_nothing_by_it(place: WindowSpec) -> None:
    found = call(place, as_root_of_an_own_namespace)
    # A raw socket there reaches the loopback of an empty network of its own.
    assert found.pop("raw socket") in {"done", "EPERM"}
    assert set(found.pop("devices").split(",")) <= {"lo"}
    # Refused by the filter: EINVAL would be the kernel's own code of packet filters.
    assert found["packet filter"] == found["packet filter of IPv6"] == "ENOPROTOOPT"
    assert "done" not in found.values(), found


def test_it_reaches_only_the_doors_inner_socket(place: WindowSpec) -> None:
    paths = [
        "/run/door/door.sock",
        "/run/room/lab.sock",
        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket",
    ]
    found = call(place, network.connect_unix, paths)
    assert set(found.values()) == {"ENOENT"}, "no door is there, and nothing else either"


def test_each_page_runs_in_chromiums_own_sandbox(window: Window) -> None:
    check_pages_are_in_their_own_sandbox(window)


def check_pages_are_in_their_own_sandbox(window: Window) -> None:
    """Compare what the kernel says of the pages with what it says of the window's first program."""
    (start,) = window.processes("start.py")[:1]
    pages = window.processes("--type=renderer")
    assert pages
    outside, inside = _walls_of(start), [_walls_of(pid) for pid in pages]
    assert outside["Seccomp_filters"] == "1", "the window's own"
    for page in inside:
        assert int(page["Seccomp_filters"]) >= 2, "the window's, and Chromium's over it"
        assert not {page["user"], page["net"], page["pid"]} & set(outside.values()), "namespaces of its own"
        assert page["CapEff"] == "0000000000000000"
    assert not window.processes("--no-sandbox") and not window.processes("--disable-seccomp")


def _walls_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    kept = {name: status[name] for name in ("Seccomp_filters", "CapEff")}
    return kept | {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("user", "net", "pid")}


def test_only_the_relay_listens_in_it(window: Window) -> None:
    (start,) = window.processes("start.py")
    listening = []
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        rows = [line.split() for line in Path(f"/proc/{start}/net/{kind}").read_text().splitlines()[1:]]
        listening += [(kind, row[1]) for row in rows if kind.startswith("udp") or row[3] == "0A"]
    assert listening == [("tcp", f"0100007F:{8000:04X}")]
