"""Folders whose tests are all slow."""

from __future__ import annotations

from pathlib import Path

import pytest


def mark_folder(items: list[pytest.Item], folder: Path, *, group: str | None = None) -> None:
    """Mark the tests below ``folder`` as slow; those of a ``group`` run on one worker, where they share a hub."""
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.slow)
            if group is not None:
                item.add_marker(pytest.mark.xdist_group(group))
