"""Attempts to find what belongs to the hub: tokens, keys, addresses, paths."""

from __future__ import annotations

from typing import Any


def everything_said() -> dict[str, str]:
    """The kernel's environment, and every file of ``/proc`` that can be read, by path."""
    import os
    import threading
    from pathlib import Path

    found = {"os.environ": "\n".join(f"{name}={value}" for name, value in os.environ.items())}
    # Reading these waits for ever, or is the machine's and not a process's; ``exe`` is a program's whole file.
    left_out = {
        "exe",
        "kmsg",
        "kcore",
        "kallsyms",
        "kpagecount",
        "kpageflags",
        "kpagecgroup",
        "pagemap",
        "mem",
        "clear_refs",
    }

    def read_all() -> None:
        for folder, folders, files in os.walk("/proc"):
            folders[:] = [
                name for name in folders if name not in {"task", "map_files", "fd", "fdinfo", "irq", "tty"}
            ]
            for name in files:
                if name not in left_out:
                    try:
                        with open(Path(folder) / name, "rb") as file:
                            found[f"{folder}/{name}"] = file.read(1 << 20).decode("utf-8", "replace")
                    except OSError:
                        continue

    reader = threading.Thread(target=read_all, daemon=True)
    reader.start()
    reader.join(30)
    return found


def processes() -> dict[str, Any]:
    """Every process that can be seen: command line, environment, and what its descriptors lead to."""
    import os
    from pathlib import Path

    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        process: dict[str, Any] = {"links": {}}
        for file in ("cmdline", "environ"):
            try:
                process[file] = Path(f"/proc/{name}/{file}").read_bytes().decode("utf-8", "replace")
            except OSError as error:
                process[file] = type(error).__name__
        for link in ("root", "cwd", "exe"):
            try:
                process["links"][link] = os.readlink(f"/proc/{name}/{link}")
            except OSError as error:
                process["links"][link] = type(error).__name__
        try:
            for fd in os.listdir(f"/proc/{name}/fd"):
                process["links"][f"fd {fd}"] = os.readlink(f"/proc/{name}/fd/{fd}")
        except OSError:
            process["links"]["fd"] = "closed"
        found[name] = process
    return found


def files_holding(reversed_texts: list[str], since: float, left_out: list[str]) -> dict[str, Any]:
    """Search the whole file system for texts (given backwards, so that this search does not find itself).

    Content is read of files that were changed after ``since``: what was made later than a file's last
    change, which nobody can set back, cannot be in it. Names are looked at throughout, except below
    ``left_out``.
    """
    import os
    import re
    import stat

    pattern = re.compile(b"|".join(re.escape(text[::-1].encode()) for text in reversed_texts))
    holding, seen, read = [], 0, 0
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in {"/proc", *left_out}]
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            seen += 1
            if pattern.search(os.fsencode(path)):
                holding.append(path)
            try:
                found = os.lstat(path)
                if stat.S_ISLNK(found.st_mode) and pattern.search(os.fsencode(os.readlink(path))):
                    holding.append(path)
                if not stat.S_ISREG(found.st_mode) or found.st_ctime < since:
                    continue
                with open(path, "rb") as file:
                    read += 1
                    before = b""
                    while piece := file.read(1 << 20):
                        if pattern.search(before + piece):
                            holding.append(path)
                            break
                        before = piece[-200:]
            except OSError:
                continue
    return {"holding": sorted(set(holding)), "seen": seen, "read": read}


def leave(path: str, reversed_text: str) -> None:
    """Write a text, given backwards, to a file."""
    from pathlib import Path

    Path(path).write_text(reversed_text[::-1])
