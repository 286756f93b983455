"""Staging in the room: a whole bundle or none, and a sentence for whatever goes wrong."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from output_checker.errors import PlainError
from output_checker.staging import bundle as form
from output_checker.staging import stage, writing
from output_checker.staging.bundle import Bundle


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """An empty outbox."""
    made = tmp_path / "outbox"
    made.mkdir()
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A small table."""
    made = tmp_path / "table.csv"
    made.write_text("a,b\nx,120\n")
    return made


def refused(paths: list[Path], outbox: Path, context: str | None = None) -> str:
    """The sentence; nothing may be left behind."""
    with pytest.raises(PlainError) as said:
        stage(paths, outbox=outbox, context=context)
    if outbox.is_dir():
        assert list(outbox.iterdir()) == []
    assert said.value.sentence.count(".") >= 1
    assert "\n" not in said.value.sentence
    return said.value.sentence


def test_a_bundle_holds_copies_and_says_what_they_are(outbox: Path, table: Path, tmp_path: Path) -> None:
    other = tmp_path / "ergebnis.csv"
    other.write_bytes(b"")
    name = stage([table, str(other)], outbox=outbox, context="Table 1")
    written = outbox / name
    manifest = Bundle.model_validate_json((written / "bundle.json").read_bytes())
    assert [(f.index, f.name, f.size) for f in manifest.files] == [
        (0, "table.csv", 10),
        (1, "ergebnis.csv", 0),
    ]
    assert manifest.context == "Table 1"
    for file in manifest.files:
        content = (written / "files" / str(file.index)).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert [p.name for p in outbox.iterdir()] == [name]


def test_each_staging_has_a_fresh_name(outbox: Path, table: Path) -> None:
    assert stage([table], outbox=outbox) != stage([table], outbox=outbox)


def test_a_missing_file(outbox: Path, tmp_path: Path) -> None:
    assert "no file" in refused([tmp_path / "none.csv"], outbox)


def test_the_second_of_two_files_is_missing(outbox: Path, table: Path, tmp_path: Path) -> None:
    assert "no file" in refused([table, tmp_path / "none.csv"], outbox)


def test_a_directory(outbox: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "is a directory" in refused([tmp_path / "folder"], outbox)


def test_a_fifo_does_not_wait(outbox: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert "not an ordinary file" in refused([tmp_path / "fifo"], outbox)


def test_no_outbox(tmp_path: Path, table: Path) -> None:
    assert "inside a locked room only" in refused([table], tmp_path / "nowhere")


def test_no_files(outbox: Path) -> None:
    assert "at least one file" in refused([], outbox)


def test_two_files_of_one_name(outbox: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "table.csv").write_text("x")
    assert "Two of the files" in refused([table, tmp_path / "b" / "table.csv"], outbox)


@pytest.mark.parametrize("name", ["a\u202eb.csv", ".hidden", "a\nb", " a", "e\u0301.csv"])
def test_a_name_that_the_airlock_would_refuse(outbox: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert "rename the file" in refused([tmp_path / name], outbox)


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
def test_the_size_of_a_file_at_its_limit(outbox: Path, tmp_path: Path, over: int, fits: bool) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(form.MAX_FILE_BYTES + over)
    if fits:
        assert stage([big], outbox=outbox)
    else:
        assert "at most 16 MB" in refused([big], outbox)


def test_a_file_of_200_mb(outbox: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    assert "has 200 MB" in refused([big], outbox)


@pytest.mark.parametrize(("count", "fits"), [(49, True), (50, True), (51, False)])
def test_the_number_of_files_at_its_limit(outbox: Path, tmp_path: Path, count: int, fits: bool) -> None:
    files = [tmp_path / f"{i}.csv" for i in range(count)]
    for file in files:
        file.write_text("x")
    if fits:
        assert stage(files, outbox=outbox)
    else:
        assert "at most 50 files" in refused(files, outbox)


@pytest.mark.parametrize(("length", "fits"), [(3999, True), (4000, True), (4001, False)])
def test_the_length_of_the_context_at_its_limit(outbox: Path, table: Path, length: int, fits: bool) -> None:
    if fits:
        assert stage([table], outbox=outbox, context="x" * length)
    else:
        assert "longer than 4000" in refused([table], outbox, "x" * length)


def test_a_context_that_the_airlock_would_refuse(outbox: Path, table: Path) -> None:
    assert "cannot be seen" in refused([table], outbox, "a\u202eb")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_may_not_be_read(outbox: Path, table: Path) -> None:
    table.chmod(0)
    assert "cannot be read" in refused([table], outbox)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=False
    ).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("kilobytes", [61, 64, 500])
def test_a_full_disk_under_the_outbox(small_disk: Path, tmp_path: Path, kilobytes: int) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * kilobytes * 1024)
    assert "is full" in refused([big], small_disk)
    small = tmp_path / "small.csv"
    small.write_text("a,b\n")
    assert stage([small], outbox=small_disk), "what fits afterwards is staged"


def test_an_interruption_leaves_nothing(outbox: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stage([table], outbox=outbox)
    assert list(outbox.iterdir()) == []


def test_an_error_of_the_disk_is_a_sentence(
    outbox: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(writing, "_write", broken)
    assert "Input/output error" in refused([table], outbox)


def test_what_a_killed_staging_left_goes_after_an_hour_and_not_before(outbox: Path, table: Path) -> None:
    old, young = outbox / ".staging-old", outbox / ".staging-young"
    for folder in (old, young):
        (folder / "files").mkdir(parents=True)
    os.utime(old, (0, 0))
    stage([table], outbox=outbox)
    assert not old.exists()
    assert young.exists()


def test_a_bundle_is_never_seen_half_written(outbox: Path, tmp_path: Path) -> None:
    """Staging is killed at every system call that writes: only whole bundles have a name that is looked at."""
    (tmp_path / "t.csv").write_bytes(b"x" * 3_000_000)
    script = (
        "import os, sys, signal, threading, time\n"
        "from output_checker.staging import stage\n"
        "threading.Thread(target=lambda: (time.sleep(float(sys.argv[3])), os.kill(os.getpid(), 9)), daemon=True)"
        ".start()\n"
        "while True: stage([sys.argv[1]], outbox=sys.argv[2])\n"
    )
    for attempt in range(6):
        wait = str(0.02 + attempt * 0.013)
        command = [sys.executable, "-c", script, str(tmp_path / "t.csv"), str(outbox), wait]
        assert subprocess.run(command, check=False).returncode == -9
    for bundle in outbox.iterdir():
        if not bundle.name.startswith("."):
            manifest = json.loads((bundle / "bundle.json").read_bytes())
            content = (bundle / "files" / "0").read_bytes()
            assert manifest["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_room_needs_neither_the_hub_nor_anything_heavy() -> None:
    script = (
        "import sys, output_checker.staging\n"
        "heavy = {'hub', 'sqlalchemy', 'tornado', 'jupyterhub', 'IPython', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
