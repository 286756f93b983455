"""The room reaches nothing: no device, no route, no name, no port, no foreign kind of socket."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.prove.attempt import Attempt, Family, Judged, Judgement, Need
from hub.prove.families.acts import Act, each, inside, number_of
from hub.prove.judges import (
    NO_SUCH_SOCKET,
    NOBODY_THERE,
    NOT_THERE,
    all_refused,
    filtered,
    held,
    killed,
    not_held,
    nothing,
    only,
    refused,
    unclear,
)
from hub.prove.stage import CouldNotTry, Stage

_UNIX, _INET, _INET6 = socket.AF_UNIX, socket.AF_INET, socket.AF_INET6
# Linux's own numbers: a Python may have been built without the names.
_NETLINK, _PACKET, _TIPC, _BLUETOOTH, _CRYPTO, _VSOCK = 16, 17, 30, 31, 38, 40
_OTHERS = [number for number in range(64) if number not in {_UNIX, _INET, _INET6}]
_ENGINES = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
]
# An address for documentation alone would prove little: these are routed, and lead somewhere.
_INTERNET: list[tuple[str, int]] = [("1.1.1.1", 443), ("8.8.8.8", 53), ("2606:4700:4700::1111", 443)]
_METADATA: list[tuple[str, int]] = [("169.254.169.254", 80), ("fd00:ec2::254", 80), ("100.100.100.200", 80)]
_NEAR: list[tuple[str, int]] = [
    ("10.0.2.2", 22),
    ("172.17.0.1", 2375),
    ("172.17.0.1", 22),
    ("192.168.0.1", 53),
    ("192.168.1.1", 80),
]


@dataclass(frozen=True)
class Knocked:
    """What the room was told when it knocked, and whether anybody heard it."""

    told: object
    arrived: bool


def _knock(listener: str, act: Callable[[Stage], object]) -> Act:
    def both(stage: Stage) -> Knocked:
        stage.listeners.arrived(listener)
        told = act(stage)
        return Knocked(told, stage.listeners.arrived(listener))

    return both


def _nobody_heard(seen: object) -> Judgement:
    if not isinstance(seen, Knocked):
        return unclear(seen)
    if seen.arrived:
        return not_held("it arrived at a server of the host")
    if not isinstance(seen.told, list):
        return unclear(seen.told)
    return held(
        f"nothing arrived (the room was told: {', '.join(str(one) for one in seen.told) or 'nothing'})"
    )


def _to_port(listener: str, host: str, probe: str) -> Act:
    return _knock(listener, lambda stage: stage.ask(probe, [[host, stage.listeners.ports[listener]]]))


def _socket(family: int, kind: int = socket.SOCK_DGRAM, protocol: int = 0) -> Act:
    return inside("network.open_socket", int(family), int(kind), protocol)


def _unix_sockets_of_the_host(stage: Stage) -> object:
    rows = (
        line.split() for line in Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()[1:]
    )
    named = {row[7] for row in rows if len(row) > 7 and not row[7].startswith("/run/room/")}
    found = []
    paths = sorted(named)
    # Many machines have hundreds; one question must not grow without bound.
    for first in range(0, min(len(paths), 1000), 100):
        answer = stage.ask("network.connect_unix", paths[first : first + 100])
        if not isinstance(answer, list):
            raise CouldNotTry("the room's answer is not a list")
        found += answer
    return found


def _port_of_the_room(stage: Stage) -> object:
    port = stage.ask("network.listen_at_a_port")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise CouldNotTry("the room could not listen at a port of its own")
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        return ["127.0.0.1"]
    return []


def _machine_code(code: bytes) -> Act:
    def act(stage: Stage) -> object:
        # mov eax, 39 (getpid); syscall; ret - by the ordinary way in, so that the other ways' end means something.
        ordinary = stage.ask("kernel.machine_code", "b8270000000f05c3")
        if not isinstance(ordinary, int) or ordinary <= 0:
            raise CouldNotTry("machine code does not run in the room at all")
        return stage.ask("kernel.machine_code", code.hex())

    return act


def _by_the_32_bit_way() -> Act:
    # mov eax, 359 (socket); mov ebx, AF_VSOCK; mov ecx, SOCK_DGRAM; xor edx, edx; int 0x80; ret - rbx is kept.
    code = b"\x53\xb8" + (359).to_bytes(4, "little") + b"\xbb" + _VSOCK.to_bytes(4, "little")
    return _machine_code(code + b"\xb9\x02\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3")


def _by_the_x32_way() -> Act:
    # mov eax, X32 | 39 (getpid); syscall; ret - the most harmless of all calls, by the wrong way in.
    return _machine_code(b"\xb8" + (0x40000000 | 39).to_bytes(4, "little") + b"\x0f\x05\xc3")


FAMILY = Family(
    "network",
    "The room has no network: only the loopback of its own, and unix sockets of its own.",
    (
        Attempt(
            "network devices",
            "Look for a network device beside the room's own loopback.",
            inside("network.devices"),
            only(["lo"], "only the room's own loopback", "devices"),
        ),
        Attempt(
            "routes",
            "Look for a route or a neighbour on a network.",
            inside("network.routes"),
            only(["lo"], "no route leads anywhere", "routes"),
        ),
        Attempt(
            "TCP to the host",
            "Connect to a server at the loopback address of the host.",
            _to_port("tcp", "127.0.0.1", "network.connect"),
            _nobody_heard,
            Judged.OUTSIDE,
        ),
        Attempt(
            "TCP to the host over IPv6",
            "Connect to a server at the IPv6 loopback address of the host.",
            _to_port("tcp over IPv6", "::1", "network.connect"),
            _nobody_heard,
            Judged.OUTSIDE,
            needs=frozenset({Need.IPV6}),
        ),
        Attempt(
            "UDP to the host",
            "Send a datagram to a server at the loopback address of the host.",
            _to_port("udp", "127.0.0.1", "network.send"),
            _nobody_heard,
            Judged.OUTSIDE,
        ),
        Attempt(
            "internet",
            "Connect to servers of the internet, over IPv4 and IPv6.",
            inside("network.connect", _INTERNET),
            all_refused(NOBODY_THERE),
        ),
        Attempt(
            "private networks",
            "Connect to where gateways, engines and routers of private networks usually are.",
            inside("network.connect", _NEAR),
            all_refused(NOBODY_THERE),
        ),
        Attempt(
            "cloud metadata",
            "Connect to the addresses at which clouds tell a machine its secrets.",
            inside("network.connect", _METADATA),
            all_refused(NOBODY_THERE),
        ),
        Attempt(
            "DNS datagrams",
            "Send datagrams to name servers: data can leave in the names that are asked for.",
            inside("network.send", [("8.8.8.8", 53), ("1.1.1.1", 53), ("2606:4700:4700::1111", 53)]),
            all_refused(NOBODY_THERE),
        ),
        Attempt(
            "DNS names",
            "Resolve names of the internet, of clusters and of container hosts.",
            inside(
                "network.resolve",
                ["example.org", "kubernetes.default", "host.docker.internal", "metadata.google.internal"],
            ),
            nothing("name resolves"),
        ),
        Attempt(
            "multicast and broadcast",
            "Send datagrams to everybody on a network.",
            inside("network.send", [("224.0.0.251", 5353), ("255.255.255.255", 67), ("ff02::fb", 5353)]),
            all_refused(NOBODY_THERE),
        ),
        Attempt(
            "ICMP",
            "Ping the internet, a private network and the cloud's metadata.",
            inside("network.ping", ["1.1.1.1", "172.17.0.1", "169.254.169.254"]),
            all_refused(NO_SUCH_SOCKET | NOBODY_THERE),
        ),
        Attempt(
            "raw sockets",
            "Open sockets that write packets of their own making, for ICMP among them.",
            each(
                _socket(_INET, socket.SOCK_RAW, 255),
                _socket(_INET6, socket.SOCK_RAW, 255),
                _socket(_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
                _socket(_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6),
            ),
            all_refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "netlink socket",
            "Open a socket to the kernel's network settings and events.",
            _socket(_NETLINK, socket.SOCK_RAW),
            refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "packet socket",
            "Open a socket to the wire itself.",
            _socket(_PACKET, socket.SOCK_RAW, 3),
            refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "vsock socket",
            "Open a socket to the hypervisor, which needs no network device.",
            _socket(_VSOCK, socket.SOCK_STREAM),
            refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "Bluetooth socket",
            "Open a socket to a radio near by.",
            each(
                _socket(_BLUETOOTH, socket.SOCK_RAW, 1),
                _socket(_BLUETOOTH, socket.SOCK_STREAM, 3),
            ),
            all_refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "kernel crypto socket",
            "Open a socket to the kernel's ciphers, a rich source of faults.",
            _socket(_CRYPTO, socket.SOCK_SEQPACKET),
            refused(NO_SUCH_SOCKET),
        ),
        Attempt(
            "sockets of every other family",
            "Open sockets of all 61 families but unix and IP, of each kind.",
            inside("network.open_any_socket", _OTHERS),
            nothing("socket of another family opens"),
        ),
        Attempt(
            "pair of foreign sockets",
            "Make a pair of sockets of a family that may not be opened one by one.",
            inside("network.open_pair", _TIPC),
            refused(NO_SUCH_SOCKET, NOT_THERE),
        ),
        Attempt(
            "io_uring",
            "Get a ring by which sockets open behind the filter of system calls.",
            lambda stage: stage.ask("kernel.call", number_of("io_uring_setup"), [8, 0]),
            filtered,
        ),
        Attempt(
            "socket by the 32-bit way in",
            "Open a vsock socket through the kernel's entry for 32-bit programs.",
            _by_the_32_bit_way(),
            killed,
            needs=frozenset({Need.X86_64}),
        ),
        Attempt(
            "call by the x32 way in",
            "Make a call under the numbers of the x32 interface, which a filter may not know.",
            _by_the_x32_way(),
            killed,
            needs=frozenset({Need.X86_64}),
        ),
        Attempt(
            "abstract unix socket",
            "Connect to a server of the host under an abstract name, which no file system holds.",
            _knock("abstract", lambda stage: stage.ask("network.connect_unix", [stage.listeners.abstract])),
            _nobody_heard,
            Judged.OUTSIDE,
        ),
        Attempt(
            "every unix socket of the host",
            "Connect to each unix socket that is open on the host at this moment, by path and by abstract name.",
            _unix_sockets_of_the_host,
            nothing("socket of the host is reached"),
        ),
        Attempt(
            "engine and system sockets",
            "Connect to where Docker, containerd, Podman, D-Bus and systemd listen.",
            inside("network.connect_unix", _ENGINES),
            nothing("socket of an engine is reached"),
        ),
        Attempt(
            "port of the room",
            "Listen at a port in the room, and connect to it from the host.",
            _port_of_the_room,
            nothing("port of the room is reached from outside"),
            Judged.OUTSIDE,
        ),
    ),
)
