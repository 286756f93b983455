"""The files that pages load: the style sheet that ``make`` builds, and the service's mark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError

_HERE = Path(__file__).parent
STYLE = Path(__file__).resolve().parents[3] / "var" / "style" / "lockedroom.css"
# A name holds the content's hash, so that what a browser keeps is right for ever.
CACHE = "public, max-age=31536000, immutable"


class StyleNotBuilt(PlainError):
    """The style sheet is not there."""


@dataclass(frozen=True)
class Asset:
    """One file, under a name made from its content."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Addresses:
    """Where a face of the service serves the files."""

    style: str
    mark: str


@dataclass(frozen=True)
class Look:
    """All files that pages load."""

    style: Asset
    mark: Asset

    def find(self, name: str) -> Asset | None:
        """The file of that name."""
        return next((asset for asset in (self.style, self.mark) if asset.name == name), None)

    def addresses(self, prefix: str) -> Addresses:
        """The files' addresses below ``prefix``, which ends with a slash."""
        return Addresses(prefix + self.style.name, prefix + self.mark.name)


def load_look(style: Path | None = None) -> Look:
    """Read the files. Raises StyleNotBuilt with a sentence."""
    try:
        css = (style or STYLE).read_bytes()
    except FileNotFoundError:
        raise StyleNotBuilt("The style of the pages is not built: run `make`.") from None
    mark = (_HERE / "mark.svg").read_bytes()
    return Look(
        _asset("lockedroom", css, ".css", "text/css; charset=UTF-8"),
        _asset("mark", mark, ".svg", "image/svg+xml"),
    )


def _asset(stem: str, content: bytes, suffix: str, content_type: str) -> Asset:
    return Asset(f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}{suffix}", content, content_type)
