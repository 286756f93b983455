"""``lockedroom people``: accounts and roles."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hub.cli.context import console_actor, print_table, shown, store
from hub.governance import people
from hub.governance.passwords import generate_password, hash_password
from hub.governance.roles import Role
from hub.store.clock import utc_now

app = typer.Typer(help="Accounts and roles.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The person's name, such as alice.")]
RoleName = Annotated[str, typer.Argument(help=f"One of {', '.join(Role)}.")]


@app.command()
def add(
    name: Name,
    full_name: Annotated[
        str, typer.Option(help="The person's name as it is written, such as 'Alice Brown'.")
    ],
    role: Annotated[list[str] | None, typer.Option(help="A role to give at once; may be repeated.")] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from the first line of standard input."),
    ] = False,
) -> None:
    """Open an account. A strong password is made and printed once, unless one is given."""
    password = _password(from_stdin=password_stdin)
    hashed = hash_password(password)
    actor, now = console_actor(), utc_now()
    with store() as opened, opened.write() as session:
        account = people.add_person(
            session, name=name, full_name=full_name, password_hash=hashed, actor=actor, now=now
        )
        for each in role or []:
            people.grant_role(session, name=account.name, role=each, actor=actor, now=now)
    _tell(f"Account {account.name} is open.", None if password_stdin else password)


@app.command()
def password(
    name: Name,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from the first line of standard input."),
    ] = False,
) -> None:
    """Replace a person's password. A strong one is made and printed once, unless one is given."""
    chosen = _password(from_stdin=password_stdin)
    hashed = hash_password(chosen)
    with store() as opened, opened.write() as session:
        people.set_password(session, name=name, password_hash=hashed, actor=console_actor(), now=utc_now())
    _tell(f"The password of {name} is replaced.", None if password_stdin else chosen)


@app.command()
def disable(
    name: Name, reason: Annotated[str, typer.Option(help="Why, in words; kept in the ledger.")]
) -> None:
    """Close an account for good: no sign-in, no role and no seat from this moment on."""
    with store() as opened, opened.write() as session:
        people.disable_person(session, name=name, reason=reason, actor=console_actor(), now=utc_now())
    typer.echo(f"Account {name} is closed.")


@app.command()
def grant(name: Name, role: RoleName) -> None:
    """Give a role. Nobody can be administrator and output checker at once."""
    with store() as opened, opened.write() as session:
        people.grant_role(session, name=name, role=role, actor=console_actor(), now=utc_now())
    typer.echo(f"{name} is now {role}.")


@app.command()
def revoke(name: Name, role: RoleName) -> None:
    """Take a role away."""
    with store() as opened, opened.write() as session:
        people.revoke_role(session, name=name, role=role, actor=console_actor(), now=utc_now())
    typer.echo(f"{name} is no longer {role}.")


@app.command("list")
def list_() -> None:
    """Show all accounts with their roles."""
    with store() as opened, opened.read() as session:
        accounts = people.list_people(session)
    print_table(
        "People",
        ["Name", "Full name", "Roles", "Since (UTC)", "Closed (UTC)"],
        [[a.name, a.full_name, ", ".join(sorted(a.roles)), a.added_at, a.disabled_at] for a in accounts],
    )


def _password(*, from_stdin: bool) -> str:
    return sys.stdin.readline(4096).rstrip("\r\n") if from_stdin else generate_password()


def _tell(what: str, made: str | None) -> None:
    typer.echo(shown(what))
    if made is not None:
        typer.echo(f"Password (shown once): {made}")
