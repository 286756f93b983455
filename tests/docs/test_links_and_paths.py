"""Every link leads somewhere, every path that a page names exists, and no page is left out of the index."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, Page, named

# What stands below these folders in a page is a path of this repository.
_OURS = tuple(
    f"{entry.name}/"
    for entry in ROOT.iterdir()
    if entry.is_dir() and entry.name not in {"var", "node_modules"} and not entry.name.startswith(".")
)
_OUTSIDE = ("http://", "https://", "mailto:")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_resolve(page: Page) -> None:
    for link in page.links:
        if link.startswith(_OUTSIDE):
            continue
        path, _, fragment = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), f"{page.name} links to {link}, which does not exist"
        assert target.is_relative_to(ROOT), f"{page.name} links to {link}, outside the repository"
        if fragment:
            assert fragment in Page(target).anchors, f"{page.name} links to {link}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_named_paths_exist(page: Page) -> None:
    words = list(page.inline)
    for fence in page.fences:
        if fence.language == "sh":
            words += shlex.split(fence.text, comments=True)
    for word in words:
        if word.startswith(_OURS) and not re.search(r"[\s*<>{…]", word):
            assert (ROOT / word).exists(), f"{page.name} names {word}, which does not exist"


@pytest.mark.parametrize("page", [p for p in PAGES if p.path.is_relative_to(DOCS)], ids=named)
def test_an_index_leads_to_the_page(page: Page) -> None:
    """The README of a page's own folder, or else of the nearest folder above, links to it."""
    above = [folder / "README.md" for folder in page.path.parents if folder.is_relative_to(ROOT)]
    index = Page(next(readme for readme in above if readme.exists() and readme != page.path))
    targets = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links}
    assert page.path in targets, f"{index.name} does not lead to {page.name}"
