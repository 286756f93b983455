"""The desk's addresses. Each handler asks, does one thing, and shows a page or goes back to one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated, UserNotAllowed
from output_checker.errors import PlainError
from sqlalchemy.orm import Session
from tornado.web import HTTPError, RequestHandler

from hub.airlock import business
from hub.airlock.business import AlreadyDownloaded, LookAgain
from hub.airlock.permissions import NotAllowed, NotVisible
from hub.airlock.policies import CommentNeeded, NotReadable, WrongMoment
from hub.airlock.records import kind_of
from hub.pages.desk import security, views
from hub.pages.desk.ingress_views import IngressHome, ingress_home
from hub.pages.desk.review import Review as ReviewView
from hub.pages.desk.review import review
from hub.pages.look.assets import CACHE

if TYPE_CHECKING:
    from hub.pages.desk.app import Desk

log = logging.getLogger("lockedroom.desk")
T = TypeVar("T")

_STATUS: dict[type[PlainError], int] = {
    NotVisible: 404,
    NotAllowed: 403,
    views.Unknown: 403,
    WrongMoment: 409,
    NotReadable: 409,
    LookAgain: 409,
    CommentNeeded: 400,
    AlreadyDownloaded: 410,
}
_SENTENCES = {
    400: "The desk did not understand that: please go back and try again.",
    403: "This is not open to you, or the page was too old: please go back to the desk and try again.",
    404: "There is no such page on the desk.",
    405: "There is no such page on the desk.",
}
_TITLES = {
    400: "That could not be done",
    403: "This is not open to you",
    404: "There is no such page",
    405: "There is no such page",
    409: "This cannot be done now",
    413: "This is too large",
    410: "This was downloaded already",
}
_FAULT = "Something went wrong on our side, and nothing was changed: please try again in a moment."


class Page(RequestHandler):
    """What all addresses share: headers, the host and origin check, and errors in plain words."""

    def initialize(self, desk: Desk) -> None:
        """Called by tornado with what the application passes on."""
        self.desk = desk

    def set_default_headers(self) -> None:
        """Also on errors."""
        self.clear_header("Server")
        for name, value in security.HEADERS.items():
            self.set_header(name, value)

    def refuse_strangers(self) -> None:
        """Raise 403 for a request that did not come to us, or not from us."""
        because = security.refusal(self.request.method or "", self.request.headers, self.desk.public_url)
        if because:
            raise HTTPError(403) from Sentence(because)

    def check_xsrf_cookie(self) -> None:
        """Before anything else, the request has to come from our own pages."""
        self.refuse_strangers()
        super().check_xsrf_cookie()

    async def prepare(self) -> None:
        """Every method, every address."""
        self.refuse_strangers()

    def page(self, template: str, **values: Any) -> None:
        """Finish with a page."""
        self.finish(self.draw(template, **values))

    def draw(self, template: str, **values: Any) -> str:
        """A page's HTML."""
        return self.desk.templates.get_template(template).render(
            prefix=self.desk.prefix,
            home=self.desk.prefix,
            rooms=self.desk.rooms,
            look=self.desk.look.addresses(self.desk.prefix + "static/"),
            **values,
        )

    def write_error(self, status_code: int, **details: Any) -> None:
        """A page with one sentence."""
        fault = details.get("exc_info", (None, None, None))[1]
        sentence = _SENTENCES.get(status_code, _FAULT)
        cause = fault.__cause__ if fault is not None else None
        again = None
        for said in (fault, cause):
            if isinstance(said, PlainError):
                sentence, again = said.sentence, self.again(said)
        title = _TITLES.get(status_code, "Something went wrong")
        self.page("error.html", sentence=sentence, title=title, status=status_code, again=again)

    def again(self, said: PlainError) -> str | None:
        """Where the person can do again what they tried, if there is such a place."""
        return None

    def log_exception(self, kind: Any, fault: Any, trace: Any) -> None:
        """Sentences are not faults of ours: no traceback for them."""
        if isinstance(fault, PlainError | HTTPError):
            log.info("%s %s: %s", self.request.method, self.request.path, fault)
        else:
            super().log_exception(kind, fault, trace)

    def _handle_request_exception(self, fault: BaseException) -> None:
        # tornado turns what is not an HTTPError into 500; our sentences have a status of their own.
        if isinstance(fault, PlainError):
            status = next((s for kind, s in _STATUS.items() if isinstance(fault, kind)), 400)
            raised = HTTPError(status)
            raised.__cause__ = fault
            super()._handle_request_exception(raised)
        else:
            super()._handle_request_exception(fault)


