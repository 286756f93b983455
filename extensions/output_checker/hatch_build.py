"""Put the JupyterLab extension into the wheel where it has been built (``jlpm build``).

Without it the wheel is the checker alone: it needs no Node and no Jupyter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LABEXTENSION = "share/jupyter/labextensions/@lockedroom/output-checker"
SERVER_CONFIG = "etc/jupyter/jupyter_server_config.d/output_checker.json"


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling for each wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files that go beside the package."""
        if (Path(self.root) / "labextension" / "package.json").exists():
            build_data["shared_data"]["labextension"] = LABEXTENSION
            build_data["shared_data"]["jupyter_server_config.json"] = SERVER_CONFIG
