"""What the room is given to read it cannot change, by any way there is."""

from __future__ import annotations

from pathlib import Path

from tests.isolation.attempts import files
from tests.isolation.world import SeatUnderTest, World

OWN = ["/dev/shm", "/outbox", "/run/room", "/tmp", "/workspace/home", "/workspace/shared"]


def content(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Everything about a folder's files that a change would change."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


def test_the_extract_cannot_be_changed_though_owner_and_mode_would_allow_it(
    world: World, alice_one: SeatUnderTest
) -> None:
    (extract,) = (world.state / "data" / "extracts" / "one").glob("?" * 64)
    before = content(extract)
    assert extract.stat().st_mode & 0o777 == 0o777, "anybody may write, as far as the mode goes"
    found = alice_one.call(files.change_all_ways, "/data", "x.parquet")
    assert {name: said for name, said in found.items() if said == "done"} == {}
    for name in ("write", "reopen by descriptor", "through the root of proc", "make a file"):
        assert found[name] == "EROFS", "the mount itself is read-only"
    assert content(extract) == before


def test_the_rooms_python_environment_cannot_be_changed(alice_one: SeatUnderTest) -> None:
    prefix = Path(alice_one.call(own_prefix))
    assert alice_one.call(files.look_at, [str(prefix / "pyvenv.cfg")])
    found = alice_one.call(files.change_all_ways, str(prefix), "pyvenv.cfg")
    assert "done" not in found.values(), found
    found = alice_one.call(files.change_all_ways, str(prefix / "bin"), "python")
    assert "done" not in found.values(), found


def own_prefix() -> str:
    """The folder of the running Python's environment."""
    import sys

    return sys.prefix


def test_the_inbox_cannot_be_changed(world: World, alice_one: SeatUnderTest) -> None:
    letter = alice_one.folder / "inbox" / ".airlock" / "letter"
    letter.write_text("from the airlock")
    letter.chmod(0o666)
    letter.parent.chmod(0o777)
    try:
        found = alice_one.call(files.change_all_ways, "/inbox/.airlock", "letter")
        assert "done" not in found.values(), found
        assert letter.read_text() == "from the airlock"
    finally:
        letter.parent.chmod(0o755)
        letter.unlink()


def test_files_can_be_made_in_the_rooms_own_folders_and_nowhere_else(alice_one: SeatUnderTest) -> None:
    places = alice_one.call(files.writable_places, within_s=120)
    beyond = [place for place in places if not any(f"{place}/".startswith(f"{own}/") for own in OWN)]
    assert beyond == []
    assert set(OWN) <= set(places)
