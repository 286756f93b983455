"""The command line: ``output-checker check FILE... --policy NAME --json`` and ``output-checker policies``."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, cast

import typer

from output_checker.check import check_files, checker_version
from output_checker.errors import PlainError
from output_checker.policy import DEFAULT_POLICY, load_policy, policy_names
from output_checker.staging import command as staging_commands

#: Exit codes beside the verdict's 0, 1 and 2.
EXIT_WRONG_REQUEST = 3  # a path that does not exist, an unknown policy, a wrong option
EXIT_OWN_FAULT = 4

# typer shows its family of usage errors only through this member; their own exit code, 2, means "block" here.
UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
assert UsageError.__name__ == "UsageError"

app = typer.Typer(
    name="output-checker",
    help="Statistical disclosure control for files that researchers want to take out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="The files to check.", show_default=False)],
    policy: Annotated[
        str, typer.Option("--policy", help="The disclosure policy; 'output-checker policies' lists them.")
    ] = DEFAULT_POLICY,
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as JSON.")] = False,
) -> None:
    """Check files against a disclosure policy.

    Exit code 0: clear, 1: review, 2: block. 3 and above: a missing path, an unknown policy, or a failure of the
    checker itself.
    """
    report = check_files(files, load_policy(policy))
    print(report.to_json() if as_json else _for_terminal(report.to_text()))
    raise typer.Exit(report.verdict.exit_code)


@app.command()
def policies() -> None:
    """List the disclosure policies: name, minimum count, title."""
    for name in policy_names():
        policy = load_policy(name)
        print(f"{name:<14} minimum count {policy.counts.minimum.value:<4} {policy.title}")


@app.command()
def version() -> None:
    """Show the checker's version with the digest of its code."""
    print(checker_version())


app.command()(staging_commands.stage)
app.command()(staging_commands.replies)


def _for_terminal(text: str) -> str:
    """Only what the terminal can show, and no control characters."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def main() -> None:
    """Entry point. Errors people can mend are one sentence on stderr, never a traceback."""
    try:
        code = app(standalone_mode=False)
    except PlainError as error:
        _leave(error.sentence, max(error.exit_code, EXIT_WRONG_REQUEST))
    except UsageError as error:
        _leave(error.format_message(), EXIT_WRONG_REQUEST)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_OWN_FAULT)
    except (KeyboardInterrupt, typer.Abort):
        _leave("Stopped.", EXIT_OWN_FAULT)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a fault of ours, said so
        if os.environ.get("OUTPUT_CHECKER_DEBUG"):
            traceback.print_exc()
        _leave(
            f"The checker failed on a fault of its own ({type(error).__name__}); nothing was decided. "
            "Set OUTPUT_CHECKER_DEBUG=1 to see more.",
            EXIT_OWN_FAULT,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _leave(sentence: str, code: int) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
