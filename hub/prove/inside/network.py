"""Reaching anything beyond the room: devices, routes, names, sockets."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from .outcome import outcome

_WAIT_S = 0.5
_KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
_PROTOCOLS = (0, 1, 3, 58, 255)


def devices() -> list[str]:
    """The network devices there are."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines]


def routes() -> list[str]:
    """The devices that routes lead to, and the neighbours that are known."""
    routes_4 = [line.split()[0] for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    table_6 = Path("/proc/net/ipv6_route")  # not there on a machine without IPv6
    routes_6 = [line.split()[-1] for line in table_6.read_text().splitlines()] if table_6.exists() else []
    neighbours = [line.split()[0] for line in Path("/proc/net/arp").read_text().splitlines()[1:]]
    return sorted({*routes_4, *routes_6, *neighbours})


def open_socket(family: int, kind: int, protocol: int) -> str:
    """Open one kind of socket."""
    return outcome(lambda: socket.socket(family, kind, protocol).close())


def open_any_socket(families: list[int]) -> list[int]:
    """Those of the families of which any kind of socket opens."""
    opened = set()
    for family in families:
        for kind in _KINDS:
            for protocol in _PROTOCOLS:
                if open_socket(family, kind, protocol) == "done":
                    opened.add(family)
    return sorted(opened)


def open_pair(family: int) -> str:
    """A pair of connected sockets."""
    return outcome(lambda: socket.socketpair(family))


def connect(addresses: list[tuple[str, int]]) -> list[str]:
    """What a TCP connection to each address came to."""
    return [_connect(host, port) for host, port in addresses]


def send(addresses: list[tuple[str, int]]) -> list[str]:
    """What sending a datagram to each address came to."""
    return [_send(host, port) for host, port in addresses]


def ping(addresses: list[str]) -> list[str]:
    """What sending an echo request to each address came to, by a socket that needs no rights."""
    return [_ping(address) for address in addresses]


def connect_unix(paths: list[str]) -> list[str]:
    """The unix sockets that can be reached, of any kind; a leading ``@`` stands for an abstract name."""
    return [path for path in paths if _reached(path)]


def resolve(names: list[str]) -> list[str]:
    """The names that resolve."""
    found = []
    for name in names:
        try:
            socket.getaddrinfo(name, 80)
        except OSError:
            continue
        found.append(name)
    return found


def listen_at_a_port() -> int:
    """A port of the room's own at which a child listens for a moment, on every address it has."""
    server = socket.create_server(("", 0))
    if os.fork() == 0:
        os.setpgid(0, 0)
        server.settimeout(10)
        outcome(server.accept)
        os._exit(0)
    return int(server.getsockname()[1])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _connect(host: str, port: int) -> str:
    def attempt() -> None:
        with socket.socket(_family(host), socket.SOCK_STREAM) as client:
            client.settimeout(_WAIT_S)
            client.connect((host, port))

    return outcome(attempt)


def _send(host: str, port: int) -> str:
    def attempt() -> None:
        with socket.socket(_family(host), socket.SOCK_DGRAM) as client:
            client.sendto(b"hello", (host, port))

    return outcome(attempt)


def _ping(address: str) -> str:
    def attempt() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as client:
            client.sendto(b"\x08\x00\xf7\xff\x00\x00\x00\x00", (address, 0))

    return outcome(attempt)


def _reached(path: str) -> bool:
    address = "\0" + path[1:] if path.startswith("@") else path
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as client:
            client.settimeout(_WAIT_S)
            if outcome(lambda client=client: client.connect(address)) == "done":  # type: ignore[misc]
                return True
    return False
