"""Run one untrusted command to its end, with limits on time, memory and what it prints."""

from __future__ import annotations

import itertools
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from output_checker.isolation import cgroup
from output_checker.isolation.handover import sandbox_fd
from output_checker.isolation.probe import Isolation, probe
from output_checker.isolation.sandbox import MIB, Bind, Identity, Limits, Sandbox

# Checks run as a user that owns nothing and is no seat's user.
CHECK_IDENTITY = Identity(uid=200_000, gid=200_000)
_counter = itertools.count()


@dataclass(frozen=True)
class IsolatedResult:
    """What came of it. ``returncode`` is ``None`` when the time ran out and the command was killed."""

    returncode: int | None
    stdout: bytes
    stderr: bytes
    timed_out: bool
    truncated: bool
    isolation: str


def run_isolated(
    argv: Sequence[str],
    *,
    readable: Sequence[Path | Bind],
    timeout_s: float,
    memory_bytes: int = 512 * MIB,
    output_bytes: int = 8 * MIB,
    stdin: bytes | None = None,
    processes: int = 64,
    work_bytes: int = 64 * MIB,
) -> IsolatedResult:
    """Run ``argv`` seeing nothing but the operating system and ``readable``, all of it read-only.

    Paths in ``readable`` appear at the same place inside, a ``Bind`` at its target. There is no network
    device, no secret in the environment, and ``/tmp`` is empty memory of ``work_bytes``. Standard output
    and error beyond ``output_bytes`` each are dropped and the command is killed (``truncated``). Without
    namespaces (see :func:`probe`) the command runs as a child process with limits, and ``isolation`` says so.
    """
    isolation = probe()
    binds = tuple(p if isinstance(p, Bind) else Bind(source=p, target=p) for p in readable)
    name = f"check-{os.getpid()}-{next(_counter)}"
    own_user = isolation in (Isolation.OWN_USER, Isolation.OWN_USER_NO_CONTROL_GROUP)
    sandbox = Sandbox(
        name=name,
        command=tuple(argv),
        read_only=binds,
        tmpfs=((Path("/tmp"), work_bytes),),  # noqa: S108 - inside the sandbox
        environment={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"},  # noqa: S108
        directory=Path("/tmp"),  # noqa: S108
        identity=CHECK_IDENTITY if own_user else None,
        control_group=isolation is Isolation.OWN_USER,
        limits=Limits(
            memory_bytes=memory_bytes,
            processes=processes if own_user else None,
            cpu_seconds=max(1, int(timeout_s) + 1),
            file_bytes=work_bytes,
            open_files=256,
        ),
    )
    fd = sandbox_fd(sandbox)
    module = "limited" if isolation is Isolation.CHILD_PROCESS else "launch"
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", f"output_checker.isolation.{module}", str(fd)],
            pass_fds=(fd,),
            env={},
            cwd="/",
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    finally:
        os.close(fd)
    try:
        out, err, timed_out, truncated = _collect(process, stdin, timeout_s, output_bytes)
    finally:
        _end(process)
        if sandbox.control_group and (hierarchies := cgroup.find_hierarchies()):
            cgroup.remove(hierarchies, name)
    returncode = None if timed_out else process.returncode
    return IsolatedResult(returncode, out, err, timed_out, truncated, str(isolation))


def _collect(
    process: subprocess.Popen[bytes], stdin: bytes | None, timeout_s: float, output_bytes: int
) -> tuple[bytes, bytes, bool, bool]:
    """Read both streams with a deadline and a cap: (stdout, stderr, timed out, truncated)."""
    deadline = time.monotonic() + timeout_s
    streams = {process.stdout: bytearray(), process.stderr: bytearray()}
    to_write = memoryview(stdin) if stdin else memoryview(b"")
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(streams[process.stdout]), bytes(streams[process.stderr]), True, False
            for key, _ in selector.select(left):
                if key.fileobj is process.stdin:
                    to_write = _feed(process, selector, to_write)
                    continue
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                buffer = streams[key.fileobj]  # type: ignore[index]
                buffer += chunk
                if len(buffer) > output_bytes:
                    del buffer[output_bytes:]
                    return bytes(streams[process.stdout]), bytes(streams[process.stderr]), False, True
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(streams[process.stdout]), bytes(streams[process.stderr]), True, False
    return bytes(streams[process.stdout]), bytes(streams[process.stderr]), False, False


def _feed(process: subprocess.Popen[bytes], selector: selectors.BaseSelector, left: memoryview) -> memoryview:
    assert process.stdin is not None
    try:
        written = os.write(process.stdin.fileno(), left[:65536]) if left else 0
    except BrokenPipeError:
        written = len(left)
    left = left[written:]
    if not left:
        selector.unregister(process.stdin)
        process.stdin.close()
    return left


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None and not stream.closed:
            stream.close()
