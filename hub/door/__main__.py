"""``python -m hub.door``: one seat's door. Started by the hub."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys

from output_checker.errors import PlainError

from hub.door.context import Door
from hub.door.inner_handlers import inner_listener
from hub.door.server import build_inner_server, build_server
from hub.door.settings import DoorSettings


async def serve(settings: DoorSettings) -> None:
    """Serve until told to stop."""
    door = Door(settings)
    servers = [build_server(door)]
    await door.start()
    listener = socket.socket(fileno=settings.listen_fd)
    listener.setblocking(False)
    servers[0].add_socket(listener)
    if settings.window is not None:
        servers.append(build_inner_server(door))
        servers[1].add_socket(inner_listener(settings.window.inner_dir))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    for server in servers:
        server.stop()
    await door.stop()


def main() -> int:
    """Exit code 0 after a stop, 3 with a sentence where it cannot start."""
    logging.basicConfig(level=logging.INFO, format="door %(levelname)s %(message)s")
    try:
        asyncio.run(serve(DoorSettings.from_environment()))
    except PlainError as error:
        print(error.sentence, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
