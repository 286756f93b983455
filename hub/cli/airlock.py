"""``lockedroom airlock``: take bundles out of the rooms' outboxes, and look at requests."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from output_checker.errors import PlainError
from sqlalchemy import select

from hub.airlock import records
from hub.airlock.check import Checker
from hub.airlock.intake import Intake
from hub.airlock.outbox import Limits
from hub.airlock.quarantine import Quarantine
from hub.airlock.release import Airlock
from hub.airlock.states import State
from hub.airlock.tokens import load_key
from hub.cli.context import print_table, settings, shown, store
from hub.cli.ingress import porter
from hub.rooms.environment import room_environment_folder
from hub.store.clock import utc_now
from hub.store.models import AirlockRequest

app = typer.Typer(help="The only way out: bundles, checks, requests.", no_args_is_help=True)

_POLL_S = 1.0
# One pass takes a bundle, the next checks it, the next releases what was approved meanwhile.
_MOST_PASSES = 1000


@contextmanager
def _intake() -> Iterator[Intake]:
    chosen = settings()
    python = room_environment_folder(chosen.room_environment) / "bin" / "python"
    quarantine = Quarantine(chosen.state / "airlock")
    limits = Limits(
        files=min(chosen.bundle_files, Limits.files),
        bundle_bytes=min(chosen.bundle_bytes, Limits.bundle_bytes),
    )
    with store(chosen) as opened, quarantine.only_intake():
        airlock = Airlock(opened, quarantine, Checker(python), load_key(chosen.keys), utc_now)
        intake = Intake(airlock, chosen.state / "seats", limits)
        intake.start()
        yield intake


@app.command()
def intake(
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until stopped, looking every second.")
    ] = False,
) -> None:
    """Take what lies in the outboxes, check it, release what was approved, answer into the rooms; carry in what
    was uploaded and approved."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s airlock %(levelname)s %(message)s")
    with _intake() as working, porter() as carrying:
        if watch:
            # A scan of what comes in may take minutes, and what should go out does not wait for it.
            threading.Thread(target=carrying.watch, args=(_POLL_S,), name="porter", daemon=True).start()
        moved = 0
        for _ in range(_MOST_PASSES):
            now_moved = working.once() + (0 if watch else carrying.once())
            moved += now_moved
            if not now_moved:
                break
        typer.echo(f"{moved} steps were taken.")
        try:
            while watch:
                time.sleep(_POLL_S)
                working.once()
        except KeyboardInterrupt:
            typer.echo("The airlock stopped watching.")


@app.command("list")
def list_requests(
    state: Annotated[State | None, typer.Option(help="Only requests in this state.")] = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the newest first.")] = 50,
) -> None:
    """Print requests as a table: number, seat, state, type, size."""
    query = select(AirlockRequest).order_by(AirlockRequest.taken_at.desc()).limit(last)
    if state is not None:
        query = query.where(AirlockRequest.state == state)
    with store() as opened, opened.read() as session:
        rows = [
            [r.number, records.seat_of(r).id, r.state, r.kind, r.bytes, r.verdict, r.taken_at]
            for r in session.scalars(query)
        ]
    print_table("Requests", ["Number", "Seat", "State", "Type", "Bytes", "Verdict", "Taken (UTC)"], rows)


@app.command()
def show(number: Annotated[int, typer.Argument(help="The request's number.")]) -> None:
    """Print one request: its files, findings and decisions."""
    with store() as opened, opened.read() as session:
        request = session.get(AirlockRequest, number)
        if request is None:
            raise PlainError("There is no request of this number: see lockedroom airlock list.")
        checked = records.checked_of(request)
        told = request.refusal or State(request.state).meaning
        typer.echo(f"Request {number} of {records.seat_of(request).id}: {request.state}. {shown(told)}")
        files = [[f.index, f.name, f.kind, f.size, f.sha256] for f in request.files]
        findings: list[list[object]] = [
            ["request", f.severity, f.where, f.message, f.fix] for f in checked.findings
        ]
        for file in checked.files:
            findings += [[file.index, f.severity, f.where, f.message, f.fix] for f in file.findings]
        decisions = [
            [d.decided_at, d.person.name, d.decision, d.comment, d.void_because] for d in request.decisions
        ]
    print_table("Files", ["#", "Name", "Type", "Bytes", "sha-256"], files)
    print_table("Findings", ["File", "Severity", "Where", "What", "Fix"], findings)
    print_table("Decisions", ["When (UTC)", "Who", "Decision", "Comment", "Void because"], decisions)
