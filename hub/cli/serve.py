"""``lockedroom serve``: the hub, its proxy, the desk and the airlock, in the foreground."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from output_checker.errors import PlainError

from hub import settings as settings_module
from hub.cli.init import init
from hub.rooms.disk import mount_existing, unmount_all

CONFIG = Path(__file__).resolve().parents[2] / "jupyterhub_config.py"


def serve(
    config: Annotated[Path, typer.Option(help="JupyterHub's configuration file.")] = CONFIG,
) -> None:
    """Start the hub and serve until told to stop (Ctrl-C or SIGTERM). Prepares the database if it is not there."""
    # Here, not above: these take long to load, and no other command needs them.
    from hub.hub_config import check
    from hub.rooms.choice import choose
    from hub.rooms.docker_engine import remove_rooms

    settings = settings_module.load()
    check(settings)
    on_docker = choose(settings) == "docker"
    init()
    with _alone(settings.state):
        if on_docker:
            remove_rooms(settings)  # of a hub that could not end them
        mount_existing(settings.state)
        command = [sys.executable, "-m", "hub.jupyterhub_app", "--config", str(config)]
        environment = {**os.environ, **settings.as_environment()}
        hub = subprocess.Popen(command, env=environment, cwd=settings.state)
        signal.signal(signal.SIGTERM, lambda *_: hub.terminate())
        try:
            code = hub.wait()
        except KeyboardInterrupt:
            code = hub.wait()  # the terminal told the hub as well; it is stopping its rooms
        finally:
            if on_docker:
                # A container does not end with the hub that started it, as a sandbox does.
                try:
                    remove_rooms(settings)
                except PlainError as error:
                    print(f"Rooms may still run: {error.sentence}", file=sys.stderr)
            unmount_all(settings.state)
    raise typer.Exit(0 if code in {0, -signal.SIGINT, -signal.SIGTERM, 130, 143} else code)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Keep a second hub away from a state directory: it would end the first one's rooms."""
    with (state / "run" / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlainError(f"A hub already runs on {state}: stop it first.") from None
        yield
