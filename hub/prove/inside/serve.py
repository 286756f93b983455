"""Do what is asked over a unix socket, one line of JSON each way; each thing in a process of its own."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, cast

from . import files, kernel, limits, network, processes, seat

SOCKET = "/run/room/prove.sock"
# What a person does in a room may take as long as it likes; what is tried here may not.
WITHIN_S = 10.0
_PROBES: dict[str, Callable[..., Any]] = {
    f"{module.__name__.rpartition('.')[2]}.{name}": found
    for module in (files, kernel, limits, network, processes, seat)
    for name, found in vars(module).items()
    if callable(found) and not name.startswith("_") and found.__module__ == module.__name__
}


def main() -> None:
    """Serve one caller, then end, and with it the room."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        # Under another name first: whoever sees the socket can connect to it.
        server.bind(f"{SOCKET}.new")
        server.listen(1)
        os.rename(f"{SOCKET}.new", SOCKET)
        client, _ = server.accept()
    with client, client.makefile("rwb") as lines:
        for line in lines:
            asked = json.loads(line)
            told = _in_child(_PROBES[asked["probe"]], asked["arguments"])
            lines.write(json.dumps(told).encode() + b"\n")
            lines.flush()


def _in_child(probe: Callable[..., Any], arguments: list[Any]) -> dict[str, Any]:
    """What came of it: ``seen``, ``failed`` with the reason, ``killed_by`` a signal, or ``late``."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os.setpgid(0, 0)
        _answer(write_end, probe, arguments)
    os.close(write_end)
    said, late = _read_until(read_end, time.monotonic() + WITHIN_S)
    os.close(read_end)
    if late:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if late:
        return {"late": WITHIN_S}
    if os.WIFSIGNALED(status):
        return {"killed_by": os.WTERMSIG(status)}
    return cast(dict[str, Any], json.loads(said)) if said else {"failed": "it said nothing"}


def _answer(write_end: int, probe: Callable[..., Any], arguments: list[Any]) -> None:
    for number in (signal.SIGSYS, signal.SIGSEGV, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    try:
        told = {"seen": probe(*arguments)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what came of the attempt
        told = {"failed": f"{type(error).__name__}: {error}"[:300]}
    with os.fdopen(write_end, "wb") as out:
        out.write(json.dumps(told).encode() + b"\n")
    os._exit(0)


def _read_until(read_end: int, deadline: float) -> tuple[bytes, bool]:
    said = b""
    while True:
        ready, _, _ = select.select([read_end], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return said, True
        piece = os.read(read_end, 65536)
        said += piece
        # Not until the end: a process that the attempt left behind holds the pipe as well.
        if not piece or said.endswith(b"\n"):
            return said, False
