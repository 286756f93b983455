"""The room runs as a user of its own, without any right beyond that user's and without a way to gain one."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from hub.prove.attempt import Attempt, Family, Judged, Judgement, Need
from hub.prove.families.acts import Act, each, inside, system_call
from hub.prove.judges import all_refused, held, not_held, nothing, only, unclear
from hub.prove.stage import CouldNotTry, Stage

_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_OWN_USER = frozenset({Need.OWN_USER})
_PROGRAM = ".program"


def _status(stage: Stage) -> dict[str, str]:
    seen = stage.ask("kernel.status")
    if not isinstance(seen, dict):
        raise CouldNotTry("the room's answer is not a table")
    return {str(name): str(value) for name, value in seen.items()}


def _fields(*names: str) -> Act:
    def act(stage: Stage) -> object:
        status = _status(stage)
        if missing := set(names) - status.keys():
            raise CouldNotTry(f"the kernel does not say {', '.join(sorted(missing))}")
        return [status[name] for name in names]

    return act


def _ids_beyond_the_seats(stage: Stage) -> object:
    status = _status(stage)
    found = [f"user {one}" for one in status["Uid"].split() if one != str(stage.spec.uid)]
    found += [
        f"group {one}"
        for one in (*status["Gid"].split(), *status["Groups"].split())
        if one != str(stage.spec.gid)
    ]
    return found


def _no_capability(seen: object) -> Judgement:
    if not isinstance(seen, list) or len(seen) != len(_CAPABILITIES):
        return unclear(seen)
    try:
        found = [name for name, mask in zip(_CAPABILITIES, seen, strict=True) if int(mask, 16)]
    except (TypeError, ValueError):
        return unclear(seen)
    return (
        not_held(f"sets that are not empty: {', '.join(found)}") if found else held("all five sets are empty")
    )


@dataclass(frozen=True)
class _OnHost:
    """A program with the setuid bit, made in the room, as the host sees it."""

    uid: int
    mine: bool
    setuid_counts: bool
    devices_count: bool
    reachable: bool


def _setuid_program(folder: str, where: str) -> Act:
    def act(stage: Stage) -> object:
        if stage.ask("files.make_setuid", f"{folder}/{_PROGRAM}") != "done":
            raise CouldNotTry("the room could not make the program")
        host: Path = getattr(stage.spec.folders, where)
        path = host / _PROGRAM
        found = path.lstat()
        flags = os.statvfs(host).f_flag
        closed = any(
            one.stat().st_uid == os.geteuid() and stat.S_IMODE(one.stat().st_mode) & 0o077 == 0
            for one in path.parents
        )
        path.unlink()
        return _OnHost(
            found.st_uid,
            found.st_uid == stage.spec.uid,
            not flags & os.ST_NOSUID,
            not flags & os.ST_NODEV,
            not closed,
        )

    return act


def _harmless(seen: object) -> Judgement:
    if not isinstance(seen, _OnHost):
        return unclear(seen)
    if not seen.mine or seen.uid == 0:
        return not_held(f"it belongs to user {seen.uid} of the host")
    if seen.reachable:
        return not_held("users of the host can start it")
    if seen.setuid_counts or seen.devices_count:
        return not_held("its file system is mounted with setuid programs or devices")
    return held("it is the seat's own, has no effect, and nobody outside comes to it")


FAMILY = Family(
    "rights",
    "The room runs as a user of its own, without any right beyond that user's and without a way to gain one.",
    (
        Attempt(
            "user and groups",
            "Be another user, or in another group, than the seat's.",
            _ids_beyond_the_seats,
            nothing("other user or group"),
            needs=_OWN_USER,
        ),
        Attempt(
            "capabilities",
            "Have a capability, or be able to get one.",
            _fields(*_CAPABILITIES),
            _no_capability,
        ),
        Attempt(
            "no new privileges",
            "Start a program that has more rights than its caller.",
            _fields("NoNewPrivs"),
            only(["1"], "no program gives rights", "NoNewPrivs"),
        ),
        Attempt(
            "filter in force",
            "Make calls past the filter of system calls.",
            _fields("Seccomp"),
            only(["2"], "the filter is in force", "Seccomp"),
        ),
        Attempt(
            "become root by a call",
            "Ask the kernel for the user and the group 0.",
            each(
                system_call("setuid", 0),
                system_call("setgid", 0),
                system_call("setresuid", 0, 0, 0),
                system_call("setgroups", 0, None),
            ),
            # In a user namespace that has no such user, the number is not one.
            all_refused({"EPERM", "EINVAL"}),
        ),
        Attempt(
            "become root by a program",
            "Run id as root by the programs made for it.",
            each(
                inside("files.run", ["setpriv", "--reuid", "0", "id", "-u"]),
                inside("files.run", ["unshare", "-Ur", "id", "-u"]),
                inside("files.run", ["sudo", "-n", "id", "-u"]),
                inside("files.run", ["pkexec", "id", "-u"]),
                inside("files.run", ["newgrp", "root", "-c", "id -g"]),
            ),
            only(["refused"], "every one refused", "answers"),
        ),
        Attempt(
            "setuid programs of the system",
            "Start every setuid and setgid program there is.",
            inside("files.setuid_programs"),
            nothing("program gives other ids"),
        ),
        *(
            Attempt(
                f"setuid program in {folder}",
                f"Leave a setuid program in {folder} for somebody outside to start.",
                _setuid_program(folder, where),
                _harmless,
                Judged.OUTSIDE,
                needs=frozenset({Need.OWN_USER, Need.DISKS}),
            )
            for folder, where in (
                ("/workspace/home", "home"),
                ("/outbox", "outbox"),
                ("/workspace/shared", "shared"),
                ("/run/room", "run"),
            )
        ),
    ),
)
