"""Settings: defaults, wrong values in one sentence, no secret shown, ids from numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import Settings, WrongSettings, load


def test_each_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_default_database_lies_in_the_state_directory(tmp_path: Path) -> None:
    assert Settings(state=tmp_path).database == f"sqlite:///{tmp_path}/hub.sqlite"


def test_a_relative_state_directory_does_not_move_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(state=Path("var"))
    monkeypatch.chdir("/")
    assert settings.state == tmp_path / "var"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SEAT_CPUS", "many", "LOCKEDROOM_SEAT_CPUS"),
        ("ROOMS", "chroot", "LOCKEDROOM_ROOMS"),
        ("PUBLIC_URL", "ftp://x", "LOCKEDROOM_PUBLIC_URL"),
        ("PUBLIC_URL", "http://x/hub", "LOCKEDROOM_PUBLIC_URL"),
        ("PUBLIC_URL", "http://x:99999", "LOCKEDROOM_PUBLIC_URL"),
        ("POLICY", "../sacro", "LOCKEDROOM_POLICY"),
        ("TRUSTED_PROXIES", "everybody", "LOCKEDROOM_TRUSTED_PROXIES"),
        ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.1/8", "LOCKEDROOM_TRUSTED_PROXIES"),
        ("SEAT_UID_BASE", "0", "LOCKEDROOM_SEAT_UID_BASE"),
        ("SEAT_UID_BASE", "65535", "LOCKEDROOM_SEAT_UID_BASE"),
        ("SEAT_UID_BASE", "300001", "stay apart"),
        ("RECHECK_SECONDS", "10", "FREEZE_SECONDS"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LOCKEDROOM_{name}", value)
    with pytest.raises(WrongSettings) as refused:
        load()
    assert said in refused.value.sentence
    assert "\n" not in refused.value.sentence


def test_the_database_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKEDROOM_DATABASE_URL", "postgresql://hub:hunter2@db/hub")
    settings = load()
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.database == "postgresql://hub:hunter2@db/hub"


def test_seats_and_projects_have_ids_from_their_own_ranges() -> None:
    settings = Settings(seat_uid_base=200001, project_gid_base=200005)
    assert [settings.seat_uid(1), settings.seat_uid(2)] == [200001, 200002]
    assert settings.project_gid(1) == 200005
    assert settings.proof_uid == 200003
    for number in (0, 3):
        with pytest.raises(WrongSettings):
            settings.seat_uid(number)


def test_a_window_is_neither_a_seat_nor_in_a_project() -> None:
    settings = Settings(seat_uid_base=200001, project_gid_base=200005)
    seats = [settings.seat_uid(number) for number in (1, 2)]
    windows = [settings.window_ids(seat) for seat in seats]
    assert windows == [(200005, 200001), (200006, 200002)]
    assert not {uid for uid, _ in windows} & set(seats)
    assert all(gid < settings.project_gid_base for _, gid in windows)


@pytest.mark.parametrize(("seat_uid", "fits"), [(2**31 - 5, True), (2**31 - 4, True), (2**31 - 3, False)])
def test_a_window_without_a_user_id_is_refused(seat_uid: int, fits: bool) -> None:
    settings = Settings(seat_uid_base=2**31 - 5, project_gid_base=2**31 - 2)
    if fits:
        assert settings.window_ids(seat_uid)[0] == seat_uid + 3
    else:
        with pytest.raises(WrongSettings):
            settings.window_ids(seat_uid)


def test_a_project_number_without_a_group_is_refused() -> None:
    settings = Settings(seat_uid_base=2**31 - 3, project_gid_base=2**31 - 2)
    assert settings.project_gid(2) == 2**31 - 1
    for number in (0, 3):
        with pytest.raises(WrongSettings):
            settings.project_gid(number)
