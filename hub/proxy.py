"""The stock proxy, told to route each seat by the seat's own host name."""

from __future__ import annotations

from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.user import User


class SeatProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """JupyterHub removes a named server's route by its person's host; here it has one of its own."""

    async def delete_user(self, user: User, server_name: str = "") -> None:
        """Remove the route of one seat."""
        spawner = user.spawners.get(server_name)
        if spawner is None or not server_name:
            await super().delete_user(user, server_name)
            return
        self.log.info("Removing seat %s from proxy", spawner.proxy_spec)
        await self.delete_route(spawner.proxy_spec)
