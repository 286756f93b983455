"""What isolation this machine can give, found by trying it rather than by guessing."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from output_checker.isolation import cgroup
from output_checker.isolation.handover import sandbox_fd
from output_checker.isolation.sandbox import Identity, Limits, Sandbox


class Isolation(StrEnum):
    """How well untrusted code can be kept apart here, strongest first."""

    OWN_USER = "bubblewrap, an own user and a control group for each sandbox"
    OWN_USER_NO_CONTROL_GROUP = "bubblewrap and an own user for each sandbox, no control groups"
    SHARED_USER = "bubblewrap, everything as one user, no control groups"
    CHILD_PROCESS = "a child process with limits, no namespaces"


_PROBE_IDENTITY = Identity(uid=200_000, gid=200_000)


@functools.cache
def probe() -> Isolation:
    """The strongest isolation that works here. Runs ``true`` in a sandbox; the answer is remembered."""
    if shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin") is None or not sys.platform.startswith(
        "linux"
    ):
        return Isolation.CHILD_PROCESS
    if os.geteuid() == 0:
        if control_groups_work() and _starts(_PROBE_IDENTITY, control_group=True):
            return Isolation.OWN_USER
        if _starts(_PROBE_IDENTITY, control_group=False):
            return Isolation.OWN_USER_NO_CONTROL_GROUP
    if _starts(None, control_group=False):
        return Isolation.SHARED_USER
    return Isolation.CHILD_PROCESS


@functools.cache
def control_groups_work() -> bool:
    """Whether this process may make control groups that limit memory and process counts."""
    hierarchies = cgroup.find_hierarchies()
    if hierarchies is None:
        return False
    name = f"probe-{os.getpid()}"
    try:
        cgroup.create(hierarchies, name, Limits(memory_bytes=64 * 1024 * 1024, processes=16))
    except OSError:
        return False
    return cgroup.remove(hierarchies, name)


def _starts(identity: Identity | None, *, control_group: bool) -> bool:
    sandbox = Sandbox(
        name=f"probe-{os.getpid()}-start",
        command=("/usr/bin/true",),
        identity=identity,
        control_group=control_group,
        limits=Limits(processes=16 if identity else None),
    )
    fd = sandbox_fd(sandbox)
    try:
        result = subprocess.run(
            [sys.executable, "-I", "-m", "output_checker.isolation.launch", str(fd)],
            pass_fds=(fd,),
            env={},
            cwd=Path("/"),
            capture_output=True,
            timeout=20,
            check=False,
        )
    finally:
        os.close(fd)
        if control_group and (hierarchies := cgroup.find_hierarchies()):
            cgroup.remove(hierarchies, sandbox.name)
    return result.returncode == 0
