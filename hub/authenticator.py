"""JupyterHub's authenticator over the accounts in our store. It never makes anybody JupyterHub's admin."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import default

from hub import settings as settings_module
from hub.governance.signin import Limits, may_stay, normalise, sign_in
from hub.settings import Settings
from hub.store import Store, open_store
from hub.store.clock import utc_now
from hub.store.names import WrongName, parse_person

# Each check takes 64 MiB for a moment: so many at once, the others wait.
_CHECKS_AT_ONCE = 4
_WAITING = 20
BUSY = "Too many people are signing in at this moment: try again in a minute."


class LocalAccounts(Authenticator):  # type: ignore[misc]
    """Accounts with argon2id passwords. Who has one may sign in; what they may open is admission's to say."""

    @default("allow_all")  # type: ignore[untyped-decorator]
    def _allow_all(self) -> bool:
        # Whoever has an open account may sign in. JupyterHub would otherwise allow nobody.
        return True

    # The store is asked again about people who signed in earlier: a closed account ends their session
    # and their tokens within seconds.
    @default("auth_refresh_age")  # type: ignore[untyped-decorator]
    def _auth_refresh_age(self) -> int:
        return 5

    @default("auth_refresh_strict")  # type: ignore[untyped-decorator]
    def _auth_refresh_strict(self) -> bool:
        return True

    @default("refresh_pre_spawn")  # type: ignore[untyped-decorator]
    def _refresh_pre_spawn(self) -> bool:
        return True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings: Settings | None = None
        self._store: Store | None = None
        self._opening = asyncio.Lock()
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)
        self._waiting = 0
        if self.admin_users:
            raise ValueError("Lockedroom has roles of its own: leave JupyterHub's admin_users empty")

    def normalize_username(self, username: str) -> str:
        """Lower-case and without outer spaces; JupyterHub's username_map is not used."""
        return normalise(username)

    def validate_username(self, username: str) -> bool:
        """Only what can be a person's name in our store."""
        try:
            parse_person(username)
        except WrongName:
            return False
        return True

    def is_admin(self, handler: Any, authentication: dict[str, Any]) -> bool:
        """Never."""
        return False

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Check name and password. None for every kind of failure, so that the answers are alike.

        Raises ``HTTPError`` 429 with a sentence where too many wait already; then nothing is looked at.
        """
        name, password = data.get("username", ""), data.get("password", "")
        store = await self._opened()
        if self._waiting >= _WAITING:
            raise web.HTTPError(429, BUSY)
        self._waiting += 1
        try:
            await self._checks.acquire()
        finally:
            self._waiting -= 1
        try:
            person = await asyncio.to_thread(
                sign_in, store, name=name, password=password, limits=self._limits(), clock=utc_now
            )
        finally:
            self._checks.release()
        if person is None:
            _shorten_name(data)
            return None
        return {"name": str(person), "admin": False}

    async def refresh_user(self, user: Any, handler: Any = None) -> bool:
        """Whether somebody who signed in earlier may go on. A closed account may not."""
        store = await self._opened()
        return await asyncio.to_thread(_may_stay, store, str(user.name))

    async def _opened(self) -> Store:
        async with self._opening:
            if self._store is None:
                self._settings = settings_module.load()
                self._store = await asyncio.to_thread(open_store, self._settings.database)
            return self._store

    def _limits(self) -> Limits:
        chosen = self._settings or settings_module.load()
        return Limits(chosen.signin_failures, timedelta(seconds=chosen.signin_wait_seconds))


def _may_stay(store: Store, name: str) -> bool:
    with store.read() as session:
        return may_stay(session, name)


def _shorten_name(data: dict[str, str]) -> None:
    # JupyterHub logs and shows the name of a failed sign-in; people type passwords there by mistake.
    try:
        parse_person(normalise(data.get("username", "")))
    except WrongName:
        data["username"] = "(not a name)"
