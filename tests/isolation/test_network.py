"""The room reaches nothing: no device, no route, no name, no port, no foreign socket family."""

from __future__ import annotations

import contextlib
import errno
import platform
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.isolation.attempts import network
from tests.isolation.world import SeatUnderTest, World, listening_ports

on_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code is written for x86-64")
IO_URING_SETUP = 425
KILLED = {signal.SIGSYS, signal.SIGSEGV}


@contextlib.contextmanager
def listening(family: socket.AddressFamily, address: object) -> Iterator[socket.socket]:
    """A server on the host."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(address)  # type: ignore[arg-type]
        server.listen()
        yield server


def test_the_room_has_no_network_device_but_the_loopback_and_no_route(alice_one: SeatUnderTest) -> None:
    seen = alice_one.call(network.devices_and_routes)
    assert seen["devices"] == ["lo"]
    assert seen["routes"] == [] and seen["neighbours"] == []
    assert set(seen["routes_6"]) <= {"lo"}


def test_no_name_resolves_but_the_rooms_own_localhost(world: World, alice_one: SeatUnderTest) -> None:
    host = world.hub.public_url.removeprefix("http://").partition(":")[0]
    names = ["example.org", "localhost", host, "kubernetes.default", "host.docker.internal"]
    found = alice_one.call(network.resolve, names)
    assert found.pop("localhost").startswith(("('127.0.0.1'", "('::1'"))
    assert set(found.values()) == {"gaierror"}


def test_no_port_of_the_host_can_be_reached(world: World, alice_one: SeatUnderTest) -> None:
    settings = world.hub.settings
    (door_port,) = listening_ports(alice_one.door_pid)
    open_ports = [
        settings.hub_port,
        settings.listen_port,
        settings.proxy_api_port,
        settings.desk_port,
        door_port,
    ]
    with contextlib.ExitStack() as servers:
        everywhere = servers.enter_context(listening(socket.AF_INET, ("0.0.0.0", 0))).getsockname()[1]
        addresses = [("127.0.0.1", port) for port in [*open_ports, everywhere]]
        addresses += [(address, everywhere) for address in own_addresses()]
        with contextlib.suppress(OSError):
            port = servers.enter_context(listening(socket.AF_INET6, ("::1", 0))).getsockname()[1]
            addresses.append(("::1", port))
        assert set(network.connect(addresses).values()) == {"open"}, "the host itself reaches all of them"
        addresses += [("127.0.0.1", port) for port in (22, 2375, 5432, 8000, 8001, 8081)]
        addresses += [("169.254.169.254", 80), ("10.0.2.2", 80), ("192.168.0.1", 53), ("8.8.8.8", 53)]
        found = alice_one.call(network.connect, addresses)
        sent = alice_one.call(
            network.send_datagrams, [("8.8.8.8", 53), ("169.254.169.254", 53), ("224.0.0.251", 5353)]
        )
    assert set(found.values()) <= {"ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL"}
    assert set(sent.values()) == {"ENETUNREACH"}


def own_addresses() -> list[str]:
    """The addresses of this machine's network devices."""
    said = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout
    return [address for address in said.split() if ":" not in address]


def test_no_socket_opens_but_unix_and_plain_inet(alice_one: SeatUnderTest) -> None:
    on_host = {int(one.partition(" ")[0]) for one in network.open_families()}
    assert {socket.AF_NETLINK, socket.AF_PACKET} <= on_host, "the host itself opens them"
    families = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}
    opened = {tuple(int(part) for part in one.split()) for one in alice_one.call(network.open_families)}
    assert {family for family, _ in opened} <= families
    assert not [kind for family, kind in opened if kind == socket.SOCK_RAW and family != socket.AF_UNIX]


def test_io_uring_which_opens_sockets_behind_the_filter_is_absent(alice_one: SeatUnderTest) -> None:
    assert alice_one.call(network.raw_call, IO_URING_SETUP, [8, 0]) == [-1, errno.ENOSYS]


@on_x86_64
@pytest.mark.parametrize("family", [socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_INET])
def test_a_call_by_the_32_bit_way_in_kills_its_process(alice_one: SeatUnderTest, family: int) -> None:
    # mov eax, 359 (socket); mov ebx, family; mov ecx, SOCK_DGRAM; xor edx, edx; int 0x80; ret - rbx is kept.
    code = b"\x53\xb8" + (359).to_bytes(4, "little") + b"\xbb" + int(family).to_bytes(4, "little")
    code += b"\xb9\x02\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3"
    assert alice_one.call(network.in_machine_code, code.hex())["killed_by"] in KILLED


@on_x86_64
def test_a_call_by_the_x32_way_in_kills_its_process(alice_one: SeatUnderTest) -> None:
    # mov eax, X32 | 39 (getpid); syscall; ret - the most harmless of all calls, by the wrong way in.
    code = b"\xb8" + (0x40000000 | 39).to_bytes(4, "little") + b"\x0f\x05\xc3"
    assert alice_one.call(network.in_machine_code, code.hex())["killed_by"] in KILLED


@on_x86_64
def test_machine_code_by_the_ordinary_way_in_does_run(alice_one: SeatUnderTest) -> None:
    code = b"\xb8" + (39).to_bytes(4, "little") + b"\x0f\x05\xc3"
    found = alice_one.call(network.in_machine_code, code.hex())
    assert found["killed_by"] == 0 and found["result"] > 0


def test_no_unix_socket_of_the_host_can_be_reached_by_path_or_abstract_name(
    world: World, alice_one: SeatUnderTest
) -> None:
    abstract = f"@lockedroom-{uuid.uuid4().hex}"
    warden = world.state / "run" / "warden.sock"
    with listening(socket.AF_UNIX, "\0" + abstract[1:]):
        assert network.connect_unix([abstract]) == {abstract: "open"}
        # All that listen on this machine, whoever they belong to; the room's own folder is its own.
        rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
        named = {row[7] for row in rows if len(row) > 7 and not row[7].startswith("/run/room/")}
        tried = sorted({*named, str(warden), "/var/run/docker.sock", "/run/docker.sock", abstract})
        assert abstract in named
        found = alice_one.call(network.connect_unix, tried)
    assert "open" not in found.values(), [path for path, said in found.items() if said == "open"]
