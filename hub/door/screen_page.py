"""The page on which a person sees the pixels of their room, and what it may do."""

from __future__ import annotations

from html import escape

from hub.door.screen_files import ScreenFiles


def screen_page(files: ScreenFiles, *, prefix: str, project: str, hub_origin: str) -> str:
    """The page at the seat's ``prefix``. It says everything in words as well; the pixels have none."""
    folder = f"{escape(prefix)}window/{files.mark}/"
    preloads = "\n".join(
        f'<link rel="modulepreload" href="{folder}{escape(name)}">' for name in files.scripts
    )
    return f"""<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><title>{escape(project)} · Lockedroom</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{folder}screen.css">
{preloads}
<script type="module" src="{folder}screen.js"></script>
</head>
<body>
<header>
<h1>{escape(project)}</h1>
<p id="status" role="status">Connecting to the room …</p>
<p id="keys">Ctrl + Alt + M leads out of the screen.</p>
<label id="sharp-choice" hidden><input type="checkbox" id="sharp"> Every pixel of this display</label>
<button type="button" id="reconnect">Reconnect</button>
<button type="button" id="full-screen">Full screen</button>
<a href="{escape(hub_origin)}/hub/home">Your rooms</a>
</header>
<main id="screen" aria-label="The room's screen, as a picture" data-pixels="{escape(prefix)}pixels"></main>
<noscript><p>The room's screen is drawn by a script: allow scripts for this address.</p></noscript>
</body></html>
"""


def screen_headers(own_origin: str) -> dict[str, str]:
    """Headers of the page and of its files: they load from the seat's own origin, and nothing else may happen.

    Pointers' pictures are ``data:`` images of the page's own making.
    """
    socket_origin = own_origin.replace("http", "ws", 1)
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src {socket_origin}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    denied = (
        "camera",
        "microphone",
        "geolocation",
        "display-capture",
        "usb",
        "clipboard-read",
        "clipboard-write",
    )
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": ", ".join(f"{name}=()" for name in denied) + ", fullscreen=(self)",
    }
