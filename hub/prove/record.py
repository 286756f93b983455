"""A proof's result in the ledger."""

from __future__ import annotations

from datetime import datetime

from hub.ledger import EventKind, append
from hub.prove.attempt import Outcome
from hub.prove.proof import Proof
from hub.store import Store


def record_proof(store: Store, proof: Proof, *, actor: str, now: datetime) -> None:
    """Write down what a proof came to."""
    payload = {
        "backend": proof.backend,
        "environment": proof.environment,
        "kernel": proof.kernel,
        "suite": proof.suite,
        "held": proof.count(Outcome.HELD),
        "not_held": proof.count(Outcome.NOT_HELD),
        "not_tried": proof.count(Outcome.NOT_TRIED),
        "failed": [f"{result.family}: {result.attempt.name}" for result in proof.failed],
    }
    with store.write() as session:
        append(session, EventKind.ROOM_PROVED, actor=actor, now=now, payload=payload)
