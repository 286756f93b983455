"""``%stage`` and ``%replies`` in a notebook."""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from output_checker.errors import PlainError
from output_checker.staging import reply as reply_form
from output_checker.staging.precheck import lines_about
from output_checker.staging.writing import OUTBOX, stage

WHAT_NEXT = (
    "Staged: the airlock takes its own copy within seconds and answers here (%replies); "
    "after that, submit the request by its number on the desk."
)


class _Arguments(argparse.ArgumentParser):
    """argparse would end the kernel on a typing mistake; a sentence is enough."""

    def error(self, message: str) -> NoReturn:
        raise PlainError(
            f'%stage did not understand that ({message}): write %stage FILE… --context "what it is".'
        )


def _stage_line(line: str) -> None:
    parser = _Arguments(prog="%stage", add_help=False)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--context")
    parser.add_argument("--outbox", default=str(OUTBOX))
    try:
        words = shlex.split(line)
    except ValueError as fault:
        raise PlainError(f"%stage did not understand that ({fault}): check the quotation marks.") from fault
    chosen = parser.parse_args(words)
    for sentence in lines_about(chosen.files):
        print(sentence)
    stage(chosen.files, outbox=chosen.outbox, context=chosen.context)
    print(WHAT_NEXT)


def stage_magic(line: str) -> None:
    """Stage files for release: ``%stage FILE… [--context "what it is"]``."""
    try:
        _stage_line(line)
    except PlainError as fault:
        print(fault.sentence)


def replies_magic(line: str) -> None:
    """Show what the airlock answered: ``%replies``."""
    try:
        found = reply_form.replies(line.strip() or reply_form.INBOX)
    except PlainError as fault:
        print(fault.sentence)
        return
    if not found:
        print("The airlock has not answered anything yet.")
    for item in found:
        print(reply_form.as_text(item))


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext output_checker.staging`` and by the room's IPython configuration."""
    shell.register_magic_function(stage_magic, magic_kind="line", magic_name="stage")
    shell.register_magic_function(replies_magic, magic_kind="line", magic_name="replies")


def unload_ipython_extension(shell: Any) -> None:
    """Take the two magics away again."""
    for name in ("stage", "replies"):
        shell.magics_manager.magics["line"].pop(name, None)
