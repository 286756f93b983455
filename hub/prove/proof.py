"""One proof: prepare the stage, make every attempt in one fresh room, judge, and clear everything away."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from output_checker.errors import PlainError

from hub.governance import Terms
from hub.governance.tiers import TierLimits, load_tiers
from hub.prove.attempt import Attempt, Family, Judgement, Need, Outcome, Result
from hub.prove.conversation import converse
from hub.prove.room import Walls, running
from hub.prove.stage import CouldNotTry, Listeners, Stage, listening, make_neighbour
from hub.prove.suite import FAMILIES, suite_version
from hub.rooms.choice import chosen_backend
from hub.rooms.disk import unmount_all
from hub.rooms.docker_engine import remove_rooms
from hub.rooms.spec import Backend, RoomSpec
from hub.seat_room import room_spec
from hub.settings import Settings
from hub.store.names import PersonName, ProjectSlug, Seat

PERSON, PROJECT = PersonName("attacker"), ProjectSlug("proof")
_STARTS_WITHIN_S = 30.0
# Small, so that they are soon used up. They are kept by the same means as a seat's own.
_LIMITS = TierLimits(
    memory_mb=256, cpus=2, processes=64, open_files=1024, workspace_mb=64, outbox_mb=64, shared_mb=128
)
# No project gets so far.
_GROUP = 2**31 - 2
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Proof:
    """What a proof came to: for which backend and environment, on which kernel, by which version of the suite."""

    backend: str
    environment: str
    kernel: str
    suite: str
    results: tuple[Result, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether rooms of this backend may be opened."""
        return bool(self.results) and not self.failed

    @property
    def failed(self) -> tuple[Result, ...]:
        """What did not hold, or could not be tried for no known reason."""
        return tuple(result for result in self.results if result.fails)

    def count(self, outcome: Outcome) -> int:
        """How many attempts came to this."""
        return sum(result.judgement.outcome is outcome for result in self.results)


def prove(
    settings: Settings,
    *,
    families: Sequence[Family] = FAMILIES,
    walls: Walls = Walls(),
    progress: Progress = lambda done, of, name: None,
) -> Proof:
    """Make every attempt in a fresh room of the chosen backend.

    Raises PlainError where there is no such backend. A room that does not start is a proof that fails.
    """
    began = time.monotonic()
    backend = chosen_backend(settings)
    with _alone(settings.state), _clean_state(settings) as own:
        results = _attempt_all(own, backend, families, walls, progress)
    return Proof(
        backend=backend.name,
        environment=backend.image or backend.environment.name,
        kernel=os.uname().release,
        suite=suite_version(),
        results=tuple(results),
        seconds=time.monotonic() - began,
    )


def sweep(settings: Settings) -> None:
    """Clear away what a proof left that was killed. Raises PlainError where the Docker engine does not answer."""
    with _alone(settings.state):
        _clear(_own_settings(settings))


def _attempt_all(
    settings: Settings, backend: Backend, families: Sequence[Family], walls: Walls, progress: Progress
) -> list[Result]:
    todo = [(family.name, attempt) for family in families for attempt in family.attempts]
    results: list[Result] = []
    try:
        with _stage(settings, backend, walls) as (stage, missing):
            for number, (family, attempt) in enumerate(todo):
                progress(number, len(todo), attempt.name)
                results.append(_try(family, attempt, stage, missing))
    except (CouldNotTry, PlainError) as error:
        reason = error.sentence if isinstance(error, PlainError) else str(error)
        judgement = Judgement(Outcome.NOT_TRIED, reason)
        results += [Result(family, attempt, judgement) for family, attempt in todo[len(results) :]]
    progress(len(todo), len(todo), "")
    return results


