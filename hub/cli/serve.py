"""``lockedroom serve``: the hub, its proxy, the desk and the airlock, in the foreground."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub import settings as settings_module
from hub.cli.init import init
from hub.rooms.disk import mount_existing, unmount_all

CONFIG = Path(__file__).resolve().parents[2] / "jupyterhub_config.py"


def serve(
    config: Annotated[Path, typer.Option(help="JupyterHub's configuration file.")] = CONFIG,
) -> None:
    """Start the hub and serve until told to stop (Ctrl-C or SIGTERM). Prepares the database if it is not there."""
    # Here, not above: JupyterHub takes seconds to load, and no other command needs it.
    from hub.hub_config import check

    settings = settings_module.load()
    check(settings)
    init()
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
        unmount_all(settings.state)
    raise typer.Exit(0 if code in {0, -signal.SIGINT, -signal.SIGTERM, 130, 143} else code)
