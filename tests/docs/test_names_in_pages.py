"""Pages name settings that exist, and nothing that belongs to one machine or to a package registry."""

from __future__ import annotations

import re

import pytest

from docs import generate
from hub.door import settings as door
from hub.settings import PREFIX, Settings
from tests.docs.pages import PAGES, ROOT, Page, named

SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
# What processes of the hub tell each other: nobody sets them, and a page may still explain one.
INTERNAL = {value for name, value in vars(door).items() if name.startswith("ENV_")} | {
    "LOCKEDROOM_DESK_ORIGIN"
}

# A clone's own place, a user's home; not /workspace/home, which is a room's.
_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/")
_REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|npmjs|yarnpkg|crates\.io|(?<![ `])docker\.io|docker\.io/|ghcr\.io|quay\.io|conda\.anaconda"
    r"|index-url|proxy\.golang|deb\.debian",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_variables_exist(page: Page) -> None:
    found = set(re.findall(r"\bLOCKEDROOM_[A-Z_]+\b", page.text))
    assert found <= SETTINGS | INTERNAL, f"{page.name} names {sorted(found - SETTINGS - INTERNAL)}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_path_of_a_machine(page: Page) -> None:
    assert _MACHINE.findall(page.text) == []


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_pages_do_not_name_the_place_of_this_clone(name: str) -> None:
    assert str(ROOT) not in generate.PAGES[name]()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_registry(page: Page) -> None:
    assert _REGISTRIES.findall(page.text) == []


@pytest.mark.parametrize(
    "text",
    [
        "in /work/main",
        "see /root/.bashrc",
        "`/home/alice/x`",
        "https://pypi.org/simple",
        "docker.io/library/debian",
        "registry-1.docker.io",
    ],
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert _MACHINE.search(text) or _REGISTRIES.search(text)


def test_a_rooms_own_paths_are_not_a_machines() -> None:
    assert not _MACHINE.search("`/workspace/home/first-table.ipynb`, `home/x`, `./work/x`")


def test_the_debian_package_of_an_engine_is_not_a_registry() -> None:
    assert not _REGISTRIES.search("Debian's packages `docker.io` and `debootstrap`")
