"""No room opens before rooms of its kind were proved by this hub; and none where they do not hold."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from output_checker.errors import PlainError

from hub.prove.attempt import Outcome
from hub.prove.proof import Proof, prove
from hub.prove.record import record_proof
from hub.rooms.spec import Backend
from hub.settings import Settings
from hub.store import Store
from hub.store.clock import utc_now

log = logging.getLogger("lockedroom.prove")

DO_NOT_HOLD = (
    "No room opens here now: walls of the hub's rooms were tried and did not hold. Tell an administrator."
)
NOT_PROVED = "No room opens here now: walls of the hub's rooms could not be tried. Tell an administrator."
WAITING = "The hub tries the walls of its rooms before it opens any. This takes a few seconds."


class _GivenUp(Exception):
    """The hub ends; nobody waits for this proof any more."""


class Guard:
    """One hub's proofs: one for each backend and environment, made once in the hub's life.

    A proof of an earlier hub does not count: what it attacked may have changed since, and no record can tell.
    """

    def __init__(self, settings: Settings, store: Store, attack: Callable[..., Proof] = prove) -> None:
        self._settings = settings
        self._store = store
        self._attack = attack
        self._proofs: dict[tuple[str, str | None, str], asyncio.Task[str | None]] = {}
        self._give_up = threading.Event()

    @property
    def pending(self) -> bool:
        """Whether a proof is being made at this moment."""
        return any(not proof.done() for proof in self._proofs.values())

    def begin(self, backend: Backend) -> asyncio.Task[str | None]:
        """Prove rooms of this backend in the background, unless that was begun before."""
        key = (backend.name, backend.image, backend.environment.name)
        if key not in self._proofs:
            self._proofs[key] = asyncio.create_task(self._prove())
        return self._proofs[key]

    async def hold(self, backend: Backend) -> None:
        """Wait until rooms of this backend are proved. Raises PlainError with a sentence where they do not hold."""
        # A person who does not wait any longer ends nobody else's proof.
        refusal = await asyncio.shield(self.begin(backend))
        if refusal is not None:
            raise PlainError(refusal)

    def end(self) -> None:
        """Break off what is being proved."""
        self._give_up.set()

    async def _prove(self) -> str | None:
        """Why no room may open, or ``None``. Whatever goes wrong is a reason."""
        try:
            return await asyncio.to_thread(self._prove_and_record)
        except _GivenUp:
            return NOT_PROVED
        except PlainError as error:
            log.error("rooms could not be proved: %s", error.sentence)
        except Exception:
            log.exception("rooms could not be proved")
        return NOT_PROVED

    def _prove_and_record(self) -> str | None:
        proof = self._once()
        if not proof.holds and not proof.count(Outcome.NOT_HELD):
            # Nothing got out, but not everything was tried: a busy machine may be the reason.
            proof = self._once()
        return None if proof.holds else DO_NOT_HOLD

    def _once(self) -> Proof:
        proof = self._attack(self._settings, progress=self._go_on)
        record_proof(self._store, proof, actor="system:hub", now=utc_now())
        for result in proof.failed:
            judgement = result.judgement
            log.error(
                "%s: %s: %s: %s", judgement.outcome, result.family, result.attempt.name, judgement.happened
            )
        return proof

    def _go_on(self, done: int, of: int, name: str) -> None:
        if self._give_up.is_set():
            raise _GivenUp
