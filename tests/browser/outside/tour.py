"""A browser that asks for everything: each address by navigating, and each with every method by script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as PlaywrightError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Six at a time, as browsers do; what streams is read to its end, or for half a minute.
_ASK = """async asked => {
    const statuses = [];
    const one = async ([url, options]) => {
        try {
            const answer = await fetch(url, {credentials: 'include', cache: 'no-store', redirect: 'manual',
                                             signal: AbortSignal.timeout(30000), ...options});
            await answer.arrayBuffer();
            statuses.push(answer.type === 'opaqueredirect' ? 'redirect' : String(answer.status));
        } catch (error) { statuses.push(error.name) }
    };
    while (asked.length) await Promise.all(asked.splice(0, 6).map(one));
    return statuses;
}"""


@dataclass
class Tour:
    """Tours of one browser."""

    context: BrowserContext

    def navigate(self, origin: str, paths: Iterable[str]) -> None:
        """Open each address as a person would who types it in."""
        page = self.context.new_page()
        for path in paths:
            try:
                page.goto(origin + path, wait_until="load")
            except PlaywrightError as error:
                # No page, but a download or nothing at all: what came was tapped.
                if not any(
                    sign in error.message for sign in ("ERR_ABORTED", "Download", "interrupted by another")
                ):
                    raise
        page.close()

    def ask(
        self,
        home: str,
        paths: Iterable[str],
        methods: Iterable[str] = METHODS,
        *,
        form: Mapping[str, str] | None = None,
        json: str | None = None,
        secret: str | None = None,
    ) -> list[str]:
        """Fetch each path with each method from the page at ``home``, which has the same origin.

        Writing methods carry ``form`` or ``json``. Each request carries the secret against forgery that
        belongs to the page, or another one. Returns the statuses.
        """
        page = self.context.new_page()
        page.goto(home)
        mine = {cookie["name"]: cookie["value"] for cookie in self.context.cookies(home)}["_xsrf"]
        secret = secret or mine
        kind = "application/x-www-form-urlencoded" if json is None else "application/json"
        body = urlencode({"_xsrf": secret, **(form or {})}) if json is None else json
        asked: list[tuple[str, dict[str, Any]]] = []
        for path in paths:
            for method in methods:
                options: dict[str, Any] = {"method": method, "headers": {"X-XSRFToken": secret}}
                if method not in {"GET", "HEAD", "OPTIONS"}:
                    options["body"] = body
                    options["headers"]["Content-Type"] = kind
                asked.append((path, options))
        statuses: list[str] = page.evaluate(_ASK, asked)
        page.close()
        return statuses
