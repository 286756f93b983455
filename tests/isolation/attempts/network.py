"""Attempts to reach anything beyond the room over a network or a socket."""

from __future__ import annotations

from typing import Any


def devices_and_routes() -> dict[str, Any]:
    """Network devices, and the devices that routes lead to."""
    from pathlib import Path

    devices = [line.partition(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    routes = Path("/proc/net/route").read_text().splitlines()[1:]
    routes_6 = [line.split()[-1] for line in Path("/proc/net/ipv6_route").read_text().splitlines()]
    neighbours = Path("/proc/net/arp").read_text().splitlines()[1:]
    return {"devices": devices, "routes": routes, "routes_6": routes_6, "neighbours": neighbours}


def resolve(names: list[str]) -> dict[str, str]:
    """What each name resolves to, or the error's name."""
    import socket

    found = {}
    for name in names:
        try:
            found[name] = str(socket.getaddrinfo(name, 80)[0][4])
        except OSError as error:
            found[name] = type(error).__name__
    return found


def connect(addresses: list[tuple[str, int]]) -> dict[str, str]:
    """``open`` or the error's name for each TCP address."""
    import errno
    import socket

    found = {}
    for host, port in addresses:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            try:
                client.connect((host, port))
                found[f"{host} {port}"] = "open"
            except TimeoutError:
                found[f"{host} {port}"] = "timeout"
            except OSError as error:
                found[f"{host} {port}"] = errno.errorcode[error.errno or 0]
    return found


def send_datagrams(addresses: list[tuple[str, int]]) -> dict[str, str]:
    """``sent`` or the error's name for each UDP address."""
    import errno
    import socket

    found = {}
    for host, port in addresses:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            try:
                client.sendto(b"hello", (host, port))
                found[f"{host} {port}"] = "sent"
            except OSError as error:
                found[f"{host} {port}"] = errno.errorcode[error.errno or 0]
    return found


def open_families() -> list[str]:
    """Each kind of socket, of all families there may ever be, that could be opened."""
    import socket

    opened = []
    for family in range(64):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            for protocol in (0, 1, 3, 58, 255):
                try:
                    socket.socket(family, kind, protocol).close()
                except OSError:
                    continue
                opened.append(f"{family} {int(kind)}")
    return sorted(set(opened))


def connect_unix(paths: list[str]) -> dict[str, str]:
    """``open`` or the error's name for each unix socket; a leading ``@`` stands for the abstract kind."""
    import errno
    import socket

    found = {}
    for path in paths:
        address = "\0" + path[1:] if path.startswith("@") else path
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            with socket.socket(socket.AF_UNIX, kind) as client:
                client.settimeout(2)
                try:
                    client.connect(address)
                    found[path] = "open"
                    break
                except OSError as error:
                    found[path] = errno.errorcode[error.errno] if error.errno else type(error).__name__
    return found
