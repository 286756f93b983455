"""Number one of a window's programs: starts the others, starts again what ends, and ends with the screen.

Nothing here is a wall: the window shows the room's pages and is trusted no more than the room. The walls are the
sandbox around it, which the hub builds, and the door, which reads every byte that leaves it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from relay import ADDRESS, PORT

HERE = Path(__file__).resolve().parent
DISPLAY = ":1"
WIDTH, HEIGHT = 1280, 800  # until the person's browser asks for another size

_DISPLAY_SOCKET = "/tmp/.X11-unix/X1"  # noqa: S108 - inside the window
_UP_WITHIN_S = 20.0
_AGAIN_AFTER_S = 0.5


def screen_command(rfb_socket: str) -> list[str]:
    """Xvnc: a screen in memory, drawn for one unix socket, without a clipboard.

    The empty ``-AllowOverride`` matters: without it a program in the window can switch the clipboard back on.
    """
    return [
        "/usr/bin/Xvnc",
        DISPLAY,
        *("-rfbport", "-1", "-rfbunixpath", rfb_socket, "-rfbunixmode", "0600", "-SecurityTypes", "None"),
        *("-SendCutText=0", "-AcceptCutText=0", "-SendPrimary=0", "-SetPrimary=0", "-MaxCutText=0"),
        "-AllowOverride=",
        # The door is the only client; a list of unwelcome ones could only keep it out.
        "-UseBlacklist=0",
        *("-desktop", "window", "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24", "-dpi", "96"),
        *("-nolisten", "tcp", "-nolisten", "local", "-s", "0", "-br"),
    ]


def browser_command(path: str, profile: str) -> list[str]:
    """Chromium on one page and nothing else, with its own sandbox; what it may do stands in policies.json."""
    return [
        "/usr/lib/chromium/chromium",
        "--kiosk",
        f"--app=http://{ADDRESS}:{PORT}{path}",
        f"--user-data-dir={profile}",
        f"--window-size={WIDTH},{HEIGHT}",
        "--window-position=0,0",
        "--ozone-platform=x11",
        "--lang=en-GB",
        "--disable-gpu",
        # Pages in memory that counts, not in the small /dev/shm.
        "--disable-dev-shm-usage",
        "--disable-breakpad",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-setuid-sandbox",
        "--hide-crash-restore-bubble",
        "--no-default-browser-check",
        "--no-first-run",
        "--password-store=basic",
    ]


def main() -> int:
    """Run until the screen ends."""
    os.environ["DISPLAY"] = DISPLAY
    # Xvnc makes its folder only as root.
    Path(_DISPLAY_SOCKET).parent.mkdir(mode=0o1777, exist_ok=True)
    rfb_socket = Path(os.environ["LOCKEDROOM_WINDOW_SOCKET"])
    rfb_socket.unlink(missing_ok=True)
    screen = subprocess.Popen(screen_command(str(rfb_socket)))
    if not _answers(_DISPLAY_SOCKET, screen):
        return 1
    python = [sys.executable, "-s", "-E", "-B"]
    profile = Path(os.environ["HOME"]) / "profile"
    commands = {
        "relay": [*python, str(HERE / "relay.py")],
        "surface": [*python, str(HERE / "surface.py"), os.environ["LOCKEDROOM_WINDOW_MARK"]],
        "browser": browser_command(os.environ["LOCKEDROOM_WINDOW_PATH"], str(profile)),
    }
    running = {name: subprocess.Popen(command) for name, command in commands.items()}
    while True:
        ended, _ = os.wait()
        if ended == screen.pid:
            return 1
        for name, process in running.items():
            if process.pid == ended:
                time.sleep(_AGAIN_AFTER_S)
                running[name] = subprocess.Popen(commands[name])


def _answers(path: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether somebody listens at the unix socket in time, and the process lives."""
    deadline = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as asking:
            if asking.connect_ex(path) == 0:
                return True
        time.sleep(0.02)
    return False


if __name__ == "__main__":
    sys.exit(main())
