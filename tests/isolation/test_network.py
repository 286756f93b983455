"""A seat's room reaches no port of its own hub, and no name. What else rooms cannot reach, the escape suite tries."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator

from tests.isolation.attempts import network
from tests.isolation.world import SeatUnderTest, World, listening_ports


@contextlib.contextmanager
def listening(family: socket.AddressFamily, address: object) -> Iterator[socket.socket]:
    """A server on the host."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(address)  # type: ignore[arg-type]
        server.listen()
        yield server


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
