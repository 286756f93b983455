"""The files of the page that draws a window's pixels: its own script and style, and noVNC as npm installed it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

_OWN = Path(__file__).parent / "screen"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class PageFile:
    """One file that the page loads."""

    content_type: str
    body: bytes


@dataclass(frozen=True)
class ScreenFiles:
    """All of them by name, as in ``novnc/core/rfb.js``; no other file can be asked for.

    ``mark`` is a hash of all, so that a browser may keep them for good.
    """

    files: dict[str, PageFile]
    mark: str

    @classmethod
    def read(cls, novnc: Path) -> ScreenFiles:
        """From the installed package in ``novnc``. Raises PlainError if it is not there."""
        found = {path.name: path for path in _OWN.iterdir() if path.suffix in _TYPES}
        for part in ("core", "vendor"):
            for path in (novnc / part).rglob("*.js"):
                found[f"novnc/{path.relative_to(novnc).as_posix()}"] = path
        if "novnc/core/rfb.js" not in found:
            raise PlainError(f"noVNC is not installed in {novnc}: run npm ci where Lockedroom lies.")
        files = {
            name: PageFile(_TYPES[path.suffix], path.read_bytes()) for name, path in sorted(found.items())
        }
        whole = hashlib.sha256()
        for name, file in files.items():
            whole.update(f"{name}\0{len(file.body)}\0".encode() + file.body)
        return cls(files, whole.hexdigest()[:16])

    @property
    def scripts(self) -> list[str]:
        """The names of all scripts."""
        return [name for name in self.files if name.endswith(".js")]
