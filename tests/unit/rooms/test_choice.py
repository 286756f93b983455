"""Which backend is taken, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from output_checker.errors import PlainError
from output_checker.isolation import Isolation

from hub.rooms import choice
from hub.rooms.choice import choose
from hub.rooms.docker_engine import connect
from hub.rooms.environment import room_image
from hub.settings import Settings, WrongSettings


@pytest.fixture(autouse=True)
def no_engine_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has is not asked."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("LOCKEDROOM_DOCKER_HOST", raising=False)
    monkeypatch.delenv("LOCKEDROOM_ROOMS", raising=False)


def nobody(tmp_path: Path) -> str:
    """An address at which nobody listens."""
    return f"unix://{tmp_path}/none.sock"


def bubblewrap_is(monkeypatch: pytest.MonkeyPatch, isolation: Isolation) -> None:
    """Say what bubblewrap can do here."""
    monkeypatch.setattr(choice, "probe", lambda: isolation)


@pytest.mark.parametrize("isolation", [one for one in Isolation if one is not Isolation.CHILD_PROCESS])
def test_bubblewrap_is_taken_where_it_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, isolation: Isolation
) -> None:
    bubblewrap_is(monkeypatch, isolation)
    assert choose(Settings(docker_host=nobody(tmp_path))) == "bubblewrap"


def test_where_neither_is_there_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bubblewrap_is(monkeypatch, Isolation.CHILD_PROCESS)
    with pytest.raises(
        PlainError, match=r"^Rooms need bubblewrap or a Docker engine.*apt-get install bubblewrap"
    ):
        choose(Settings(docker_host=nobody(tmp_path)))


def test_what_the_settings_name_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bubblewrap_is(monkeypatch, Isolation.OWN_USER)
    assert choose(Settings(rooms="docker", docker_host=nobody(tmp_path))) == "docker"


def test_an_engine_that_does_not_answer_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match=r"^No Docker engine answers at unix://.*none\.sock: start one"):
        connect(Settings(docker_host=nobody(tmp_path)))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:2375", "ssh://host", "/var/run/docker.sock"])
def test_an_engine_of_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(WrongSettings, match="a Docker engine on this machine"):
        connect(Settings())


def test_the_address_is_the_settings_else_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().docker_address == "unix:///var/run/docker.sock"
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/other.sock")
    assert Settings().docker_address == "unix:///run/other.sock"
    assert Settings(docker_host="unix:///run/own.sock").docker_address == "unix:///run/own.sock"


def test_an_image_that_was_not_built_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PlainError, match="run `make room-image`"):
        room_image(Settings(room_env=tmp_path))
    (tmp_path / "image").write_text("sha256:abc\n")
    assert room_image(Settings(room_env=tmp_path)) == "sha256:abc"
    assert room_image(Settings(room_env=tmp_path, room_image="ours:1")) == "ours:1"
