"""The stock proxy, told to route each seat by its own host name; a hub that starts again takes over the one that runs.

So people's pages stay connected while the hub starts again. Which proxy runs, and for which addresses, stands in a
file of the state directory; the key to its routes lies with the installation's other keys.
"""

from __future__ import annotations

import json
import secrets
import signal
from pathlib import Path
from typing import Any

from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.user import User
from tornado.ioloop import PeriodicCallback

from hub.ledger.keys import create_once
from hub.rooms.process import Process

KEY = "proxy-token"
PROXY_NOTE = "proxy.json"


def routes_key(keys: Path) -> str:
    """The secret with which the hub tells the proxy its routes; made once."""
    path = keys / KEY
    if not path.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(path, secrets.token_hex(32).encode(), 0o600)
    return path.read_text()


def running_proxy(note: Path) -> tuple[Process, str] | None:
    """The proxy that runs according to ``note``, and for which addresses; ``None`` where none runs."""
    try:
        said = json.loads(note.read_text())
        process, serves = Process(int(said["pid"]), int(said["started"])), str(said["serves"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return (process, serves) if process.runs() else None


class TakenOver:
    """A process that another hub started, with what JupyterHub asks of a child process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """``None`` while it runs."""
        return None if self._process.runs() else -1

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.signal(signal.SIGTERM)


class SeatProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """JupyterHub removes a named server's route by its person's host; here it has one of its own."""

    async def start(self) -> None:
        """Take over the proxy that runs for the same addresses; otherwise start one."""
        found = running_proxy(self._note)
        if found is not None:
            process, serves = found
            if serves == self._serves():
                self.log.info("Taking over the proxy that runs as process %i", process.pid)
                self.proxy_process: Any = TakenOver(process)
                self._check_running_callback = PeriodicCallback(
                    self.check_running, 1e3 * self.check_running_interval
                )
                self._check_running_callback.start()
                return
            await process.end(ask_first_s=2)
        await super().start()

    async def delete_user(self, user: User, server_name: str = "") -> None:
        """Remove the route of one seat."""
        spawner = user.spawners.get(server_name)
        if spawner is None or not server_name:
            await super().delete_user(user, server_name)
            return
        self.log.info("Removing seat %s from proxy", spawner.proxy_spec)
        await self.delete_route(spawner.proxy_spec)

    @property
    def _note(self) -> Path:
        return Path(self.pid_file)

    def _serves(self) -> str:
        return f"{self.public_url} {self.api_url} {self.hub.url}"

    def _check_previous_process(self) -> None:
        """Done in :meth:`start`; JupyterHub would end whichever process has the number now."""

    def _write_pid_file(self) -> None:
        process = Process.of(self.proxy_process.pid)
        if process is not None:
            unfinished = self._note.with_suffix(".new")
            note = {"pid": process.pid, "started": process.started, "serves": self._serves()}
            unfinished.write_text(json.dumps(note))
            unfinished.replace(self._note)
