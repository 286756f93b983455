"""A request and a kernel message through the door, against directly on the room's socket; in the same room."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.bench.lab import answered, connected, on_socket
from tests.bench.measure import Comparison, Options, alternate, timed
from tests.bench.site import PREFIX, PROJECT, Site, site
from tests.journey.browser_session import Kernel

_REQUESTS, _MESSAGES, _CELLS = 50, 20, 10
# A seat has a budget of cells in a short time; the door refuses what goes beyond.
_MOST_CELLS = 120


def run(options: Options) -> list[Comparison]:
    """Measure one open room."""
    return asyncio.run(_compare(options))


async def _compare(options: Options) -> list[Comparison]:
    async with site(0, {}) as place:
        await place.open()
        model = await place.browser.room_api(PROJECT, "POST", "api/kernels", {"name": "python3"})
        async with on_socket(place.socket, PREFIX) as directly:
            requests = {
                "on the socket": lambda: timed(ask(directly, "api/status")),
                "through the door": lambda: timed(ask_door(place)),
            }
            inside = await connected(directly, model["id"])
            outside = await place.browser.kernel(PROJECT, model["id"])
            cells = {
                "on the socket": lambda: timed(answered(inside)),
                "through the door": lambda: timed(answered(outside)),
            }
            messages = {
                "on the socket": lambda: timed(kernel_info(inside)),
                "through the door": lambda: timed(kernel_info(outside)),
            }
            for group in (requests, messages, cells):
                await alternate(group, 3)
            found = [
                Comparison(
                    "A request (api/status)", tuple(await alternate(requests, options.often(_REQUESTS)))
                ),
                Comparison(
                    "A message to the kernel and its reply (kernel_info)",
                    tuple(await alternate(messages, options.often(_MESSAGES))),
                ),
                Comparison(
                    "A cell (1 + 1), to its end",
                    tuple(await alternate(cells, min(_MOST_CELLS, options.often(_CELLS)))),
                    "Through the door it is also written into the ledger, and its text kept encrypted.",
                ),
            ]
            await inside.close()
            await outside.close()
        await place.close()
    return found


async def ask(session: aiohttp.ClientSession, path: str) -> None:
    """One request and its whole answer."""
    async with session.get(path) as answer:
        await answer.read()
        assert answer.status == 200, answer.status


async def ask_door(place: Site) -> None:
    """The same request by the seat's own page."""
    await place.browser.room_api(PROJECT, "GET", "api/status")


async def kernel_info(kernel: Kernel) -> None:
    """Ask a kernel what it is, and wait for its reply."""
    await kernel.ask("kernel_info_request", {}, "kernel_info_reply")
