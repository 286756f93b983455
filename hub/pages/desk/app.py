"""Put the desk together."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tornado.web import Application, RequestHandler

from hub.airlock.ingress.policy import PolicyFile
from hub.airlock.quarantine import Quarantine
from hub.pages.desk import handlers, ingress_handlers
from hub.pages.look import NHS, TEMPLATES, Look, load_look
from hub.store import Store

log = logging.getLogger("lockedroom.desk")
_HERE = Path(__file__).parent


def _size(count: int) -> str:
    """Bytes for people."""
    if count < 1024:
        return f"{count} bytes"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KB"
    return f"{count / (1024 * 1024):.1f} MB"


def _moment(moment: datetime) -> str:
    """A time for people, in UTC."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _day(moment: datetime) -> str:
    """A day for people, in UTC."""
    return f"{moment.day} {moment:%B %Y}"


def _duration(time: timedelta) -> str:
    """A length of time for people, in its largest unit."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(time.total_seconds()) // seconds
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader([_HERE / "templates", TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    found.globals["nhs"] = NHS
    found.filters["size"] = _size
    found.filters["moment"] = _moment
    found.filters["day"] = _day
    found.filters["duration"] = _duration
    return found


@dataclass(frozen=True)
class Desk:
    """What the handlers work with.

    ``prefix`` begins and ends with a slash; ``public_url`` is an origin; ``rooms`` is the address of the
    hub's page of a person's rooms; ``state`` is the installation's directory, in which the data zone's extracts
    and the copies of what should come in lie. ``uploading`` are the people whose uploads are on their way.
    """

    store: Store
    quarantine: Quarantine
    state: Path
    key: bytes
    hub_auth: Any
    prefix: str
    public_url: str
    rooms: str
    clock: Callable[[], datetime]
    ingress_policy: PolicyFile = field(default_factory=PolicyFile)
    uploading: set[str] = field(default_factory=set)
    templates: Environment = field(default_factory=_templates)
    look: Look = field(default_factory=load_look)

    @property
    def ingress_copies(self) -> Quarantine:
        """The airlock's own copies of what should come in."""
        return Quarantine(self.state / "ingress")


def make_app(desk: Desk) -> Application:
    """The tornado application."""
    passed = {"desk": desk}
    number, index = "([1-9][0-9]{0,9})", "([0-9]{1,4})"
    routes = [
        ("", handlers.Home),
        (f"requests/{number}/submit", handlers.Submit),
        (f"requests/{number}/withdraw", handlers.Withdraw),
        (f"requests/{number}/review", handlers.Review),
        (f"requests/{number}/(approve|reject)", handlers.Decide),
        (f"requests/{number}/files/{index}/download", handlers.Fetch),
        ("ingress/new", ingress_handlers.UploadPage),
        ("ingress/upload", ingress_handlers.Upload),
        (f"ingress/{number}/withdraw", ingress_handlers.WithdrawIngress),
        (f"ingress/{number}/review", ingress_handlers.ReviewIngress),
        (f"ingress/{number}/(approve|reject)", ingress_handlers.DecideIngress),
        ("oauth_callback", handlers.SignInDone),
        ("static/([a-z0-9.-]{1,64})", handlers.Static),
    ]
    secure = desk.public_url.startswith("https:")
    return Application(
        [(desk.prefix + path, handler, passed) for path, handler in routes],
        default_handler_class=handlers.Nothing,
        default_handler_args=passed,
        # A restart makes everybody sign in again, which the hub does without asking.
        cookie_secret=secrets.token_bytes(32),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict", "secure": secure},
        compress_response=False,
        log_function=_log_request,
    )


def _log_request(handler: RequestHandler) -> None:
    """One line a request, without the query: signing in passes a code in it."""
    request = handler.request
    milliseconds = 1000 * request.request_time()
    log.info("%s %s %s %.0f ms", handler.get_status(), request.method, request.path, milliseconds)