def _try(family: str, attempt: Attempt, stage: Stage, missing: frozenset[Need]) -> Result:
    lacking = sorted(attempt.needs & missing)
    if lacking:
        judgement = Judgement(Outcome.NOT_TRIED, f"not to be had here: {lacking[0]}")
        return Result(family, attempt, judgement, lacking[0])
    try:
        return Result(family, attempt, attempt.judge(attempt.act(stage)))
    except CouldNotTry as error:
        return Result(family, attempt, Judgement(Outcome.NOT_TRIED, str(error)))
    except PlainError as error:
        return Result(family, attempt, Judgement(Outcome.NOT_TRIED, error.sentence))
    except Exception as error:  # noqa: BLE001 - whatever it is, this attempt has not held and the others go on
        said = f"the hub's own side failed: {type(error).__name__}: {error}"
        return Result(family, attempt, Judgement(Outcome.NOT_TRIED, said))


@contextlib.contextmanager
def _stage(settings: Settings, backend: Backend, walls: Walls) -> Iterator[tuple[Stage, frozenset[Need]]]:
    mark = secrets.token_hex(16)
    _make_extract(settings.state, mark)
    spec, sentences = room_spec(settings, _terms(), backend)
    neighbour = make_neighbour(
        settings.state, spec.folders.shared, uid=spec.uid + 1 if backend.own_user else spec.uid,
        gid=spec.gid, mark=mark,
    )  # fmt: skip
    with listening(neighbour) as listeners, running(settings, spec, walls) as ended:
        room = converse(spec.folders.run, spec.uid, ended=ended, within_s=_STARTS_WITHIN_S)
        try:
            yield (
                Stage(room, spec, settings.state, neighbour, listeners, mark),
                _missing(backend, spec, sentences, listeners),
            )
        finally:
            room.close()


def _missing(
    backend: Backend, spec: RoomSpec, sentences: Sequence[str], listeners: Listeners
) -> frozenset[Need]:
    disks = (folder.name for folder in (spec.folders.home, spec.folders.outbox, spec.folders.shared))
    lacking = {
        Need.OWN_USER: not backend.own_user,
        Need.LIMITS: bool(backend.missing),
        Need.DISKS: any(said.startswith(f"{name} ") for name in disks for said in sentences),
        Need.IPV6: not listeners.has("tcp over IPv6"),
        Need.X86_64: os.uname().machine != "x86_64",
    }
    return frozenset(need for need, lacks in lacking.items() if lacks)


def _terms() -> Terms:
    """As governance would give them; nobody asks it for these."""
    return Terms(
        person=PERSON,
        project=PROJECT,
        seat=Seat(PERSON, PROJECT).id,
        seat_number=1,
        project_number=1,
        tier=load_tiers().lowest.model_copy(update={"limits": _LIMITS, "needs_whole_isolation": False}),
        policy="sacro",
        ends_at=datetime.max.replace(tzinfo=UTC),
    )


def _make_extract(state: Path, mark: str) -> None:
    """An extract that anybody may write to as far as owner and mode go: only the mount is in the way."""
    name = hashlib.sha256(mark.encode()).hexdigest()
    folder = state / "data" / "extracts" / PROJECT / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"rows": 0}))
    (folder / "x.parquet").write_bytes(b"PAR1 made for a proof PAR1")
    for file in folder.iterdir():
        file.chmod(0o666)
    folder.chmod(0o777)
    (folder.parent / "current").write_text(name)


@contextlib.contextmanager
def _clean_state(settings: Settings) -> Iterator[Settings]:
    """Settings of a small installation of the proof's own, below the state directory; empty before and after."""
    own = _own_settings(settings)
    _clear(own)
    own.state.mkdir(mode=0o700, parents=True)
    try:
        yield own
    finally:
        _clear(own)


def _own_settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "state": settings.state / "proof",
            "seat_uid_base": settings.proof_uid,
            "project_gid_base": _GROUP,
        }
    )


def _clear(own: Settings) -> None:
    if not own.state.exists():
        return
    if (own.state / "run" / "etc").exists():  # a container's files for /etc
        remove_rooms(own)
    unmount_all(own.state)
    shutil.rmtree(own.state)


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One proof at a time: the hub's own, and one that somebody asks for meanwhile."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / "proof.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
