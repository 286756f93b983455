"""The room has no right beyond its own user's, and no way to gain one."""

from __future__ import annotations

import errno

import pytest

from tests.isolation.attempts import processes
from tests.isolation.world import SeatUnderTest, read_proc

_REFUSED = {errno.EPERM, errno.ENOSYS, errno.EINVAL}


def test_the_room_runs_as_the_seats_own_user_without_any_capability(alice_one: SeatUnderTest) -> None:
    status = alice_one.call(processes.own_status)
    assert status["Uid"].split() == [str(alice_one.uid)] * 4
    assert status["Gid"].split() == [str(alice_one.gid)] * 4
    # Some engines name the own group a second time here.
    assert set(status["Groups"].split()) <= {str(alice_one.gid)}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_the_host_sees_the_same_of_every_process_of_the_room(alice_one: SeatUnderTest) -> None:
    pids = alice_one.processes()
    assert len(pids) >= 2, "the server and its kernel"
    for pid in pids:
        lines = (line.partition(":") for line in read_proc(pid, "status").decode().splitlines())
        status = {name: value.strip() for name, _, value in lines}
        assert set(status["Uid"].split()) == {str(alice_one.uid)}
        assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_no_namespace_can_be_made_or_entered(alice_one: SeatUnderTest) -> None:
    found = alice_one.call(processes.namespace_attempts)
    assert len(found) == 29
    assert set(found.values()) <= _REFUSED, {
        name: said for name, said in found.items() if said not in _REFUSED
    }
    for name in ("user", "mount", "net", "pid"):
        # The filter's own word: without it, a user without rights may still make a user namespace.
        assert found[f"unshare {name}"] == errno.EPERM
        assert found[f"clone {name}"] == errno.ENOSYS
        assert found[f"clone3 {name}"] == errno.ENOSYS


def test_process_1_can_be_neither_traced_nor_read_nor_ended(alice_one: SeatUnderTest) -> None:
    found = alice_one.call(processes.reach_process_1)
    assert len(found) == 11
    # In a container it is the seat's own process. No signal from inside ends it even where it may be sent.
    assert found.pop("signal") == ("EPERM" if alice_one.world.rooms == "bubblewrap" else "done")
    assert "done" not in found.values(), found
    assert found["ptrace attach"] == "EPERM"
    assert alice_one.call(processes.answer) == 42


def test_calls_that_change_the_machine_are_refused_by_the_filter(alice_one: SeatUnderTest) -> None:
    found = alice_one.call(processes.privileged_calls)
    changing_user = {name: found.pop(name) for name in ("setuid", "setgid", "setgroups")}
    assert set(changing_user.values()) == {errno.EPERM}
    expected = dict.fromkeys(found, errno.ENOSYS) | dict.fromkeys(("mount", "bpf"), errno.EPERM)
    assert found == expected


def test_no_setuid_program_of_the_system_gives_another_user(alice_one: SeatUnderTest) -> None:
    found = alice_one.call(processes.setuid_programs, within_s=120)
    if alice_one.world.rooms == "bubblewrap":
        assert any(path.endswith("/su") for path in found), "there are some"
    else:
        assert found == {}, "the image has none"
    own = [str(alice_one.uid)] * 4 + [str(alice_one.gid)] * 4 + ["0" * 16]
    assert {path: ids for path, ids in found.items() if ids not in (own, ["PermissionError"])} == {}


def test_no_program_makes_the_person_root(alice_one: SeatUnderTest) -> None:
    found = alice_one.call(processes.become_root)
    tried = {"su", "setpriv", "unshare"}
    if alice_one.world.rooms == "bubblewrap":
        tried |= {"mount", "newgrp"}
    assert tried <= set(found)
    assert set(found.values()) == {"refused"}, found


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern"]
)
def test_the_kernels_switches_cannot_be_set(alice_one: SeatUnderTest, path: str) -> None:
    assert alice_one.call(write_to, path) in {"EACCES", "EROFS", "EPERM", "ENOENT"}


def write_to(path: str) -> str:
    """Try to write to a file."""
    import errno

    try:
        with open(path, "w") as file:
            file.write("x")
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"
