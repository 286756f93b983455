"""The escape suite itself: whole rooms hold, and each wall that is left out is found out.

The families about the door, the airlock and admission attack code of the hub: there, that code is weakened.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy import select

from hub.airlock import outbox
from hub.cli.init import init
from hub.cli.room import Backend, prove_rooms
from hub.door import room_socket, routes
from hub.door.rfb.session import Session
from hub.door.rfb.steps import Piece, Side
from hub.governance import Admitted
from hub.ledger import EventKind
from hub.prove.attempt import Outcome
from hub.prove.families import pixels, requests
from hub.prove.proof import Proof, prove
from hub.prove.room import Walls
from hub.prove.suite import FAMILIES
from hub.settings import Settings
from hub.store import open_store
from hub.store.models import LedgerEntry
from tests import docker_engine
from tests.isolation.weakened.walls import BUBBLEWRAP, DOCKER, Weakened
from tests.isolation.world import LIMITS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="rooms with a user of their own need root")
LEAST = 60
# Stands in the environment of every room.
KNOWN_INSIDE = "/workspace/home"
IDS = {
    name.removeprefix("LOCKEDROOM_").lower(): value
    for name, value in LIMITS.items()
    if name.endswith("_BASE")
}


def attack(settings: Settings, families: Collection[str] | None = None, walls: Walls = Walls()) -> Proof:
    """A proof, of some families alone where they are named."""
    chosen = [one for one in FAMILIES if families is None or one.name in families]
    assert families is None or len(chosen) == len(families), families
    return prove(settings, families=chosen, walls=walls)


@pytest.fixture(scope="module")
def bubblewrap(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of rooms in bubblewrap, whose Python lies below the state directory as it does by default."""
    state = tmp_path_factory.mktemp("proof")
    environments = state / "room-env"
    environments.mkdir()
    current = (docker_engine.ENVIRONMENTS / "current").read_text().strip()
    (environments / "current").write_text(current)
    (environments / current).symlink_to(docker_engine.ENVIRONMENTS / current)
    return Settings(state=state, rooms="bubblewrap", **IDS)


@pytest.fixture(scope="module")
def docker(docker_rooms: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of rooms on Docker."""
    state = tmp_path_factory.mktemp("proof")
    address = docker_rooms["LOCKEDROOM_DOCKER_HOST"]
    return Settings(
        state=state, rooms="docker", docker_host=address, room_env=docker_engine.ENVIRONMENTS, **IDS
    )


@pytest.fixture(params=["bubblewrap", "docker"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of each backend."""
    found: Settings = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def tidy(settings: Settings) -> Iterator[None]:
    """Nothing of a proof is left behind."""
    yield
    assert not (settings.state / "proof").exists()
    assert str(settings.state) not in Path("/proc/self/mountinfo").read_text()


@pytest.mark.usefixtures("tidy")
def test_every_attempt_is_made_and_the_room_holds(settings: Settings) -> None:
    proof = attack(settings)
    assert proof.count(Outcome.HELD) == len(proof.results) >= LEAST, [
        (result.attempt.name, result.judgement) for result in proof.failed
    ]
    assert proof.holds


def test_the_command_prints_what_was_tried_and_its_exit_code_says_whether_rooms_hold(
    bubblewrap: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in bubblewrap.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "250")
    init()
    key = bubblewrap.keys / "of-a-proof"
    key.write_text(KNOWN_INSIDE)
    codes = []
    for _ in range(2):
        with pytest.raises(typer.Exit) as left:
            prove_rooms(Backend.BUBBLEWRAP)
        codes.append(left.value.exit_code)
        key.unlink(missing_ok=True)
    first, second = capsys.readouterr().out.split("These rooms do NOT hold: open none.")
    assert codes == [1, 0]
    assert "secret of the hub is seen: key of-a-proof, line 0" in first and "1 not held" in first
    assert second.rstrip().endswith("held. These rooms hold.")
    tried = [attempt.tried for family in FAMILIES for attempt in family.attempts]
    assert [sentence for sentence in tried if sentence not in second] == []
    with open_store(bubblewrap.database).read() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EventKind.ROOM_PROVED)).all()
    assert [json.loads(entry.payload)["failed"] for entry in entries] == [["secrets: secrets of the hub"], []]


def found_out(proof: Proof, *attempts: tuple[str, str]) -> None:
    """None of the attempts (family, name) held, and so the proof fails."""
    outcomes = {(result.family, result.attempt.name): result.judgement for result in proof.results}
    seen = {attempt: outcomes[attempt] for attempt in attempts}
    assert {judgement.outcome for judgement in seen.values()} == {Outcome.NOT_HELD}, seen
    assert not proof.holds


@pytest.mark.parametrize("weakened", BUBBLEWRAP, ids=lambda weakened: weakened.name)
def test_a_sandbox_without_a_wall_is_found_out(bubblewrap: Settings, weakened: Weakened) -> None:
    found_out(attack(bubblewrap, weakened.families, weakened.walls), *weakened.found_by)


@pytest.mark.parametrize("weakened", DOCKER, ids=lambda weakened: weakened.name)
def test_a_container_without_a_wall_is_found_out(docker: Settings, weakened: Weakened) -> None:
    found_out(attack(docker, weakened.families, weakened.walls), *weakened.found_by)


def test_each_family_of_a_room_has_a_weakened_room_of_each_kind() -> None:
    by_code = {"room's socket", "outbox", "requests", "pixels"}
    families = {family.name for family in FAMILIES} - by_code
    for rooms in (BUBBLEWRAP, DOCKER):
        assert set().union(*(room.families for room in rooms)) == families


def test_a_door_that_follows_links_is_found_out(
    bubblewrap: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(folder: Path, name: str, uid: int) -> int:
        try:
            return os.open(folder / name, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            raise room_socket.RoomUnreachable(str(error)) from error

    monkeypatch.setattr(room_socket, "_open_socket", follow)
    # The kernel still says who answers there; the neighbour has heard a knock all the same.
    found_out(attack(bubblewrap, {"room's socket"}), ("room's socket", "link to a neighbour's socket"))


def test_an_airlock_that_follows_links_is_found_out(
    bubblewrap: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def follow(directory: int, name: str, device: int, most_bytes: int) -> Iterator[int]:
        fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=directory)
        try:
            yield fd
        finally:
            os.close(fd)

    monkeypatch.setattr(outbox, "_regular", follow)
    found_out(attack(bubblewrap, {"outbox"}), ("outbox", "link out of the room"))


def test_a_door_that_carries_on_what_the_window_says_is_found_out(
    bubblewrap: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry(self: Session, data: bytes) -> Iterator[Piece]:
        yield Piece(Side.BROWSER, data)

    monkeypatch.setattr(Session, "from_window", carry)
    monkeypatch.setattr(pixels, "_opened", Session)
    found_out(
        attack(bubblewrap, {"pixels"}),
        *(("pixels", name) for name in ("clipboard of the window", "other encodings", "a name without end")),
    )


def test_a_door_and_an_admission_that_let_everything_through_are_found_out(
    bubblewrap: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "decide", lambda *asked, websocket: routes.Passed(routes.Kind.HTTP))
    terms = Admitted(terms=None)  # type: ignore[arg-type]
    monkeypatch.setattr(requests, "admission", lambda *asked, **names: terms)
    found_out(
        attack(bubblewrap, {"requests"}),
        ("requests", "files by Jupyter's own routes"),
        ("requests", "forged project names"),
        ("requests", "another person's seat"),
    )
