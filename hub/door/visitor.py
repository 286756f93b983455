"""Where a request comes from, and whether a room may be reached from there.

The proxy writes the address of whoever spoke to it at the end of ``X-Forwarded-For``; what stands before it was said by
that one. So the list is read from its end, and only as far as proxies speak that the installation trusts.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def visitor(forwarded: str | None, trusted: Sequence[Network]) -> Address | None:
    """The nearest address in the header that is none of our proxies; the farthest of these where all are.

    ``None`` where there is no header, or something in it, as far as it is read, is no address.
    """
    found: Address | None = None
    for entry in reversed((forwarded or "").split(",")):
        found = _address(entry.strip())
        if found is None or not _within(found, trusted):
            return found
    return found


def refusal(
    forwarded: str | None, *, allowed: Sequence[Network] | None, trusted: Sequence[Network]
) -> str | None:
    """Why a room may not be reached from where a request comes from, or ``None``. ``allowed`` is None for anywhere."""
    if allowed is None:
        return None
    address = visitor(forwarded, trusted)
    if address is None:
        return (
            "Rooms of this project open from certain networks only, and it is not known where you come from."
        )
    if _within(address, allowed):
        return None
    return f"Rooms of this project open from certain networks only, and {address} is in none of them."


def as_text(networks: Sequence[Network]) -> str:
    """Networks as :func:`as_networks` reads them."""
    return ",".join(str(network) for network in networks)


def as_networks(text: str) -> tuple[Network, ...]:
    """Networks and single addresses, with commas between. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 addresses like this.
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
