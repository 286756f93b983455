"""Who is signed in, asked of the hub at every request and never remembered."""

from __future__ import annotations

from typing import Any

from jupyterhub.services.auth import HubOAuth


class DeskOAuth(HubOAuth):  # type: ignore[misc]
    """JupyterHub's OAuth for a browser session, and nothing else.

    The stock class remembers an answer for five minutes, so that a person who was switched off would keep
    the desk that long; and it takes any hub token from a header or the address, so that a token minted
    by a script would do what a person at a browser is meant to do.
    """

    def user_for_token(
        self, token: str, use_cache: bool = True, session_id: str = "", *, sync: bool = True
    ) -> Any:
        """Ask the hub, whatever the caller says about a cache."""
        return super().user_for_token(token, use_cache=False, session_id=session_id, sync=sync)

    def get_token(self, handler: Any, in_cookie: bool = True) -> Any:
        """The session's cookie only: no header, no address."""
        return self._get_token_cookie(handler) if in_cookie else None
