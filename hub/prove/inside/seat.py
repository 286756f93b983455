"""Putting something else into the place of what the hub looks at: the room's socket, the outbox, shared files."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

from .outcome import outcome


def serve_at(path: str) -> int:
    """Listen at a path for a moment, in a child; its process id."""
    _clear(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(4)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        server.settimeout(10)
        outcome(server.accept)
        os._exit(0)
    return child


def put(path: str, kind: str, target: str) -> str:
    """Put a ``link``, ``folder``, ``folder with a link``, ``file``, ``pipe``, ``hard link`` or ``nothing`` there."""
    _clear(path)
    ways = {
        "link": lambda: os.symlink(target, path),
        "folder": lambda: os.mkdir(path),
        "folder with a link": lambda: _folder_with_a_link(path, target),
        "file": lambda: Path(path).write_text(target),
        "pipe": lambda: os.mkfifo(path),
        "hard link": lambda: os.link(target, path),
        "nothing": lambda: None,
    }
    return outcome(ways[kind])


def stage(outbox: str, name_hex: str, manifest: str | None, files: list[dict[str, Any]]) -> str:
    """A bundle in the outbox, as it is described: its name in hexadecimal bytes, and what each file is.

    A file is ``text``, a ``link``, a ``hard link``, a ``pipe``, a ``socket``, a ``folder`` or ``sparse`` bytes.
    """

    def attempt() -> None:
        top = os.path.join(os.fsencode(outbox), bytes.fromhex(name_hex))
        os.makedirs(os.path.join(top, b"files"))
        if manifest is not None:
            Path(os.fsdecode(top), "bundle.json").write_text(manifest)
        for file in files:
            _make(os.path.join(os.fsdecode(top), file["path"]), file["kind"], file.get("value", ""))

    return outcome(attempt)


def _make(path: str, kind: str, value: Any) -> None:
    if kind == "text":
        Path(path).write_text(value)
    elif kind == "link":
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        os.symlink(value, path)
    elif kind == "hard link":
        Path(value).write_text("x")
        os.link(value, path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "sparse":
        with open(path, "wb") as file:
            file.truncate(value)


def _folder_with_a_link(path: str, target: str) -> None:
    os.mkdir(path)
    os.symlink(target, f"{path}/lab.sock")


def _clear(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
