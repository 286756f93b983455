"""Files cut off or changed anywhere: an import or a sentence, whatever the reader does with them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from output_checker.errors import PlainError

from datasets.manifest import HealthManifest, read_manifest_as
from datasets.snapshot import verify_snapshot
from datasets.sources.health import apart
from datasets.sources.health.importer import import_health
from datasets.sources.health.snapshots import current, verify_identifiers
from datasets.zone import DataZone, is_hash
from tests.unit.datasets.health.keepers import NOW, send

TIMES = 12

Damage = Callable[[random.Random, bytes], bytes]


def cut(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content))]


def changed(dice: random.Random, content: bytes) -> bytes:
    spoilt = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
    return bytes(spoilt)


def changed_at_the_end(dice: random.Random, content: bytes) -> bytes:
    """Where Parquet says what is where."""
    spoilt = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        spoilt[-dice.randint(9, min(len(spoilt), 3000))] = dice.randrange(256)
    return bytes(spoilt)


def grown(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + dice.randbytes(dice.randint(1, 9)) + content[place:]


def moved(dice: random.Random, content: bytes) -> bytes:
    a, b = sorted(dice.randrange(len(content)) for _ in range(2))
    return content[b:] + content[a:b] + content[:a]


def whole(zone: DataZone, source: str) -> Iterator[str]:
    """The names of a source's snapshots, every one of them whole, with nothing left beside them."""
    for place in (zone.sources(source), zone.identifiers(source)):
        for entry in place.iterdir():
            assert is_hash(entry.name) or entry.name == "current", f"{entry} was left"
    for folder in zone.sources(source).iterdir():
        if is_hash(folder.name):
            verify_snapshot(folder)
            verify_identifiers(zone, read_manifest_as(folder, HealthManifest))
            yield folder.name


def outcome(zone: DataZone, folder: Path) -> str | None:
    """The sentence with which a folder is refused; None if it comes in."""
    try:
        import_health(zone, "gp", folder, now=NOW)
    except PlainError as refused:
        return refused.sentence
    return None


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("damage", [cut, changed, changed_at_the_end, grown, moved])
def test_a_damaged_file_gives_an_import_or_a_sentence(
    damage: Damage, form: str, zone: DataZone, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(f"{damage.__name__} {form}")
    good = import_health(zone, "gp", send(tmp_path / "good", "gp", form=form), now=NOW)
    refused = 0
    for number in range(TIMES):
        folder = send(tmp_path / str(number), "gp", form=form)
        path = folder / f"{dice.choice(['events', 'registrations'])}.{form}"
        path.write_bytes(damage(dice, path.read_bytes()))
        before = current(zone, "gp")
        sentence = outcome(zone, folder)
        if sentence is not None:
            refused += 1
            assert re.fullmatch(r"[^\n]{20,300}", sentence)
            assert "99900" not in sentence
            assert current(zone, "gp") == before
    assert refused > 0
    assert good.folder.name in set(whole(zone, "gp"))
    assert capfd.readouterr() == ("", ""), "what the reader says goes nowhere"


@pytest.mark.parametrize(
    "death",
    ["import os; os.abort()", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"],
    ids=["abort", "segmentation fault"],
)
def test_a_reader_that_is_brought_down_is_a_sentence(
    death: str, zone: DataZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = send(tmp_path / "gp", "gp", form="parquet")
    monkeypatch.setattr(apart, "COMMAND", ["-c", f"import sys; sys.stdin.readline(); {death}"])
    with pytest.raises(PlainError, match=r"registrations\.parquet cannot be read: it is damaged"):
        import_health(zone, "gp", folder, now=NOW)
    assert list(zone.sources("gp").iterdir()) == []
    assert list(zone.identifiers("gp").iterdir()) == []


def test_a_fault_of_ours_is_no_sentence(
    zone: DataZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = send(tmp_path / "gp", "gp")
    monkeypatch.setattr(apart, "COMMAND", ["-c", "raise KeyError"])
    with pytest.raises(RuntimeError, match="apart failed"):
        import_health(zone, "gp", folder, now=NOW)


def test_the_reader_ends_with_the_importer_and_leaves_no_core() -> None:
    """A killed importer's reader would go on writing identifiers into a folder that the next one sweeps."""
    reader = (
        "import os, resource, sys, time; from datasets.sources.health.apart import take_limits; "
        "take_limits(int(sys.argv[1])); "
        "print(os.getpid(), resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True); time.sleep(60)"
    )
    importer = (
        "import os, subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], str(os.getpid())]); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", importer, reader], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid, core = map(int, process.stdout.readline().split())
        assert core == 0
        assert Path(f"/proc/{pid}").exists()
        process.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()
