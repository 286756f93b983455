"""Become a sandbox: ``python -m output_checker.isolation.launch FD`` reads a Sandbox as JSON from FD.

The process joins its control group, takes its limits and turns into bubblewrap by ``exec``, so that
whoever started it holds one process to watch and to kill, and everything inside dies with it.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys

from output_checker.isolation import cgroup, seccomp
from output_checker.isolation.handover import memory_file
from output_checker.isolation.sandbox import Limits, Sandbox, bubblewrap_arguments, inner_command

CANNOT_START = 125
# Between bubblewrap, which dies with its parent, and a parent that it is to outlive.
_SHELL, _KEEP = "/bin/sh", '"$@"; exit "$?"'


def main() -> None:
    """Read the sandbox's description and become it; leaves with 125 and a sentence if it cannot."""
    fd = int(sys.argv[1])
    with os.fdopen(fd, "rb") as source:
        sandbox = Sandbox.model_validate_json(source.read())
    bubblewrap = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
    if bubblewrap is None:
        print("bubblewrap is not installed: run `apt-get install bubblewrap`.", file=sys.stderr)
        sys.exit(CANNOT_START)
    try:
        in_group = _join_control_group(sandbox)
    except OSError as error:
        print(f"The control group of this sandbox could not be made: {error}.", file=sys.stderr)
        sys.exit(CANNOT_START)
    take_limits(sandbox.limits, in_group)
    text_fds = [memory_file(text.text.encode()) for text in sandbox.text_files]
    arguments_fd = memory_file(
        b"".join(part.encode() + b"\0" for part in bubblewrap_arguments(sandbox, text_fds))
    )
    seccomp_fd = seccomp.filter_fd(inner_sandbox=sandbox.inner_sandbox)
    for kept in (*text_fds, arguments_fd, seccomp_fd):
        os.set_inheritable(kept, True)
    command = [
        "bwrap",
        "--args",
        str(arguments_fd),
        "--seccomp",
        str(seccomp_fd),
        "--",
        *inner_command(sandbox),
    ]
    if sandbox.quiet:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
    os.umask(0o022)  # for the folders that bubblewrap makes on the way to a mount
    # The environment is empty on purpose: bubblewrap's own process is number 1 inside, and whoever is
    # there could read what it was started with.
    if sandbox.outlives_parent:
        os.execve(_SHELL, [_SHELL, "-c", _KEEP, "sh", bubblewrap, *command[1:]], {})  # noqa: S606
    os.execve(bubblewrap, command, {})  # noqa: S606


def _join_control_group(sandbox: Sandbox) -> bool:
    if not sandbox.control_group:
        return False
    hierarchies = cgroup.find_hierarchies()
    if hierarchies is None:
        raise OSError("this machine offers none")
    cgroup.create(hierarchies, sandbox.name, sandbox.limits)
    cgroup.join(hierarchies, sandbox.name, os.getpid())
    return True


def take_limits(limits: Limits, in_group: bool) -> None:
    """Lower this process's resource limits for good; memory only where no control group holds it."""
    if limits.memory_bytes is not None and not in_group:
        _limit(resource.RLIMIT_AS, limits.memory_bytes)
    if limits.processes is not None:
        _limit(resource.RLIMIT_NPROC, limits.processes)
    if limits.cpu_seconds is not None:
        _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    if limits.file_bytes is not None:
        _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    if limits.open_files is not None:
        _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


if __name__ == "__main__":
    main()
