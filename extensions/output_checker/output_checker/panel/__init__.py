"""The room's side panel: the part that runs in the Jupyter server.

It does for a person with a mouse what ``%stage`` and ``%replies`` do in a notebook, and has as little
weight: it runs in the room, the airlock believes nothing of it. The only part of the checker that needs
``jupyter_server`` (extra ``panel``).
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "output_checker.panel"}]


def _load_jupyter_server_extension(server: Any) -> None:
    # Only here, so that the rest can be imported where there is no Jupyter.
    from output_checker.panel.handlers import add_handlers
    from output_checker.panel.settings import ReleasePanel

    add_handlers(server.web_app, ReleasePanel(parent=server))
