"""Bring a file in at a running hub, as the desk does; the hub's own porter does the rest."""

from __future__ import annotations

import secrets
import time

from hub.airlock.ingress import business, records
from hub.airlock.ingress.policy import PolicyFile
from hub.airlock.ingress.states import State
from hub.airlock.ingress.upload import Incoming
from hub.airlock.quarantine import Quarantine
from hub.store.clock import utc_now
from hub.store.models import IngressRequest
from tests.journey.running_hub import RunningHub

POLICY = PolicyFile()


def upload(hub: RunningHub, person: str, project: str, name: str, content: bytes, why: str) -> int:
    """The number of a new request."""
    copies, policy = Quarantine(hub.state / "ingress"), POLICY.now().policy
    incoming = Incoming(copies, name, policy)
    incoming.write(content)
    uploaded = incoming.finish()
    with hub.store.write() as session:
        return business.receive(
            session,
            person=person,
            project=project,
            upload_key=secrets.token_hex(16),
            uploaded=uploaded,
            why=why,
            policy=policy,
            place=lambda number: copies.place(uploaded.folder, number),
            now=utc_now(),
        )


def waiting(hub: RunningHub, person: str, project: str, name: str, content: bytes, why: str) -> int:
    """The same, when the airlock has looked into it."""
    number = upload(hub, person, project, name, content, why)
    await_state(hub, number, State.WAITING)
    return number


def approve(hub: RunningHub, number: int, person: str) -> None:
    """As on the desk, on what lies there now."""
    with hub.store.write() as session:
        seen = records.find(session, number).binding or ""
        business.approve(
            session,
            number,
            person=person,
            seen=seen,
            comment=None,
            loaded=POLICY.now(),
            now=utc_now(),
        )


def row(hub: RunningHub, number: int) -> IngressRequest:
    """The record as it stands."""
    with hub.store.read() as session:
        return records.find(session, number)


def await_state(hub: RunningHub, number: int, state: State, within_s: float = 60) -> None:
    """Wait for the hub's porter."""
    deadline = time.monotonic() + within_s
    while row(hub, number).state != state:
        assert time.monotonic() < deadline, f"{row(hub, number).state}: {hub.log_tail()}"
        time.sleep(0.1)
