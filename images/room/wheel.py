"""The checker's wheel, as every room gets it: built in a copy, so that the checkout stays as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "extensions" / "output_checker"


def build_wheel(work: Path) -> Path:
    """Build the wheel below the empty folder ``work`` and return its path."""
    shutil.copytree(
        CHECKER, work / "output_checker", symlinks=False, ignore=shutil.ignore_patterns("node_modules")
    )
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "dist")],
        cwd=work / "output_checker",
        check=True,
        capture_output=True,
    )
    (wheel,) = (work / "dist").glob("*.whl")
    return wheel
