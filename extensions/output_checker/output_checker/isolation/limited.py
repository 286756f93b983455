"""Where namespaces cannot be had: the command as a child process with limits, and nothing more.

``python -m output_checker.isolation.limited FD`` reads the same description as ``launch``. Files of the
host stay readable to it; the record of a check says that it ran this way.
"""

from __future__ import annotations

import os
import sys

from output_checker.isolation.launch import take_limits
from output_checker.isolation.sandbox import Sandbox


def main() -> None:
    """Take the limits and become the command."""
    with os.fdopen(int(sys.argv[1]), "rb") as source:
        sandbox = Sandbox.model_validate_json(source.read())
    take_limits(sandbox.limits, in_group=False)
    os.execve(sandbox.command[0], list(sandbox.command), sandbox.environment)  # noqa: S606


if __name__ == "__main__":
    main()
