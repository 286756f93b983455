"""``lockedroom member``: who belongs to a project, and until when."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.context import console_actor, first_moment, last_moment, print_table, settings, store
from hub.governance import members, projects
from hub.store.clock import utc_now

app = typer.Typer(help="Membership of projects.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")]
Person = Annotated[str, typer.Argument(help="The person's name.")]


@app.command()
def add(
    project: Slug,
    person: Person,
    ends: Annotated[
        str | None, typer.Option(help="Last day, as 2027-01-31 (UTC, included). Left out, the project's end.")
    ] = None,
    starts: Annotated[str | None, typer.Option(help="First day, as 2026-02-01 (UTC). Left out, now.")] = None,
) -> None:
    """Make a person a member of a project."""
    now = utc_now()
    with store() as opened, opened.write() as session:
        record = members.add_member(
            session,
            project=project,
            person=person,
            starts_at=first_moment(starts) if starts else now,
            ends_at=last_moment(ends) if ends else projects.get_project(session, project).ends_at,
            actor=console_actor(),
            now=now,
        )
    typer.echo(f"{record.person} is a member of {record.project} until {record.until:%Y-%m-%d %H:%M} UTC.")


@app.command()
def end(
    project: Slug,
    person: Person,
    reason: Annotated[str, typer.Option(help="Why, in words; kept in the ledger.")],
) -> None:
    """End a membership now; an open seat closes within seconds."""
    with store() as opened, opened.write() as session:
        members.end_member(
            session, project=project, person=person, reason=reason, actor=console_actor(), now=utc_now()
        )
    typer.echo(f"{person} is no longer a member of {project}.")


@app.command("list")
def list_(project: Slug) -> None:
    """Show the members of a project, past ones too, with the OS user of each seat."""
    chosen = settings()
    with store(chosen) as opened, opened.read() as session:
        records = members.list_members(session, project)
    print_table(
        f"Members of {project}",
        ["Person", "Seat", "OS user", "From (UTC)", "Until (UTC)"],
        [[r.person, r.seat.id, chosen.seat_uid(r.seat_number), r.starts_at, r.until] for r in records],
    )
