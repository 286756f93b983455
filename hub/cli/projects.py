"""``lockedroom project``: setting up, approving data, closing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from output_checker.errors import PlainError

from hub.cli.context import console_actor, first_moment, last_moment, print_table, settings, store
from hub.cli.data_context import real_sources
from hub.governance import projects, record_approval
from hub.governance.approvals import parse_approval
from hub.governance.tiers import load_tiers
from hub.store.clock import utc_now

app = typer.Typer(help="Projects and the data they are approved for.", no_args_is_help=True)

Slug = Annotated[
    str, typer.Argument(metavar="PROJECT", help="The project's short name, such as road-safety.")
]
_LARGEST_APPROVAL = 1024 * 1024  # bytes


@app.command()
def create(
    project: Slug,
    title: Annotated[str, typer.Option(help="The title, on one line.")],
    ends: Annotated[str, typer.Option(help="Last day, as 2027-01-31 (UTC, that day included).")],
    starts: Annotated[str | None, typer.Option(help="First day, as 2026-02-01 (UTC). Left out, now.")] = None,
    tier: Annotated[
        str | None,
        typer.Option(help="A tier of policies/tiers. Left out, the lowest; an approval can raise it."),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Disclosure policy. Left out, the installation's, or the tier's.")
    ] = None,
) -> None:
    """Set up a project."""
    chosen, now = settings(), utc_now()
    with store(chosen) as opened, opened.write() as session:
        record = projects.create_project(
            session,
            slug=project,
            title=title,
            tier=tier or load_tiers().lowest.name,
            policy_name=policy or chosen.policy,
            starts_at=first_moment(starts) if starts else now,
            ends_at=last_moment(ends),
            actor=console_actor(),
            now=now,
        )
    typer.echo(
        f"Project {record.slug} is set up, number {record.number}, until {record.ends_at:%Y-%m-%d %H:%M} UTC."
    )


@app.command()
def approve(
    project: Slug,
    file: Annotated[
        Path, typer.Argument(help="YAML or JSON: tier, source, snapshot, and of each table columns and rows.")
    ],
) -> None:
    """Record which tables, columns and rows the committee approved for a project, and in which tier."""
    approval = parse_approval(_read(file))
    extract = approval.extract.model_dump(mode="json")
    chosen = settings()
    real = real_sources(chosen, approval.extract.source, approval.extract.snapshot)
    with store(chosen) as opened, opened.write() as session:
        digest = record_approval(
            session,
            project,
            extract,
            actor=console_actor(),
            now=utc_now(),
            tier=approval.tier,
            policy=approval.policy,
            real_sources=real,
        )
        record = projects.get_project(session, project)
    tables = ", ".join(
        f"{name} ({len(table['columns'])} columns)" for name, table in extract["tables"].items()
    )
    typer.echo(f"Approved for {project}: {extract['source']}: {tables}. Approval {digest[:12]}.")
    typer.echo(f"The project's tier is {record.tier}, and its outputs are checked by {record.policy}.")
    if real is None:
        typer.echo(
            f"There is no such snapshot of {extract['source']} yet: "
            "whether the tier is high enough is asked when the extract is made."
        )


@app.command()
def extend(
    project: Slug,
    ends: Annotated[str, typer.Option(help="New last day, as 2027-01-31 (UTC, that day included).")],
) -> None:
    """Move a project's end to a later day. Memberships keep their own ends: add them anew where they ended."""
    with store() as opened, opened.write() as session:
        projects.extend_project(
            session, slug=project, ends_at=last_moment(ends), actor=console_actor(), now=utc_now()
        )
    typer.echo(f"Project {project} now ends later; its members' seats end with their memberships.")


@app.command()
def close(
    project: Slug, reason: Annotated[str, typer.Option(help="Why, in words; kept in the ledger.")]
) -> None:
    """Close a project: no seat opens any more, and open ones close."""
    with store() as opened, opened.write() as session:
        projects.close_project(session, slug=project, reason=reason, actor=console_actor(), now=utc_now())
    typer.echo(f"Project {project} is closed.")


@app.command("list")
def list_() -> None:
    """Show all projects."""
    with store() as opened, opened.read() as session:
        records = projects.list_projects(session)
    print_table(
        "Projects",
        ["Name", "Title", "Tier", "Policy", "Starts (UTC)", "Ends (UTC)", "Closed (UTC)"],
        [[r.slug, r.title, r.tier, r.policy, r.starts_at, r.ends_at, r.closed_at] for r in records],
    )


def _read(file: Path) -> Any:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_APPROVAL + 1)
    except OSError as error:
        raise PlainError(f"The approval {file} cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST_APPROVAL:
        raise PlainError(
            f"The approval {file} is larger than a megabyte: it lists columns and conditions, not data."
        )
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise PlainError(f"The approval {file} is neither YAML nor JSON.") from None
    if found is None:
        raise PlainError(f"The approval {file} is empty: write the source and the tables into it.")
    return found
