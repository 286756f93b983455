"""What every response of the desk says to the browser, and which requests it takes at all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that, browsers send "Origin: null" from our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "Cache-Control": "no-store",
}

_READING = frozenset({"GET", "HEAD"})
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})


def refusal(method: str, headers: Mapping[str, str], public_url: str) -> str | None:
    """Why a request is not taken, as a sentence; None if it is.

    The host has to be ours. A request that changes something has to come from our own pages. A page may be
    opened from elsewhere by following a link, but not be loaded into another page: the seats' host names
    are of the same site, so cookies alone would not stop them.
    """
    ours = urlsplit(public_url)
    if headers.get("Host", "").lower() != ours.netloc.lower():
        return f"The desk is at {public_url}: please use that address."
    site = headers.get("Sec-Fetch-Site", "none")
    if method not in _READING:
        origin = headers.get("Origin") or _origin_of(headers.get("Referer", ""))
        if origin.lower() != f"{ours.scheme}://{ours.netloc}".lower() or site not in {"none", "same-origin"}:
            return "This did not come from the desk's own pages, so it was not done: please use the desk."
    elif site not in {"none", "same-origin"}:
        mode, dest = headers.get("Sec-Fetch-Mode", ""), headers.get("Sec-Fetch-Dest", "")
        if mode != "navigate" or dest in _FRAMES:
            return "The desk cannot be loaded into another page."
    return None


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
