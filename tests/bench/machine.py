"""Facts of the machine that a figure belongs to."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from output_checker.errors import PlainError

from hub.rooms.docker_engine import connect, limits_missing
from hub.settings import Settings


def facts() -> list[tuple[str, str]]:
    """What the machine is and what runs on it, as pairs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        ("Processors", f"{os.cpu_count()} × {_processor()}"),
        ("Memory", f"{memory:.0f} GiB"),
        ("Load when it began", f"{os.getloadavg()[0]:.1f}"),
        ("System", f"{_release()}, Linux {platform.release()}"),
        ("Python", platform.python_version()),
        ("JupyterHub", version("jupyterhub")),
        ("bubblewrap", _bubblewrap()),
        ("Docker", _docker()),
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _release() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _bubblewrap() -> str:
    try:
        said = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        return "none"
    return said.split()[-1]


def _docker() -> str:
    try:
        found, _ = limits_missing(connect(Settings()))
    except PlainError:
        return "none"
    return found
