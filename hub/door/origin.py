"""Is this request meant for this seat, and does it come from this seat's own pages?

Each seat has a host name of its own, so the browser keeps the pages of two seats, the hub and the desk
apart. The seats share a site, though, so cookies travel between them: what a browser *sends* is checked
here, by ``Host``, ``Origin`` and the ``Sec-Fetch-*`` headers that scripts cannot set.
"""

from __future__ import annotations

from collections.abc import Mapping

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def refusal(
    method: str, headers: Mapping[str, str], *, own_origin: str, own_host: str, websocket: bool
) -> str | None:
    """A sentence why the request is refused, or ``None`` if it may go on.

    ``own_origin`` is like ``http://alice--cohort.lockedroom.localhost:8000``, ``own_host`` its part after
    the scheme. ``headers`` are looked up by name as given here, without regard to case.
    """
    if headers.get("Host", "").lower() != own_host:
        return "This address does not belong to this seat."
    if "Service-Worker" in headers:
        return "Rooms have no service workers."
    origin = headers.get("Origin")
    if (websocket or method in _WRITES) and origin != own_origin:
        return "This request did not come from the seat's own page."
    if origin is not None and origin != own_origin:
        return "This request came from another site."
    return _foreign_fetch(method, headers)


def _foreign_fetch(method: str, headers: Mapping[str, str]) -> str | None:
    site = headers.get("Sec-Fetch-Site")
    if site in {None, "same-origin", "none"}:
        return None
    # Another host of ours, or another site: it may lead here (a link, the hub's redirect), nothing else.
    leads_here = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    if method == "GET" and leads_here:
        return None
    return "A page elsewhere may lead to the seat, but not load anything from it."
