"""Which requests may reach the room: a list of what JupyterLab needs; everything else is refused.

Left out on purpose are the routes of a Jupyter server that hand out files (``/files``, ``/view``,
``/nbconvert``, ``/api/nbconvert``, ``/lsp``, ``/api/resolvePath``, ``/metrics``, ``/custom``, extensions and
themes and files of kernels that somebody put into their home), contents as bytes, and the server's own sign-in and
shutdown. This is friction and not a wall: what a browser can draw, a browser
can keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl, unquote


class Kind(Enum):
    """What a permitted request is."""

    HTTP = "http"
    KERNEL = "kernel channels"
    SOCKET = "other websocket"


@dataclass(frozen=True)
class Passed:
    """The request may pass as this kind."""

    kind: Kind


@dataclass(frozen=True)
class Refused:
    """The request may not pass; ``reason`` is for the person and the log."""

    reason: str


_READ = frozenset({"GET", "HEAD"})
_WRITE = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_ID = r"[A-Za-z0-9-]{1,64}"

# Paths below the seat's prefix; matched whole, after percent-decoding.
_HTTP_ROUTES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern), methods)
    for pattern, methods in (
        (r"/?", _READ),
        (r"/(lab|doc)/?", _READ),
        (r"/(lab|doc)/(tree|workspaces|doc)(/.*)?", _READ),
        (r"/lab/api/(settings|workspaces)(/.*)?", _WRITE),
        (r"/lab/api/(build|translations|licenses|listings|plugins)(/.*)?", _READ),
        (r"/lab/api/themes/@jupyterlab/theme-[a-z-]+-extension/.+", _READ),
        # Those of the image: a folder in one's home becomes an extension too, and hands out whatever lies in it.
        (r"/lab/extensions/(@lockedroom/[a-z-]+|jupyterlab_pygments)/.+", _READ),
        (r"/static/.+", _READ),
        (r"/kernelspecs/[A-Za-z0-9_.-]{1,64}/logo-(svg\.svg|32x32\.png|64x64\.png)", _READ),
        (r"/api/?", _READ),
        (r"/api/(me|status)", _READ),
        (r"/api/kernelspecs(/.*)?", _READ),
        (r"/api/contents(/.*)?", _WRITE),
        (r"/api/sessions(/.*)?", _WRITE),
        (rf"/api/kernels(/{_ID}(/(interrupt|restart))?)?", _WRITE),
        (rf"/api/terminals(/{_ID})?", _WRITE),
        (r"/output-checker/.+", _WRITE),
    )
)
_SOCKET_ROUTES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(rf"/api/kernels/{_ID}/channels"), Kind.KERNEL),
    (re.compile(rf"/terminals/websocket/{_ID}"), Kind.SOCKET),
    (re.compile(r"/api/events/subscribe"), Kind.SOCKET),
)
_ENCODED_TRAP = re.compile(r"%(2f|5c|00|0a|0d)", re.IGNORECASE)


def decide(method: str, path: str, query: str, *, websocket: bool) -> Passed | Refused:
    """Whether a request may pass; ``path`` is raw (still percent-encoded) and without the seat's prefix."""
    if trap := _path_trap(path):
        return Refused(trap)
    plain = unquote(path)
    if websocket:
        for pattern, kind in _SOCKET_ROUTES:
            if pattern.fullmatch(plain):
                return Passed(kind)
        return Refused("This websocket is not one that JupyterLab needs.")
    for pattern, methods in _HTTP_ROUTES:
        if pattern.fullmatch(plain) and method in methods:
            if plain.startswith(_CONTENTS) and not _as_text(query):
                return Refused("Files leave a room only through the airlock: stage the file for release.")
            return Passed(Kind.HTTP)
    return Refused("This address of the room is closed. Files leave only through the airlock.")


def query_for_room(method: str, path: str, query: str) -> str:
    """The query that goes to the room: contents are asked for as text where the page did not say how.

    A Jupyter server answers such a request with base64 where a file is no text; asked for text, it refuses.
    """
    asked = file_asked(method, path, query)
    if asked is None or asked[0] != "read":
        return query
    if any(name == "format" for name, _ in parse_qsl(query, keep_blank_values=True)):
        return query
    return f"{query}&format=text" if query else "format=text"


_FILE_ACTS = {"GET": "read", "PUT": "write", "POST": "write", "PATCH": "move", "DELETE": "delete"}
_CONTENTS = "/api/contents"
_CHECKPOINTS = re.compile(r".*/checkpoints(/[\w-]+)?")


def file_asked(method: str, path: str, query: str) -> tuple[str, str] | None:
    """(act, path in the room) where a request that passes is about the content of a file or folder; else ``None``.

    ``path`` is raw and without the seat's prefix, as in :func:`decide`.
    """
    plain = unquote(path)
    act = _FILE_ACTS.get(method)
    if act is None or not plain.startswith(_CONTENTS) or _CHECKPOINTS.fullmatch(plain):
        return None
    # A page asks again and again when a file was changed; then nothing of its content passes. Of two values the
    # room takes one, and which one is its own affair.
    wanted = {value for name, value in parse_qsl(query, keep_blank_values=True) if name == "content"}
    if act == "read" and wanted == {"0"}:
        return None
    return act, plain.removeprefix(_CONTENTS) or "/"


def _path_trap(path: str) -> str | None:
    """A sentence if two parsers could read this path differently, else ``None``."""
    if _ENCODED_TRAP.search(path) or "\\" in path or "//" in path:
        return "The address holds an encoded or doubled separator."
    plain = unquote(path)
    if any(part in {".", ".."} for part in plain.split("/")):
        return "The address leads upwards."
    if any(ord(character) < 32 or ord(character) == 127 for character in plain):
        return "The address holds a control character."
    return None


def _as_text(query: str) -> bool:
    """Whether contents are asked for as text, or it is not said how.

    The room takes blanks and control characters off a value before it reads it: so exactly one spelling passes.
    """
    return all(
        value == "text"
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name.strip().lower() == "format"
    )
