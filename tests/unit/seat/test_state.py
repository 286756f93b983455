"""What JupyterHub keeps of an open seat is read again as it was, and holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

from hub.rooms.process import Process
from hub.rooms.spec import RoomFolders, RoomLimits, RoomSpec
from hub.rooms.window import WindowLimits, window_of
from hub.seat_door import DoorState, door_secret
from hub.seat_state import SeatState

KEY = b"k" * 32


def test_a_state_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folders = RoomFolders(*(tmp_path / name for name in ("run", "home", "outbox", "inbox", "shared")), None)
    room = RoomSpec(
        seat="alice.one",
        person="alice",
        project="one",
        uid=200001,
        gid=300001,
        prefix="/user/alice/one/",
        folders=folders,
        environment=tmp_path,
        limits=RoomLimits(1, 2, 3, 4, 5, 6, 7),
        policy="sacro",
    )
    state = SeatState(
        room=room,
        opening="opening",
        tier="low",
        room_process=Process(7, 8),
        door=DoorState(port=9, nonce="nonce", process=Process(10, 11)),
        window=window_of(
            room, uid=300001, gid=200001, run=tmp_path, door=tmp_path, limits=WindowLimits(12, 13, 14)
        ),
    )
    text = json.dumps(state.model_dump(mode="json"))
    assert SeatState.model_validate(json.loads(text)) == state
    assert door_secret(KEY, "warden", "nonce") not in text
    assert door_secret(KEY, "cookies", "opening") not in text


def test_secrets_differ_by_key_purpose_and_name() -> None:
    secrets = [
        door_secret(KEY, "warden", "a"),
        door_secret(KEY, "warden", "b"),
        door_secret(KEY, "cookies", "a"),
        door_secret(b"other", "warden", "a"),
    ]
    assert len({*secrets}) == 4
