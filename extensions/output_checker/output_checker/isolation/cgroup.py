"""Control groups, version 1 and 2: one for each sandbox, so that a fork bomb stays where it began."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from output_checker.isolation.sandbox import Limits

_PARENT = "lockedroom"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_CPU_PERIOD_US = 100_000


@dataclass(frozen=True)
class Hierarchies:
    """Where the controllers are mounted: one path for version 2, one for each controller in version 1."""

    unified: Path | None
    controllers: dict[str, Path]

    def folders(self, name: str) -> list[Path]:
        """The folders, one or several, that together make the control group called ``name``."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a control group's name: {name!r}")
        roots = [self.unified] if self.unified else list(self.controllers.values())
        return [root / _PARENT / name for root in roots]


def find_hierarchies(mountinfo: Path = Path("/proc/self/mountinfo")) -> Hierarchies | None:
    """The hierarchies this machine offers, or ``None`` if memory and process counts cannot be limited."""
    v1: dict[str, Path] = {}
    v2: Path | None = None
    for line in mountinfo.read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        mount_point = Path(fields.split()[4])
        kind, _, options = tail.split(" ", 2)
        if kind == "cgroup":
            for controller in ("memory", "pids", "cpu"):
                if controller in options.split()[-1].split(","):
                    v1[controller] = mount_point
        elif kind == "cgroup2":
            v2 = mount_point
    if v1.keys() >= {"memory", "pids"}:
        return Hierarchies(None, v1)
    if v2 and {"memory", "pids"} <= set((v2 / "cgroup.controllers").read_text().split()):
        return Hierarchies(v2, {})
    return None


def create(hierarchies: Hierarchies, name: str, limits: Limits) -> None:
    """Make the control group (or reuse it) and write its limits. Raises ``OSError`` where not permitted."""
    if hierarchies.unified:
        _enable_controllers(hierarchies.unified)
    for folder in hierarchies.folders(name):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in hierarchies.folders(name):
        for file, value in _settings(hierarchies, folder, limits):
            (folder / file).write_text(value)


def join(hierarchies: Hierarchies, name: str, pid: int) -> None:
    """Move the process ``pid`` into the control group; its future children are born there."""
    for folder in hierarchies.folders(name):
        (folder / "cgroup.procs").write_text(str(pid))


def members(hierarchies: Hierarchies, name: str) -> set[int]:
    """The processes in the control group, by id as the host sees them."""
    found: set[int] = set()
    for folder in hierarchies.folders(name):
        with contextlib.suppress(FileNotFoundError):
            found |= {int(pid) for pid in (folder / "cgroup.procs").read_text().split()}
    return found


def remove(hierarchies: Hierarchies, name: str, patience_s: float = 5.0) -> bool:
    """Kill every process in the control group and remove it. True if nothing is left of it."""
    deadline = time.monotonic() + patience_s
    while pids := members(hierarchies, name):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    for folder in hierarchies.folders(name):
        while folder.is_dir():
            try:
                folder.rmdir()
            except OSError:  # a dead process is not yet reaped
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.02)
    return True


def _settings(hierarchies: Hierarchies, folder: Path, limits: Limits) -> Iterator[tuple[str, str]]:
    unified = hierarchies.unified is not None
    if limits.memory_bytes is not None:
        if unified:
            yield "memory.max", str(limits.memory_bytes)
            if (folder / "memory.swap.max").exists():
                yield "memory.swap.max", "0"
        elif (folder / "memory.limit_in_bytes").exists():
            swap_too = (folder / "memory.memsw.limit_in_bytes").exists()
            if swap_too:  # never below the other, so it is lifted before
                yield "memory.memsw.limit_in_bytes", "-1"
            yield "memory.limit_in_bytes", str(limits.memory_bytes)
            if swap_too:
                yield "memory.memsw.limit_in_bytes", str(limits.memory_bytes)
    if limits.processes is not None and (folder / "pids.max").exists():
        yield "pids.max", str(limits.processes)
    if limits.cpu_percent is not None:
        quota = limits.cpu_percent * _CPU_PERIOD_US // 100
        if (folder / "cpu.max").exists():
            yield "cpu.max", f"{quota} {_CPU_PERIOD_US}"
        elif (folder / "cpu.cfs_quota_us").exists():
            yield "cpu.cfs_period_us", str(_CPU_PERIOD_US)
            yield "cpu.cfs_quota_us", str(quota)


def _enable_controllers(root: Path) -> None:
    parent = root / _PARENT
    parent.mkdir(exist_ok=True)
    available = set((root / "cgroup.controllers").read_text().split())
    wanted = " ".join(f"+{name}" for name in ("memory", "pids", "cpu") if name in available)
    for folder in (root, parent):
        (folder / "cgroup.subtree_control").write_text(wanted)