class Sentence(PlainError):
    """A sentence for the error page."""


class SignedIn(HubOAuthenticated, Page):  # type: ignore[misc]
    """Addresses for people who are signed in; the hub is asked each time."""

    @property
    def hub_auth(self) -> Any:
        """The application's own, not a singleton."""
        return self.desk.hub_auth

    def get_current_user(self) -> dict[str, Any] | None:
        """What ``prepare`` found out; nobody before that."""
        return None

    def check_xsrf_cookie(self) -> None:
        """Host and origin, then the hub's own kind of XSRF token."""
        self.refuse_strangers()
        self.hub_auth.check_xsrf_cookie(self)

    async def prepare(self) -> None:
        """Ask the hub who this is; send nobody's reads to the sign-in, refuse nobody's writes."""
        await super().prepare()
        model = await self.hub_auth.get_user(self, sync=False)
        if model is not None:
            try:
                model = self.check_hub_user(model)
            except UserNotAllowed:
                raise HTTPError(403) from Sentence("The hub does not let this account use the desk.")
        if model is None:
            if self.request.method not in {"GET", "HEAD"}:
                raise HTTPError(403) from Sentence(
                    "You are not signed in any more, so nothing was done: open the desk again and repeat it."
                )
            # Each way to the sign-in leaves a cookie behind, until it is gone; a request in the background goes none.
            if self.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
                raise HTTPError(403) from Sentence("You are not signed in: open the desk in the browser.")
            self.redirect(self.get_login_url())
            return
        if model.get("kind") != "user":
            raise HTTPError(403) from Sentence("The desk is for people, not for services.")
        self.current_user = model

    @property
    def person(self) -> str:
        """The name of the person who is signed in."""
        return str(self.current_user["name"])

    async def reading(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a thread with a reading session."""

        def run() -> T:
            with self.desk.store.read() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(None, run)

    async def writing(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a thread in one write transaction."""

        def run() -> T:
            with self.desk.store.write() as session:
                views.person_of(session, self.person)
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(None, run)

    async def show(self, template: str, **values: Any) -> None:
        """A page with forms in it. Drawn in a thread: the table of a large request takes its time."""
        values |= {"person": self.person, "xsrf": _text(self.xsrf_token)}
        draw = partial(self.draw, template, **values)
        self.finish(await asyncio.get_running_loop().run_in_executor(None, draw))

    def back(self) -> None:
        """To the person's own page, by GET."""
        self.redirect(self.desk.prefix, status=303)


class Home(SignedIn):
    """A person's page."""

    async def get(self) -> None:
        """Own requests, the queue for output checkers, and what other roles may see."""
        now = self.desk.clock()
        desk = self.desk
        policy = desk.ingress_policy.now().policy

        def read(session: Session) -> tuple[views.Home, IngressHome]:
            found = views.home(session, self.person, desk.key, desk.state, now)
            return found, ingress_home(session, self.person, policy, now)

        found, ingress = await self.reading(read)
        await self.show("home.html", it=found, ingress=ingress)


class Submit(SignedIn):
    """The author submits."""

    async def post(self, number: str) -> None:
        """One request, by number."""
        now = self.desk.clock()
        await self.writing(lambda s: business.submit(s, int(number), person=self.person, now=now))
        self.back()


class Withdraw(SignedIn):
    """The author takes back."""

    async def post(self, number: str) -> None:
        """One request, by number."""
        now = self.desk.clock()
        await self.writing(lambda s: business.withdraw(s, int(number), person=self.person, now=now))
        self.back()


class ForCheckers(SignedIn):
    """Addresses of one request for output checkers."""

    async def found(self, number: str) -> ReviewView:
        """The request as it is now. Raises a sentence for whoever may not see it."""
        now = self.desk.clock()
        return await self.reading(lambda s: review(s, self.person, int(number), self.desk.quarantine, now))


class Review(ForCheckers):
    """An output checker looks at a request."""

    async def get(self, number: str) -> None:
        """Its files, findings and decisions."""
        await self.show("review.html", it=await self.found(number), comment="", fault=None)


class Decide(ForCheckers):
    """An output checker decides, on exactly what they saw."""

    async def post(self, number: str, decision: str) -> None:
        """Approve or reject."""
        now = self.desk.clock()
        seen, comment = self.get_body_argument("seen", ""), self.get_body_argument("comment", "")
        decide: Callable[..., object] = business.reject
        if decision == "approve":
            decide = partial(business.approve, quarantine=self.desk.quarantine)
        try:
            await self.writing(
                lambda s: decide(s, int(number), person=self.person, seen=seen, comment=comment, now=now)
            )
        except CommentNeeded as fault:
            await self._ask_again(number, seen, comment, fault)
            return
        self.back()

    def again(self, said: PlainError) -> str | None:
        """The request, where it has to be looked at again."""
        number = self.path_args[0] if self.path_args else ""
        return f"{self.desk.prefix}requests/{number}/review" if isinstance(said, LookAgain) else None

    async def _ask_again(self, number: str, seen: str, comment: str, fault: CommentNeeded) -> None:
        """The same page with what was typed; only if it still is what they saw."""
        found = await self.found(number)
        if found.binding != seen:
            raise LookAgain(business.LOOK_AGAIN)
        if not found.can_reject:
            raise fault
        self.set_status(_STATUS[CommentNeeded])
        await self.show("review.html", it=found, comment=comment, fault=fault.sentence)


class Fetch(SignedIn):
    """The author downloads one released file, once."""

    async def post(self, number: str, index: str) -> None:
        """The bytes that were approved, under a name that the airlock gives."""
        now, token = self.desk.clock(), self.get_body_argument("token", "")

        def bytes_of(session: Session) -> tuple[bytes, str]:
            views.person_of(session, self.person)
            file = business.may_fetch(
                session, int(number), int(index), person=self.person, token=token, now=now
            )
            return self.desk.quarantine.read(int(number), int(index), file.sha256), kind_of(file.kind).suffix

        # Read and hashed first: a damaged copy must not use up the single download.
        content, suffix = await self.reading(bytes_of)
        await self.writing(
            lambda s: business.download(s, int(number), int(index), person=self.person, token=token, now=now)
        )
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="request-{number}-{index}{suffix}"')
        self.finish(content)


class SignInDone(HubOAuthCallbackHandler, Page):  # type: ignore[misc]
    """The hub sends the browser here after signing in."""

    @property
    def hub_auth(self) -> Any:
        """The application's own, not a singleton."""
        return self.desk.hub_auth

    def get_current_user(self) -> dict[str, Any] | None:
        """Nobody yet: a repeated callback begins again."""
        return None


class Static(Page):
    """The files that every page loads. No cookie, no person."""

    async def get(self, name: str) -> None:
        """One file, which changes only with its name."""
        asset = self.desk.look.find(name)
        if asset is None:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", CACHE)
        self.finish(asset.content)


class Nothing(Page):
    """Every other address."""

    async def prepare(self) -> None:
        """Nothing is here."""
        await super().prepare()
        raise HTTPError(404)


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value
