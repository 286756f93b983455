"""``python -m hub.pages.desk``: the desk as a service that JupyterHub starts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from urllib.parse import urlsplit

from output_checker.errors import PlainError
from tornado.httpserver import HTTPServer

from hub import settings as settings_module
from hub.airlock.ingress.policy import PolicyFile
from hub.airlock.quarantine import Quarantine
from hub.airlock.tokens import load_key
from hub.pages.desk.app import Desk, make_app
from hub.pages.desk.identity import DeskOAuth
from hub.store import open_store
from hub.store.clock import utc_now

# A form with a comment is small. Larger is only an upload, which asks for more when its person is let in.
_MAX_BODY = 64 * 1024


class NotAService(PlainError):
    """Started by hand instead of by JupyterHub."""


async def serve() -> None:
    """Serve until the process ends."""
    settings = settings_module.load()
    url, prefix = os.environ.get("JUPYTERHUB_SERVICE_URL"), os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if not url or not prefix:
        raise NotAService(
            "The desk is started by JupyterHub as a service: run lockedroom serve, or make demo."
        )
    place = urlsplit(url)
    # The desk has a host name of its own; the hub's configuration says which.
    origin = os.environ.get("LOCKEDROOM_DESK_ORIGIN", settings.public_url)
    cookies: dict[str, object] = {"samesite": "Lax"}
    if origin.startswith("https:") or os.environ.get("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED") == "1":
        cookies["secure"] = True
    desk = Desk(
        store=open_store(settings.database),
        quarantine=Quarantine(settings.state / "airlock"),
        state=settings.state,
        key=load_key(settings.keys),
        hub_auth=DeskOAuth(cookie_options=cookies, oauth_redirect_uri=f"{origin}{prefix}oauth_callback"),
        prefix=prefix,
        public_url=origin,
        rooms=f"{settings.public_url}/hub/home",
        clock=utc_now,
        ingress_policy=PolicyFile(settings.ingress_policy),
    )
    desk.ingress_policy.now()
    server = HTTPServer(make_app(desk), max_body_size=_MAX_BODY, max_header_size=_MAX_BODY)
    server.listen(place.port or 80, address=place.hostname or "127.0.0.1")
    await asyncio.Event().wait()


def main() -> None:
    """Say in one sentence what is wrong, if anything."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s desk %(levelname)s %(message)s")
    try:
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C reaches the hub's services as well
            asyncio.run(serve())
    except PlainError as fault:
        print(fault.sentence, file=sys.stderr)
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
