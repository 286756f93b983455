"""What stands before every address of a door: its own headers, plain errors, and the questions of the gate."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from jupyterhub import __version__ as jupyterhub_version
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated
from tornado import web

from hub.door import headers, origin, visitor
from hub.door.context import Door, HubUnreachable, Session
from hub.door.pages import sentence_page
from hub.door.warden_link import LinkDown
from hub.door.watch import Standing


class Turned(web.HTTPError):
    """A refusal whose sentence is ours and may be shown."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.sentence = sentence


class Ours(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """What every address of the door shares: its headers, and errors in plain words."""

    door: Door

    def initialize(self, door: Door) -> None:
        """Keep the seat's door."""
        self.door = door

    @property
    def own_origin(self) -> str:
        """The origin at which this address is."""
        return str(self.settings["door"].settings.origin)

    @property
    def hub_auth(self) -> HubOAuth:
        """The seat's OAuth client."""
        return self.door.auth

    def set_default_headers(self) -> None:
        """The door's own headers, on errors too."""
        self.clear_header("Server")
        for name, value in headers.security_headers(self.own_origin).items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-JupyterHub-Version", jupyterhub_version)

    def check_xsrf_cookie(self) -> None:
        """Origin and Host are checked in ``prepare``; the seat's origin sets no cookies for this."""

    def refuse_if(self, reason: str | None, status: int = 403) -> None:
        """Stop here with a sentence, if there is one."""
        if reason is not None:
            raise Turned(status, reason)

    def refuse_if_foreign(self) -> None:
        """Stop here what is not meant for this seat, or does not come from its own pages."""
        self.refuse_if(
            origin.refusal(
                str(self.request.method),
                self.request.headers,
                own_origin=self.own_origin,
                own_host=urlsplit(self.own_origin).netloc.lower(),
                websocket=self.asks_for_websocket(),
            )
        )

    def asks_for_websocket(self) -> bool:
        """Whether the browser wants to go on with a websocket."""
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A sentence: as a page for people, as JSON for scripts. Only our own sentences are shown."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        sentence = error.sentence if isinstance(error, Turned) else _SENTENCES.get(status_code, _FAULT)
        if self._is_navigation():
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(sentence_page(status_code, sentence, self.door.settings.hub_origin))
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": sentence}))

    def _is_navigation(self) -> bool:
        mode = self.request.headers.get("Sec-Fetch-Mode")
        return mode == "navigate" if mode else "text/html" in self.request.headers.get("Accept", "")


class Gate(Ours):
    """What every request passes before anything else: host, origin, person, membership, route."""

    person: str | None = None  # who is signed in, as soon as it is known

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """As for every address; a refusal is written down as well."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Turned) and status_code < 500:
            self.door.recorder.refused(error.sentence, self.person)
        super().write_error(status_code, **kwargs)

    async def prepare(self) -> None:
        """Refuse, ask to sign in, or let the request go on."""
        self.refuse_if_foreign()
        self.room_path()
        await self.let_person_in()

    async def let_person_in(self) -> None:
        """Only the seat's owner, from where and while they may be in, and not without an entry in the ledger."""
        settings = self.door.settings
        self.refuse_if(
            visitor.refusal(
                self.request.headers.get("X-Forwarded-For"),
                allowed=settings.networks,
                trusted=settings.trusted_proxies,
            )
        )
        try:
            person = await self.door.person_of(*self.browser_session())
        except HubUnreachable as error:
            self.door.log.warning("the hub could not be asked about a session: %s", error)
            raise Turned(503, "The hub does not answer. Try again shortly.") from None
        self.person = person
        if person is None:
            if self.request.method == "GET" and not self.asks_for_websocket() and self._is_navigation():
                self.redirect(self.get_login_url())
                return
            raise Turned(403, "Sign in first: open the room's page in the browser.")
        if person != settings.owner:
            raise Turned(403, "This room belongs to somebody else.")
        self.refuse_if_closed()
        try:
            await self.door.recorder.entered()
        except LinkDown:
            raise Turned(503, "The hub cannot record that you came in. Try again shortly.") from None

    def refuse_if_closed(self) -> None:
        """Stop here while the door is frozen or has ended."""
        ended = self.door.watch.standing() is Standing.ENDED
        self.refuse_if(self.door.watch.why_closed(), 403 if ended else 503)

    def session(self) -> Session | None:
        """For whom this request is: a browser session that may end."""
        return self.browser_session()

    def browser_session(self) -> Session:
        """The hub's token out of the seat's own signed cookie, and the session's id.

        Headers and URLs are not looked at.
        """
        value = self.get_secure_cookie(self.hub_auth.cookie_name)
        token = value.decode("ascii", "replace") if value else None
        return token, str(self.hub_auth.get_session_id(self))

    def room_path(self) -> tuple[str, str]:
        """(raw path below the seat's prefix, raw query) of this request."""
        path, _, query = str(self.request.uri).partition("?")
        prefix = self.door.settings.prefix
        if not path.startswith(prefix):
            raise Turned(404, "This address does not belong to this room.")
        return path[len(prefix) - 1 :], query

    def room_does_not_answer(self, error: Exception) -> Turned:
        """Log why, and what to tell the person."""
        self.door.log.warning("room unreachable: %s", error)
        return Turned(502, "The room does not answer. Close it on the page of your rooms and open it again.")


_FAULT = "The door could not answer. Try again; if it stays so, tell an administrator."
_SENTENCES = {
    400: "The door did not understand this. Open the room again from the page of your rooms.",
    403: "You could not be signed in to this room. Open it again from the page of your rooms.",
    404: "This address does not belong to this room.",
    405: "The door does not take this kind of request.",
}
