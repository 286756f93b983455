"""A person at a browser, over plain HTTP: signs in, keeps cookies, sends the headers a browser sends.

Used by the demo and the journey tests. It goes through the proxy, the hub, OAuth and the door like
anybody else, and knows no token.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
import struct
import uuid
from dataclasses import dataclass, field
from html import unescape
from http.cookies import BaseCookie
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

BINARY_PROTOCOL = "v1.kernel.websocket.jupyter.org"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
NAVIGATION |= {"Accept": "text/html,*/*;q=0.8"}


class Loopback(AbstractResolver):
    """Browsers resolve every name below ``localhost`` to this machine; the C library does not."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not (host == "localhost" or host.endswith(".localhost")):
            raise OSError(f"{host} is not this machine")
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is held."""


class LocalhostJar(aiohttp.CookieJar):
    """Browsers send ``Secure`` cookies to names below ``localhost`` without TLS as well; aiohttp does not."""

    def filter_cookies(self, request_url: URL) -> BaseCookie[str]:  # type: ignore[override]
        return super().filter_cookies(request_url.with_scheme("https"))


class Refused(Exception):
    """A page or an API answered that this may not be; the message is its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status
        self.sentence = sentence


@dataclass
class Page:
    """A page as it came: its final address, status, and text."""

    url: str
    status: int
    text: str

    def words(self) -> str:
        """The page's text without markup."""
        without = re.sub(r"<(script|style).*?</\1>", " ", self.text, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", without))).strip()


@dataclass
class Ran:
    """What came of one cell."""

    text: str
    error: str | None
    displayed: list[dict[str, Any]] = field(default_factory=list)


class Browser:
    """One person's browser session with one hub at ``public_url``."""

    def __init__(self, public_url: str, person: str) -> None:
        self.public_url = public_url
        self.person = person
        parts = urlsplit(public_url)
        self._host, self._port, self._scheme = parts.hostname, parts.port, parts.scheme
        self.http: aiohttp.ClientSession

    async def __aenter__(self) -> Browser:
        jar = LocalhostJar(quote_cookie=False)
        connector = aiohttp.TCPConnector(resolver=Loopback())
        self.http = aiohttp.ClientSession(
            cookie_jar=jar, connector=connector, timeout=aiohttp.ClientTimeout(total=120)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    def origin(self, host: str) -> str:
        """An origin of this hub, for a host name."""
        return f"{self._scheme}://{host}:{self._port}"

    def seat_origin(self, project: str) -> str:
        """The origin of this person's seat in ``project``."""
        return self.origin(f"{self.person}--{project}.{self._host}")

    def seat_url(self, project: str) -> str:
        """The address of this person's seat in ``project``, with a slash at the end."""
        return f"{self.seat_origin(project)}/user/{self.person}/{project}/"

    @property
    def desk(self) -> str:
        """The desk's address, with a slash at the end."""
        return f"{self.origin(f'desk.{self._host}')}/services/desk/"

    async def visit(self, url: str) -> Page:
        """Open a page as a person would, following redirects."""
        async with self.http.get(url, headers=NAVIGATION) as answer:
            return Page(str(answer.url), answer.status, await answer.text())

    async def submit(self, url: str, fields: dict[str, str], *, page: Page) -> Page:
        """Send a form that stands on ``page``, with the page's own hidden fields."""
        parts = urlsplit(page.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        headers = {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Origin": origin, "Referer": page.url}
        async with self.http.post(url, data=fields, headers=headers) as answer:
            return Page(str(answer.url), answer.status, await answer.text(errors="replace"))

    async def sign_in(self, password: str) -> None:
        """Sign in at the hub. Raises :class:`Refused` where the hub says no."""
        page = await self.visit(f"{self.public_url}/hub/login")
        fields = {"username": self.person, "password": password, "_xsrf": hidden_field(page, "_xsrf")}
        after = await self.submit(f"{self.public_url}/hub/login", fields, page=page)
        if after.status != 200 or "/hub/login" in after.url:
            raise Refused(after.status, after.words()[-300:])

    async def open_room(self, project: str, within_s: float = 90, every_s: float = 0.3) -> Page:
        """Open the room and wait for JupyterLab. Raises :class:`Refused` with the page's words."""
        page = await self.visit(f"{self.public_url}/hub/spawn/{self.person}/{project}")
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            if page.status >= 400 and page.status != 424:
                raise Refused(page.status, page.words())
            if page.status == 200 and page.url.startswith(self.seat_url(project)):
                return page
            if asyncio.get_running_loop().time() > deadline:
                raise Refused(page.status, f"the room did not open: {page.url} {page.words()[:300]}")
            await asyncio.sleep(every_s)
            page = await self.visit(f"{self.public_url}/hub/user/{self.person}/{project}/")

    async def close_room(self, project: str) -> None:
        """Stop the room, as the button on the hub's page does."""
        await self.hub_api("DELETE", f"users/{self.person}/servers/{project}")

    async def hub_api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A call of the hub's own pages to its API."""
        xsrf = self._cookie(self.public_url, "_xsrf")
        headers = {"X-XSRFToken": xsrf, "Origin": self.public_url, "Referer": self.public_url + "/hub/home"}
        url = f"{self.public_url}/hub/api/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def room_api(self, project: str, method: str, path: str, body: Any = None) -> Any:
        """A call of the seat's own page to the room. Raises :class:`Refused`."""
        headers = {
            "Origin": self.seat_origin(project),
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
        }
        async with self.http.request(
            method, self.seat_url(project) + path, json=body, headers=headers
        ) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise Refused(answer.status, text)
            return json.loads(text) if text else None

    async def kernel(self, project: str, kernel_id: str | None = None) -> Kernel:
        """Connect through the door to a kernel of the room, a new one if none is named."""
        if kernel_id is None:
            kernel_id = (await self.room_api(project, "POST", "api/kernels", {"name": "python3"}))["id"]
        url = f"{self.seat_url(project)}api/kernels/{kernel_id}/channels?session_id={uuid.uuid4().hex}"
        socket_ = await self.http.ws_connect(
            url.replace("http", "ws", 1),
            headers={"Origin": self.seat_origin(project)},
            protocols=(BINARY_PROTOCOL,),
            max_msg_size=0,
        )
        return Kernel(socket_)

    def _cookie(self, url: str, name: str) -> str:
        found = self.http.cookie_jar.filter_cookies(URL(url + "/hub/"))
        return found[name].value if name in found else ""


class Kernel:
    """A kernel in a room, spoken to as JupyterLab does: the binary protocol over a websocket."""

    def __init__(self, socket_: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket_

    async def run(self, code: str, within_s: float = 120) -> Ran:
        """Run one cell to its end."""
        message_id = await self.send(
            "execute_request", {"code": code, "silent": False, "store_history": True}
        )
        ran = Ran("", None)
        async with asyncio.timeout(within_s):
            async for message in self.socket:
                if message.type is not aiohttp.WSMsgType.BINARY:
                    continue
                _, header, parent, content = split(message.data)
                if parent.get("msg_id") != message_id:
                    continue
                kind = header["msg_type"]
                if kind == "stream":
                    ran.text += content["text"]
                elif kind in {"display_data", "execute_result"}:
                    ran.displayed.append(content["data"])
                    ran.text += content["data"].get("text/plain", "") + "\n"
                elif kind == "error":
                    ran.error = f"{content['ename']}: {content['evalue']}"
                elif kind == "status" and content["execution_state"] == "idle":
                    return ran
        reason = f"closed with {self.socket.close_code}"
        raise Refused(self.socket.close_code or 0, f"the door closed while the cell ran ({reason})")

    async def ask(
        self, kind: str, content: dict[str, Any], reply: str, within_s: float = 60
    ) -> dict[str, Any]:
        """Send one message and wait for its reply of the kind ``reply``; the reply's content."""
        message_id = await self.send(kind, content)
        async with asyncio.timeout(within_s):
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    _, header, parent, answer = split(message.data)
                    if parent.get("msg_id") == message_id and header["msg_type"] == reply:
                        return answer
        raise Refused(self.socket.close_code or 0, "the door closed before the kernel replied")

    async def send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        """Send one message; returns its id."""
        message_id = uuid.uuid4().hex
        header = {
            "msg_id": message_id,
            "msg_type": kind,
            "username": "",
            "session": "s",
            "version": "5.4",
            "date": "",
        }
        await self.socket.send_bytes(join(channel, header, {}, {}, content))
        return message_id

    async def close(self) -> None:
        """Hang up; the kernel goes on."""
        await self.socket.close()


def join(channel: str, *parts: dict[str, Any]) -> bytes:
    """One message in the binary form."""
    pieces = [channel.encode(), *(json.dumps(part).encode() for part in parts)]
    offsets = [8 * (len(pieces) + 2)]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(pieces)


def split(message: bytes) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(channel, header, parent header, content) of a message in the binary form."""
    (count,) = struct.unpack_from("<Q", message)
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    parts = [message[start:end] for start, end in itertools.pairwise(offsets)]
    return parts[0].decode(), json.loads(parts[1]), json.loads(parts[2]), json.loads(parts[4])


def hidden_field(page: Page, name: str) -> str:
    """The value of a hidden field on a page."""
    for tag in re.findall(r"<input[^>]+>", page.text):
        if re.search(rf'name="{re.escape(name)}"', tag) and (value := re.search(r'value="([^"]*)"', tag)):
            return unescape(value.group(1))
    raise Refused(page.status, f"no field {name} on {page.url}: {page.words()[:300]}")
