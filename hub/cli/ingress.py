"""``lockedroom ingress``: look at the requests to bring a file into a room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from output_checker.errors import PlainError
from sqlalchemy import select

from hub.airlock.ingress import records
from hub.airlock.ingress.policy import PolicyFile
from hub.airlock.ingress.porter import Porter
from hub.airlock.ingress.scan import Scanner
from hub.airlock.ingress.states import State
from hub.airlock.quarantine import Quarantine
from hub.airlock.records import seat_of
from hub.cli.context import print_table, settings, shown, store
from hub.settings import Settings
from hub.store.clock import utc_now
from hub.store.models import IngressRequest

app = typer.Typer(
    help="The airlock's way in: what people want to bring into their rooms.", no_args_is_help=True
)


def copies(chosen: Settings) -> Quarantine:
    """The airlock's own copies of what should come in."""
    return Quarantine(chosen.state / "ingress")


@contextmanager
def porter() -> Iterator[Porter]:
    """The one porter of this installation, after it has removed what a crash left."""
    chosen = settings()
    with store(chosen) as opened, copies(chosen).only_intake():
        made = Porter(
            store=opened,
            copies=copies(chosen),
            seats=chosen.state / "seats",
            policy=PolicyFile(chosen.ingress_policy),
            scanner=Scanner.of_this_machine(chosen.malware_signatures),
            clock=utc_now,
        )
        made.start()
        yield made


@app.command("list")
def list_requests(
    state: Annotated[State | None, typer.Option(help="Only requests in this state.")] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the newest first.")] = 50,
) -> None:
    """Print requests to bring a file in as a table: number, seat, state, type, size, scan."""
    query = select(IngressRequest).order_by(IngressRequest.received_at.desc()).limit(last)
    if state is not None:
        query = query.where(IngressRequest.state == state)
    with store() as opened, opened.read() as session:
        rows = [
            [r.number, seat_of(r).id, r.state, r.type, r.bytes, r.scan, r.received_at]
            for r in session.scalars(query)
        ]
    print_table("Coming in", ["Number", "Seat", "State", "Type", "Bytes", "Scan", "Received (UTC)"], rows)


@app.command()
def show(number: Annotated[int, typer.Argument(help="The request's number.")]) -> None:
    """Print one request to bring a file in: what was found, who decided, and where the airlock's copy lies."""
    chosen = settings()
    with store(chosen) as opened, opened.read() as session:
        request = session.get(IngressRequest, number)
        if request is None:
            raise PlainError("There is no request of this number: see lockedroom ingress list.")
        told = request.refusal or State(request.state).meaning
        copy = copies(chosen).path(number, 0)
        facts: list[list[object]] = [
            ["Request", f"{number} of {seat_of(request).id}: {request.state}"],
            ["Said", told],
            ["Name", request.name],
            ["What for", request.why],
            ["Type", f"{request.type}, {request.bytes} bytes"],
            ["sha-256", request.sha256],
            ["Scan", " · ".join(s for s in (request.scan, request.scan_said, request.scanner) if s) or None],
            ["Notes", " ".join(records.report_of(request).notes) or None],
            ["In the room", f"/inbox/{request.placed_as}/{request.name}" if request.placed_as else None],
            ["Copy", copy if copy.exists() else "removed"],
        ]
        decisions = [
            [d.decided_at, d.person.name, d.decision, d.comment, d.void_because] for d in request.decisions
        ]
    print_table("Coming in", ["What", "Is"], [[name, shown(value)] for name, value in facts])
    print_table("Decisions", ["When (UTC)", "Who", "Decision", "Comment", "Void because"], decisions)
