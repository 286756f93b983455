"""JupyterHub's configuration, made from the settings. No administrators: roles are our own."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from output_checker.errors import PlainError

from hub.airlock.ingress.policy import PolicyFile
from hub.authenticator import LocalAccounts
from hub.bubblewrap_seat import BubblewrapSeat
from hub.docker_seat import DockerSeat
from hub.door.addresses import origin_of, service_host, subdomain_hook
from hub.governance.rooms_of import Home, rooms_of
from hub.governance.tiers import load_tiers
from hub.own_pages import LOOK
from hub.own_pages import handlers as own_pages
from hub.pages.look import NHS, TEMPLATES, load_look
from hub.proxy import PROXY_NOTE, SeatProxy, routes_key
from hub.rooms import docker
from hub.rooms.choice import choose
from hub.seat_redirect import handlers as seat_redirect
from hub.settings import Settings, load
from hub.spawner import DIES_WITH_THE_HUB

ROOT = Path(__file__).resolve().parents[1]
PROXY = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
_POLL_S = 4


class SignIn(LocalAccounts):
    """Local accounts, and the handlers that have to stand before JupyterHub's own."""

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:
        """The seat redirect and the guarded pages, and not JupyterHub's own sign-in."""
        return [*seat_redirect(), *own_pages()]


def configure(c: Any) -> None:
    """Write every choice into JupyterHub's configuration object ``c``. Raises PlainError with a sentence."""
    settings = load()
    check(settings)

    c.JupyterHub.bind_url = f"http://{settings.listen}:{settings.listen_port}"
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_port}"
    c.JupyterHub.public_url = settings.public_url
    c.JupyterHub.subdomain_host = settings.public_url
    c.JupyterHub.subdomain_hook = subdomain_hook
    c.JupyterHub.db_url = f"sqlite:///{settings.state / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(settings.keys / "cookie-secret")
    c.JupyterHub.cookie_max_age_days = settings.session_hours / 24
    # A seat's script can set cookies for the whole site: with this prefix browsers take a session's cookie
    # from its own host only. It needs TLS, or a name below localhost.
    c.JupyterHub.cookie_host_prefix_enabled = True
    c.JupyterHub.template_paths = [str(ROOT / "hub" / "pages" / "hub_templates"), str(TEMPLATES)]
    look = load_look().addresses(f"/hub/{LOOK}/")
    c.JupyterHub.template_vars = {
        # JupyterHub copies what it finds here, and calls what can be called.
        "nhs": lambda _: NHS,
        "look": lambda _: look,
        "rooms_home": _for_user(rooms_of(settings.database)),
        "desk_url": origin_of(settings.public_url, service_host(settings.public_url, "desk"))
        + "/services/desk/",
    }
    c.JupyterHub.tornado_settings = {
        "cookie_options": {"samesite": "Lax"},
        "headers": page_headers(settings.public_url),
    }

    c.JupyterHub.proxy_class = SeatProxy
    c.ConfigurableHTTPProxy.command = [str(PROXY)]
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
    c.ConfigurableHTTPProxy.pid_file = str(settings.state / "run" / PROXY_NOTE)
    c.ConfigurableHTTPProxy.auth_token = routes_key(settings.keys)
    c.ConfigurableHTTPProxy.check_running_interval = 1

    c.JupyterHub.authenticator_class = SignIn
    c.JupyterHub.spawner_class = {"bubblewrap": BubblewrapSeat, "docker": DockerSeat}[choose(settings)]
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.named_server_limit_per_user = 0
    c.JupyterHub.redirect_to_server = False
    c.Spawner.poll_interval = _POLL_S
    c.Spawner.default_url = "/lab"
    c.Spawner.start_timeout = 90
    c.Spawner.http_timeout = 30
    c.LocalProcessSpawner.interrupt_timeout = 1
    c.LocalProcessSpawner.term_timeout = 1
    c.DockerSpawner.client_kwargs = {"base_url": settings.docker_address, "timeout": 20}

    c.JupyterHub.load_roles = _roles()
    c.JupyterHub.services = _services(settings)
    c.JupyterHub.activity_resolution = 30
    c.JupyterHub.log_level = settings.log_level


def page_headers(public_url: str) -> dict[str, str]:
    """The headers of every page of the hub. Its pages need no script, so none runs."""
    parts = urlsplit(public_url)
    # A form's answer may lead on to a seat or the desk: the sign-in page does, when one came from there.
    forms = f"'self' {parts.scheme}://*.{parts.netloc}"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not no-referrer: with that, browsers send "Origin: null" from our own forms.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _for_user(home_of: Callable[[str], Home]) -> Callable[[Any], Home | None]:
    """JupyterHub gives a template's function its own user object, or ``None`` before signing in."""
    return lambda user: None if user is None else home_of(str(user.name))


def _roles() -> list[dict[str, Any]]:
    """What signing in allows on JupyterHub: one's own rooms and the desk. Nobody may mint a token."""
    return [
        {
            "name": "user",
            "description": "One's own rooms, and the desk",
            "scopes": [
                "read:users!user",
                "users:activity!user",
                "servers!user",
                "access:servers!user",
                "access:services!service=desk",
            ],
        },
    ]


def _services(settings: Settings) -> list[dict[str, Any]]:
    environment = settings.as_environment()
    desk_origin = origin_of(settings.public_url, service_host(settings.public_url, "desk"))
    return [
        {
            "name": "desk",
            "url": f"http://127.0.0.1:{settings.desk_port}",
            "command": [*DIES_WITH_THE_HUB, sys.executable, "-m", "hub.pages.desk"],
            "environment": {
                **environment,
                "LOCKEDROOM_DESK_ORIGIN": desk_origin,
                "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED": "1",
            },
            "oauth_no_confirm": True,
            "oauth_redirect_uri": f"{desk_origin}/services/desk/oauth_callback",
            "display": False,
        },
        {
            "name": "airlock",
            "command": [*DIES_WITH_THE_HUB, sys.executable, "-m", "hub.cli", "airlock", "intake", "--watch"],
            "environment": environment,
            "display": False,
        },
    ]


def check(settings: Settings) -> None:
    """Raise PlainError with a sentence if a hub cannot run with these settings here."""
    host = urlsplit(settings.public_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        raise PlainError(
            "LOCKEDROOM_PUBLIC_URL: an address without a name cannot give each seat a host name of its own; "
            "give a name, such as http://lockedroom.localhost:8000."
        )
    if urlsplit(settings.public_url).scheme == "http" and not f".{host}".endswith(".localhost"):
        raise PlainError(
            "LOCKEDROOM_PUBLIC_URL: without TLS browsers do not keep the seats apart; give an https:// address, "
            "or for this machine alone a name below localhost, such as http://lockedroom.localhost:8000."
        )
    if choose(settings) == "docker":
        docker.backend(settings)
    if not PROXY.exists():
        raise PlainError("The hub's proxy is not installed: run `make`.")
    load_tiers()
    load_look()
    PolicyFile(settings.ingress_policy).now()
