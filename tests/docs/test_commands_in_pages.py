"""A command that a page shows can be typed: it exists, takes these options, and gets the arguments it needs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import typer

from docs.generator.commands import PROGRAMS, commands
from tests.docs.pages import PAGES, ROOT, Page, named

_TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
# Where each target that takes ARGS reads its options.
_OPTIONS = {
    "demo": (ROOT / "tests" / "journey" / "demo.py").read_text(),
    "bench": (ROOT / "tests" / "bench" / "__main__.py").read_text(),
    "room-image": (ROOT / "images" / "room" / "image.py").read_text(),
    "window-image": (ROOT / "images" / "room" / "image.py").read_text(),
}
_SHELL = {"sh", "bash", "console"}


class WrongCommand(Exception):
    """Why a command cannot be typed as it stands."""


def shell_lines(page: Page) -> Iterator[list[str]]:
    """Every command in the page's shell blocks, as words."""
    for fence in page.fences:
        if fence.language in _SHELL:
            for line in fence.text.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words:
                    yield words


def check_command(words: list[str], *, whole: bool = True) -> None:
    """Raise WrongCommand unless ``words`` can be typed; ``whole`` also asks for required arguments."""
    program = PurePosixPath(words[0]).name
    if program == "make":
        _check_make(words[1:])
    elif program in PROGRAMS:
        _check_ours(program, words[1:], whole=whole)


def _check_make(words: list[str]) -> None:
    options = "".join(_OPTIONS.get(word, "") for word in words)
    for word in words:
        name, assigned, value = word.partition("=")
        if assigned:
            for option in re.findall(r"--[\w-]+", value):
                if f'"{option}"' not in options:
                    raise WrongCommand(f"this make target has no option {option}")
            if name not in {"ARGS", "PYTHON"}:
                raise WrongCommand(f"the Makefile has no variable {name}")
        elif word not in _TARGETS:
            raise WrongCommand(f"the Makefile has no target {word}")


def _check_ours(program: str, words: list[str], *, whole: bool) -> None:
    command: Any = typer.main.get_command(PROGRAMS[program])
    name = program
    while getattr(command, "commands", None):
        if not words:
            if whole:
                raise WrongCommand(f"{name} is not a whole command")
            return
        if words[0] not in command.commands:
            raise WrongCommand(f"there is no command {name} {words[0]}")
        name, command, words = f"{name} {words[0]}", command.commands[words[0]], words[1:]
    unknown = {word.partition("=")[0] for word in words if word.startswith("-")} - commands()[name].options
    if unknown:
        raise WrongCommand(f"{name} has no option {', '.join(sorted(unknown))}")
    if whole:
        try:
            command.make_context(name, list(words))
        except Exception as error:
            said = error.format_message() if hasattr(error, "format_message") else error
            raise WrongCommand(f"{name}: {said}") from error


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_in_shell_blocks_can_be_typed(page: Page) -> None:
    for words in shell_lines(page):
        try:
            check_command(words)
        except WrongCommand as wrong:
            pytest.fail(f"{page.name}: {' '.join(words)}: {wrong}")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_in_sentences_exist(page: Page) -> None:
    for inline in page.inline:
        if re.match(r"(lockedroom|output-checker|make) [a-z]", inline):
            try:
                check_command(shlex.split(inline), whole=False)
            except WrongCommand as wrong:
                pytest.fail(f"{page.name}: {inline}: {wrong}")


def test_the_pages_show_commands() -> None:
    programs = [PurePosixPath(words[0]).name for page in PAGES for words in shell_lines(page)]
    assert {"make", "lockedroom", "output-checker"} <= set(programs)


@pytest.mark.parametrize(
    "typed",
    [
        "lockedroom persons list",
        "lockedroom people",
        "lockedroom people add alice",
        "lockedroom people add alice --full-name Alice --colour red",
        "lockedroom data import stats18 folder",
        "output-checker check",
        "make nonsense",
        'make demo ARGS="--twice"',
        "make demo ARGS=--fresh",
        "make room-image ARGS=--once",
    ],
)
def test_a_wrong_command_is_seen(typed: str) -> None:
    with pytest.raises(WrongCommand):
        check_command(shlex.split(typed))
