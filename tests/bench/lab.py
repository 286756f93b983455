"""JupyterLab without a hub: as a plain process, as a plain container, and spoken to on its socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import docker

from hub.rooms.docker_engine import connect, remove
from hub.settings import Settings
from tests.bench.measure import until
from tests.journey.browser_session import BINARY_PROTOCOL, Kernel

CELL = "1 + 1"


@asynccontextmanager
async def on_socket(path: Path, prefix: str = "/") -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the server that listens at the socket ``path``, with ``prefix`` as its base."""
    base = f"http://localhost{prefix}"
    async with aiohttp.ClientSession(base_url=base, connector=aiohttp.UnixConnector(str(path))) as session:
        yield session


async def first_reply(session: aiohttp.ClientSession) -> None:
    """Start a kernel and run one cell in it, as soon as the server answers at all."""
    while True:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with session.get("api/status") as answer:
                if answer.status == 200:
                    break
        await asyncio.sleep(0.005)
    async with session.post("api/kernels", data=json.dumps({"name": "python3"})) as answer:
        model = await answer.json()
    kernel = await connected(session, model["id"])
    await answered(kernel)
    await kernel.close()


async def connected(session: aiohttp.ClientSession, kernel: str) -> Kernel:
    """A kernel's websocket, directly on the server."""
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    return Kernel(await session.ws_connect(path, protocols=(BINARY_PROTOCOL,), max_msg_size=0))


async def answered(kernel: Kernel) -> None:
    """Run one cell to its end."""
    ran = await kernel.run(CELL)
    assert ran.text.strip() == "2", ran


class PlainProcess:
    """``jupyter lab`` from the rooms' own Python environment, started as anybody would."""

    def __init__(self, environment: Path) -> None:
        self._python = environment / "bin" / "python"

    async def start_to_first_reply(self) -> None:
        """Start one, run a cell, stop it."""
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            path = Path(folder) / "lab.sock"
            lab = subprocess.Popen(
                [self._python, "-m", "jupyterlab", *_arguments(path), "--allow-root"],
                env={"HOME": folder, "PATH": f"{self._python.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                await until(path.exists)
                async with on_socket(path) as session:
                    await first_reply(session)
            finally:
                lab.terminate()
                await asyncio.to_thread(lab.wait, 30)


class PlainContainer:
    """The rooms' image started as anybody would: no hub, no door, the engine's own defaults."""

    def __init__(self, settings: Settings, image: str) -> None:
        self._client: docker.APIClient = connect(settings)
        self._image = image

    async def start_to_first_reply(self) -> None:
        """Start one, run a cell, remove it."""
        name = f"bench-{uuid.uuid4().hex[:12]}"
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            run = Path(folder)
            run.chmod(0o777)
            await asyncio.to_thread(self._start, name, run)
            try:
                await until((run / "lab.sock").exists)
                async with on_socket(run / "lab.sock") as session:
                    await first_reply(session)
            finally:
                await asyncio.to_thread(remove, self._client, name)

    def _start(self, name: str, run: Path) -> None:
        self._client.create_container_from_config(
            {
                "Image": self._image,
                "User": f"{os.getuid()}:{os.getgid()}",
                "Cmd": ["jupyter", "lab", *_arguments(Path("/run/lab/lab.sock")), "--allow-root"],
                "HostConfig": {"NetworkMode": "none", "Binds": [f"{run}:/run/lab"]},
            },
            name=name,
        )
        self._client.start(name)


def _arguments(path: Path) -> list[str]:
    return [
        "--no-browser",
        f"--ServerApp.sock={path}",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
    ]
