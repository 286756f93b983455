"""Seeing and reaching other processes, and finding secrets in what can be read."""

from __future__ import annotations

import os
from pathlib import Path

from .outcome import outcome


def seen() -> list[int]:
    """The processes that can be seen."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def command_line(pid: int, most: int) -> str:
    """What a process was started with, or nothing where it cannot be seen."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")[:most]
    except OSError:
        return ""


def foreign_roots() -> list[str]:
    """Processes through whose ``root`` one gets to another file system than one's own."""
    own = _place("/proc/self/root/")
    roots = (f"/proc/{pid}/root/" for pid in seen())
    return [root for root in roots if (place := _place(root)) is not None and place != own]


def signal_each(pids: list[int]) -> list[int]:
    """Those of the processes, by numbers of the host, that a signal can be sent to."""
    return [pid for pid in pids if pid not in seen() and outcome(lambda pid=pid: os.kill(pid, 0)) == "done"]  # type: ignore[misc]


def look_into(pid: str, what: str) -> str:
    """Read something of a process: ``environ``, ``mem`` and the like, or list ``root``, ``fd`` and ``cwd``."""
    path = f"/proc/{pid}/{what}"
    if what in {"root", "fd", "cwd"}:
        return outcome(lambda: os.listdir(path))

    def attempt() -> None:
        with open(path, "rb") as file:
            file.read(1)

    return outcome(attempt)


def everything_told() -> list[str]:
    """What the processes that can be seen show of themselves: environment, command line, where links lead.

    The processes of the proof itself are among them.
    """
    found = [f"{name}={value}" for name, value in os.environ.items()]
    for pid in seen():
        for name in ("environ", "cmdline"):
            try:
                found.append(Path(f"/proc/{pid}/{name}").read_bytes().decode("utf-8", "replace")[:4096])
            except OSError:
                continue
        for name in ("exe", "cwd", "root"):
            try:
                found.append(os.readlink(f"/proc/{pid}/{name}"))
            except OSError:
                continue
    return found


def files_holding(reversed_texts: list[str], folders: list[str], left_out: list[str]) -> list[str]:
    """Files below the folders that hold one of the texts, which are given backwards: this call is no find."""
    texts = [text[::-1].encode() for text in reversed_texts]
    found = []
    for top in folders:
        for folder, folders_below, names in os.walk(top):
            folders_below[:] = [name for name in folders_below if os.path.join(folder, name) not in left_out]
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if not os.path.isfile(path) or os.path.getsize(path) > 1 << 20:
                        continue
                    content = Path(path).read_bytes()
                except OSError:
                    continue
                if any(text in content for text in texts):
                    found.append(path)
    return found


def memory_holds(reversed_texts: list[str]) -> bool:
    """Whether one of the texts stands in what this process got from whoever started it: its whole stack."""
    texts = [text[::-1].encode() for text in reversed_texts]
    with open("/proc/self/maps") as maps:
        stack = next(line for line in maps if line.rstrip().endswith("[stack]"))
    first, last = (int(one, 16) for one in stack.split()[0].split("-"))
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        memory.seek(first)
        content = memory.read(last - first)
    return any(text in content for text in texts)


def importable(names: list[str]) -> list[str]:
    """Those of the packages that can be imported."""
    import importlib.util

    return [name for name in names if importlib.util.find_spec(name) is not None]


def _place(path: str) -> tuple[int, int] | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino
