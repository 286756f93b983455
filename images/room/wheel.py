"""The checker's wheel, as every room gets it: built in a copy, so that the checkout stays as it is.

It holds the JupyterLab extension as well, so that whoever installs it needs no Node.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from front_end import BUILT, CHECKER, built_front_end

# What the tools leave in a checkout where somebody works on the front end.
LEFT_BY_TOOLS = ("__pycache__", ".yarn", "node_modules", "lib", BUILT)


def build_wheel(work: Path) -> Path:
    """Build the wheel below the empty folder ``work`` and return its path."""
    copy = work / "output_checker"
    shutil.copytree(CHECKER, copy, symlinks=False, ignore=shutil.ignore_patterns(*LEFT_BY_TOOLS))
    shutil.copytree(built_front_end(), copy / BUILT)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "dist")],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    (wheel,) = (work / "dist").glob("*.whl")
    return wheel
