"""Write docs/reference from the code: ``.venv/bin/python docs/generate.py`` (or ``make docs``).

``--check`` writes nothing, names the pages that are out of date, and ends with exit code 1 if there are any.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.generator import (  # noqa: E402
    attempts,
    checker,
    commands,
    formats,
    health_sources,
    ingress,
    ledger,
    people,
    requests,
    settings,
    tiers,
)

REFERENCE = ROOT / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "data-formats.md": formats.page,
    "escape-suite.md": attempts.page,
    "health-sources.md": health_sources.page,
    "ingress.md": ingress.page,
    "ledger-events.md": ledger.page,
    "policies.md": checker.policies_page,
    "request-states.md": requests.page,
    "roles-and-permissions.md": people.page,
    "rules.md": checker.rules_page,
    "settings.md": settings.page,
    "tiers.md": tiers.page,
}


def out_of_date() -> list[str]:
    """The pages that are missing or say something else than the code."""
    return [name for name, page in PAGES.items() if _present(name) != page()]


def write() -> list[str]:
    """Write the pages that are out of date; returns their names."""
    changed = out_of_date()
    REFERENCE.mkdir(exist_ok=True)
    for name in changed:
        (REFERENCE / name).write_text(PAGES[name](), "utf-8")
    return changed


def _present(name: str) -> str | None:
    file = REFERENCE / name
    return file.read_text("utf-8") if file.exists() else None


def main() -> int:
    """Exit code 0; with ``--check`` 1 if a page is out of date."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="only say which pages are out of date")
    if parser.parse_args().check:
        stale = out_of_date()
        for name in stale:
            print(f"docs/reference/{name} is out of date: run make docs.")
        return 1 if stale else 0
    for name in write():
        print(f"docs/reference/{name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
