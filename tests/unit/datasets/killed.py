"""Runs what the data zone does and kills itself (SIGKILL) at the n-th thing it does to the file system.

    python killed.py import|extract|gp|opt-out|link ROOT DIR N

With N = 0 it runs to the end and prints what these things were, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from datasets.extract import make_extract
from datasets.link.make import link_sources
from datasets.optout import take_list
from datasets.sources.health.importer import import_health
from datasets.sources.stats19 import import_stats19
from datasets.zone import DataZone
from tests.unit.datasets.files import NOW
from tests.unit.datasets.test_extract import approved

EVENTS = {"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


def main(what: str, root: str, folder: str, at: int) -> None:
    zone = DataZone(Path(root))
    seen: list[str] = []

    def count(event: str, args: tuple[object, ...]) -> None:
        if event in EVENTS and args and str(args[0]).startswith(root):
            seen.append(event)
            if len(seen) == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    if what == "import":
        import_stats19(zone, Path(folder), now=NOW)
    elif what == "gp":
        import_health(zone, "gp", Path(folder), now=NOW)
    elif what == "link":
        link_sources(zone, now=NOW)
    elif what == "opt-out":
        take_list(zone, Path(folder), now=NOW)
    else:
        make_extract(zone, approved(), now=NOW)
    print(*seen, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
