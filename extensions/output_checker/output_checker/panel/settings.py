"""Where the panel finds the airlock's hatch; in a room the defaults fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from traitlets import Float, Unicode
from traitlets.config import LoggingConfigurable

from output_checker.errors import PlainError
from output_checker.staging.reply import INBOX
from output_checker.staging.writing import OUTBOX

# The room's memory and cores belong to the kernels.
_CHECKS_AT_ONCE = 2


class ReleasePanel(LoggingConfigurable):  # type: ignore[misc]
    """Settings of the panel, as ``c.ReleasePanel.outbox = …`` in a Jupyter configuration."""

    outbox = Unicode(str(OUTBOX), help="Where bundles are put for the airlock.").tag(config=True)
    inbox = Unicode(str(INBOX), help="Where the airlock answers.").tag(config=True)
    precheck_seconds = Float(45.0, help="After so long a pre-check is given up.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._checks = BoundedSemaphore(_CHECKS_AT_ONCE)

    @contextmanager
    def one_check(self) -> Iterator[None]:
        """One of the few pre-checks that run at once. Raises PlainError where too many do."""
        if not self._checks.acquire(blocking=False):
            raise PlainError(
                "Other pre-checks are still running in this room: wait until one of them is done."
            )
        try:
            yield
        finally:
            self._checks.release()

    @property
    def root(self) -> Path:
        """The folder that the file browser shows."""
        return Path(self.parent.root_dir)
