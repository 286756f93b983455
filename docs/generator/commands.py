"""docs/reference/commands.md: every command and option of the two command lines, and their exit codes."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
from output_checker.cli import EXIT_OWN_FAULT, EXIT_WRONG_REQUEST
from output_checker.cli import app as output_checker
from output_checker.errors import PlainError
from output_checker.verdict import Verdict

from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page
from hub.cli import app as lockedroom
from hub.ledger.heads import WrongAnchor
from hub.store.faults import TRY_AGAIN_EXIT

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"lockedroom": lockedroom, "output-checker": output_checker}


@dataclass(frozen=True)
class Command:
    """One command: its full name, what it says of itself, its parameters (typer's own objects)."""

    name: str
    meaning: str
    parameters: tuple[Any, ...]

    @property
    def options(self) -> frozenset[str]:
        """The options it takes."""
        return frozenset(o for p in self.parameters if _is_option(p) for o in (*p.opts, *p.secondary_opts))


@cache
def commands() -> dict[str, Command]:
    """All commands of both programs by their full name, such as ``lockedroom people add``."""
    return {c.name: c for name, app in PROGRAMS.items() for c in _walk(name, typer.main.get_command(app))}


def _walk(name: str, found: Any) -> Iterator[Command]:
    inner = getattr(found, "commands", None)
    if inner is None:
        yield Command(name, found.help or "", tuple(found.params))
    else:
        for word, command in inner.items():
            yield from _walk(f"{name} {word}", command)


def page() -> str:
    """The page."""
    parts = []
    for program in PROGRAMS:
        parts.append(f"## {program}")
        for command in commands().values():
            if command.name.split()[0] == program:
                parts += _section(command)
    return whole_page(
        "Commands",
        "After `make` both programs lie in `.venv/bin`. `--help` after any command says the same as this page.",
        *parts,
        "## Exit codes of lockedroom",
        table(("Code", "Meaning"), _lockedroom_codes()),
        "## Exit codes of output-checker",
        table(("Code", "Meaning"), _checker_codes()),
    )


def _section(command: Command) -> list[str]:
    words = [f"{command.name}"]
    for p in command.parameters:
        if not _is_option(p):
            words.append(_argument(p))
    words += [f"{_option(p)}" for p in command.parameters if _is_option(p) and p.required]
    if any(_is_option(p) and not p.required for p in command.parameters):
        words.append("[OPTIONS]")
    rows = [
        (code(_option(p) if _is_option(p) else _argument(p)), _facts(p), p.help) for p in command.parameters
    ]
    shown = [f"### {command.name}", " ".join(command.meaning.split()), f"```\n{' '.join(words)}\n```"]
    return [*shown, table(("Parameter", "", "Meaning"), rows)] if rows else shown


def _is_option(parameter: Any) -> bool:
    return bool(parameter.opts[0].startswith("-"))


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).upper()
    return f"{name}..." if parameter.nargs == -1 else name


def _option(parameter: Any) -> str:
    names = "/".join((*parameter.opts, *parameter.secondary_opts))
    return names if parameter.is_flag else f"{names} {parameter.metavar or _type(parameter)}"


def _type(parameter: Any) -> str:
    return {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(parameter.type_descriptor.annotation, "TEXT")


def _facts(parameter: Any) -> str:
    facts = ["required"] if parameter.required else []
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        facts.append("one of " + ", ".join(code(str(member)) for member in kind))
    if getattr(parameter, "multiple", False):
        facts.append("may be repeated")
    if parameter.min is not None or parameter.max is not None:
        facts.append(f"{parameter.min} to {parameter.max}")
    if parameter.default is not None and not getattr(parameter, "is_flag", False):
        default = parameter.default
        if isinstance(default, Path) and default.is_relative_to(ROOT):
            default = f"{default.relative_to(ROOT)} of this repository"
        facts.append(f"default {code(default)}")
    return "; ".join(facts)


def _lockedroom_codes() -> list[tuple[object, str]]:
    return [
        (0, "It was done."),
        (1, "`ledger verify` found that the ledger is not intact, and named the place."),
        (2, "The command line itself was wrong: an unknown command, option or kind of value."),
        (PlainError.exit_code, "It was not done: one sentence on standard error says why."),
        (WrongAnchor.exit_code, f"{(WrongAnchor.__doc__ or '').rstrip('.')} ({code('ledger')} commands)."),
        (
            TRY_AGAIN_EXIT,
            "The database could not do it; nothing was changed, and the sentence says what to do.",
        ),
    ]


def _checker_codes() -> list[tuple[object, str]]:
    said = {
        Verdict.CLEAR: "clear: no finding, or only information. Also: another command than `check` did its work.",
        Verdict.REVIEW: "review: a person has to look.",
        Verdict.BLOCK: "block: must not leave as it is; also content that is unreadable, empty or too large.",
    }
    return [
        *((v.exit_code, said[v]) for v in Verdict),
        (
            EXIT_WRONG_REQUEST,
            "A path that does not exist, an unknown policy, a wrong option; staging: it was not done.",
        ),
        (EXIT_OWN_FAULT, "A failure of the checker itself, or it was stopped: nothing was decided."),
    ]
