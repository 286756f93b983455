"""What JupyterLab uploads is told apart from what it saves, and refused: files come in through the airlock.

The file browser sends an upload as base64, a large one in numbered chunks; it saves notebooks as JSON and other
files as text, and never otherwise. So nothing that a person edits is lost. This is friction and not a wall, as with
everything at this door: what can be pasted into a file as text can come in.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

REFUSAL = "Files come into a room only through the airlock: bring the file in on the desk."
_WRITES = frozenset({"PUT", "POST", "PATCH"})
# Without these no JSON can say what is looked for; most bodies need not be read for it.
_SIGNS = (b"base64", b"chunk", b"\\u")


def refusal(method: str, path: str, body: bytes | bytearray) -> str | None:
    """A sentence if the request uploads a file; ``path`` is raw and without the seat's prefix."""
    if method not in _WRITES or not unquote(path).startswith("/api/contents"):
        return None
    if not any(sign in body for sign in _SIGNS):
        return None
    try:
        model = json.loads(body)
    except (ValueError, RecursionError):
        return None  # the room's server reads nothing else either
    if not isinstance(model, dict):
        return None
    return REFUSAL if model.get("format") == "base64" or model.get("chunk") is not None else None
