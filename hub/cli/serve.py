"""``lockedroom serve``: the hub, its proxy, the desk and the airlock, in the foreground."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from output_checker.errors import PlainError

from hub import settings as settings_module
from hub.cli.init import init
from hub.restarts import Restarts
from hub.rooms.disk import mount_existing, unmount_all

CONFIG = Path(__file__).resolve().parents[2] / "jupyterhub_config.py"
# A hub that ends by itself starts again. One that ends sooner than this could not start: the first is given up at
# once, a later one after a few tries, since what it needs may be starting again too.
_RAN_S = 15.0
_MOST_STARTS, _WITHIN_S, _PAUSE_S = 6, 120.0, 5.0


def serve(
    config: Annotated[Path, typer.Option(help="JupyterHub's configuration file.")] = CONFIG,
) -> None:
    """Start the hub and serve until told to stop (Ctrl-C or SIGTERM). Prepares the database if it is not there.

    A hub that ends by itself starts again and finds its rooms running; SIGHUP makes it do so.
    """
    # Here, not above: these take long to load, and no other command needs them.
    from hub.hub_config import check
    from hub.left_running import end_all
    from hub.prove.proof import sweep

    settings = settings_module.load()
    check(settings)
    init()
    with _alone(settings.state):
        mount_existing(settings.state)
        code = _Hub([sys.executable, "-m", "hub.jupyterhub_app", "--config", str(config)], settings).keep_up()
        end_all(settings)
        try:
            sweep(settings)
        except PlainError as error:
            print(f"The room of a proof may still run: {error.sentence}", file=sys.stderr)
        unmount_all(settings.state)
    raise typer.Exit(0 if code in {0, -signal.SIGINT, -signal.SIGTERM, 130, 143} else code)


class _Hub:
    """The hub's process, started again when it ends and nobody asked it to."""

    def __init__(self, command: list[str], settings: settings_module.Settings) -> None:
        self._command = command
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._starts = Restarts(_MOST_STARTS, _WITHIN_S)
        self._ran = False

    def keep_up(self) -> int:
        """Until it is told to stop, or cannot be kept up; the last exit code."""
        # Set also where they were ignored, as they are for what a shell starts in the background.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._tell(signal.SIGHUP))
        code = 1
        while not self._stopping and self._starts.may_start(time.monotonic()):
            code = self._run()
            if not self._stopping:
                print(f"The hub ended by itself (exit code {code}); its rooms run on.", file=sys.stderr)
        return code

    def _run(self) -> int:
        from hub.spawner import DIES_WITH_THE_HUB

        began = time.monotonic()
        # Two hubs would be two keepers of the same rooms: it ends when this process does, however that comes
        # about. In a session of its own, so that Ctrl-C reaches it once, from here.
        self._process = subprocess.Popen(
            [*DIES_WITH_THE_HUB, *self._command],
            env={**os.environ, **self._settings.as_environment()},
            cwd=self._settings.state,
            start_new_session=True,
        )
        if self._stopping:
            self._tell(signal.SIGTERM)
        code = self._process.wait()
        soon = time.monotonic() - began < _RAN_S
        if code > 0 and soon:
            self._stopping = self._stopping or not self._ran
            if not self._stopping:
                time.sleep(_PAUSE_S)
        self._ran = self._ran or not soon or code <= 0
        return code

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Keep a second hub away from a state directory: it would end the first one's rooms."""
    with (state / "run" / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlainError(f"A hub already runs on {state}: stop it first.") from None
        yield
