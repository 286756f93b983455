"""What the person gets at a window's door: one page, its files, and one websocket of pixels. Nothing of the room."""

from __future__ import annotations

from typing import Any

from tornado import websocket

from hub.door.gate import Gate, Turned
from hub.door.relay_pixels import Pixels
from hub.door.relay_websocket import MAX_WEBSOCKETS
from hub.door.rfb.steps import Refused
from hub.door.room_socket import RoomUnreachable
from hub.door.screen_files import ScreenFiles
from hub.door.screen_page import screen_headers, screen_page

_FOR_GOOD = "private, max-age=31536000, immutable"


class ScreenGate(Gate):
    """The gate of a window's door, with the headers of its page."""

    def set_default_headers(self) -> None:
        """Stricter than those of JupyterLab's pages."""
        super().set_default_headers()
        for name, value in screen_headers(self.own_origin).items():
            self.set_header(name, value)

    @property
    def files(self) -> ScreenFiles:
        """The page's files."""
        files: ScreenFiles = self.settings["screen_files"]
        return files


class ScreenPage(ScreenGate):
    """The page itself."""

    async def get(self) -> None:
        """At the seat's prefix; where JupyterLab is at a ``lab`` door, a way there."""
        settings = self.door.settings
        if self.request.path != settings.prefix:
            self.redirect(settings.prefix)
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        await self.finish(
            screen_page(
                self.files,
                prefix=settings.prefix,
                project=settings.server_name,
                hub_origin=settings.hub_origin,
            )
        )


class ScreenFile(ScreenGate):
    """One of the page's files."""

    async def get(self, mark: str, name: str) -> None:
        """By its whole name, out of the list."""
        file = self.files.files.get(name)
        if file is None or mark != self.files.mark:
            raise Turned(404, "The page asked for a file that it does not have. Load it again.")
        self.set_header("Content-Type", file.content_type)
        self.set_header("Cache-Control", _FOR_GOOD)
        await self.finish(file.body)


class PixelSocket(ScreenGate, websocket.WebSocketHandler):
    """The websocket of pixels."""

    pixels: Pixels | None = None

    def check_origin(self, origin: str) -> bool:
        """Checked already in :meth:`Gate.prepare`; once more here, since tornado asks."""
        return origin == self.own_origin

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the window's side first, then the browser's."""
        if not self.asks_for_websocket():
            raise Turned(400, "This address takes websockets only.")
        if self.door.websockets >= MAX_WEBSOCKETS:
            raise Turned(429, "The screen of this room is being opened too often at once. Try again shortly.")
        self.door.websockets += 1
        pixels = Pixels(self.door, self.browser_session())
        try:
            await pixels.open()
            self.pixels = pixels
            await super().get(*args, **kwargs)  # until the websocket is closed
        except Refused as refused:
            raise Turned(502, str(refused)) from None
        except (RoomUnreachable, TimeoutError) as error:
            raise self.room_does_not_answer(error) from None
        finally:
            pixels.end()  # also where the browser's half of the handshake was not one
            self.door.websockets -= 1

    async def open(self, *args: Any, **kwargs: Any) -> None:
        """The browser's side is open: greet it. No message is read before that is done."""
        assert self.pixels is not None
        await self.pixels.start(self)

    async def on_message(self, message: str | bytes) -> None:
        """One message from the browser; the next one waits until this one is through."""
        if self.pixels is not None:
            await self.pixels.to_window(message)

    def on_close(self) -> None:
        """The browser left."""
        if self.pixels is not None:
            self.pixels.end()


class Nothing(ScreenGate):
    """Every other address: closed, to the seat's owner as well."""

    async def _closed(self) -> None:
        raise Turned(403, "Only the room's screen passes this door. Files leave only through the airlock.")

    get = post = put = patch = delete = head = options = _closed
