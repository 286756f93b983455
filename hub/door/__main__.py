"""``python -m hub.door``: one seat's door. Started by the hub."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys

from output_checker.errors import PlainError

from hub.door.context import Door
from hub.door.server import build_server
from hub.door.settings import DoorSettings


async def serve(settings: DoorSettings) -> None:
    """Serve until told to stop."""
    door = Door(settings)
    await door.start()
    server = build_server(door)
    listener = socket.socket(fileno=settings.listen_fd)
    listener.setblocking(False)
    server.add_socket(listener)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.stop()
    await door.stop()


def main() -> int:
    """Exit code 0 after a stop, 3 with a sentence where it cannot start."""
    logging.basicConfig(level=logging.INFO, format="door %(levelname)s %(message)s")
    try:
        settings = DoorSettings.from_environment()
    except PlainError as error:
        print(error.sentence, file=sys.stderr)
        return error.exit_code
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
