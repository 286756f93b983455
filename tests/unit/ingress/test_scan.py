"""The malware scan: what was not scanned is never called clean, and what is infected stays outside and is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub.airlock.ingress import scan as scan_module
from hub.airlock.ingress.scan import Result, Scanner
from hub.airlock.ingress.states import State
from hub.ledger import EventKind
from tests.unit.ingress.world import CODE, MALWARE, IngressWorld, zipped

pytestmark = pytest.mark.slow


def scanned(scanner: Scanner, tmp_path: Path, content: bytes) -> scan_module.Scan:
    file = tmp_path / "copy"
    file.write_bytes(content)
    file.chmod(0o444)
    return scanner.scan(file)


def test_with_a_signature_of_our_own(scanner: Scanner, tmp_path: Path) -> None:
    infected = scanned(scanner, tmp_path, MALWARE)
    assert (infected.result, infected.said) == (Result.INFECTED, "Lockedroom.Test.UNOFFICIAL")
    assert infected.scanner is not None
    assert infected.scanner.startswith("ClamAV ")
    assert scanned(scanner, tmp_path, zipped({"a.py": MALWARE})).result is Result.INFECTED
    clean = scanned(scanner, tmp_path, CODE)
    assert (clean.result, clean.said) == (Result.CLEAN, None)


def test_the_day_of_the_signatures_is_said(scanner: Scanner, tmp_path: Path) -> None:
    os.utime(scanner.signatures / "own.ndb", (1_700_000_000, 1_700_000_000))
    assert str(scanned(scanner, tmp_path, CODE).scanner).endswith(", signatures of 2023-11-14")


def test_without_a_scanner_nothing_is_clean(tmp_path: Path) -> None:
    scan = scanned(Scanner(program=None), tmp_path, CODE)
    assert scan.result is Result.NOT_SCANNED
    assert "no scanner" in str(scan.said)


@pytest.mark.parametrize("file", [None, "readme.txt"])
def test_without_signatures_nothing_is_clean(scanner: Scanner, tmp_path: Path, file: str | None) -> None:
    (scanner.signatures / "own.ndb").unlink()
    if file:
        (scanner.signatures / file).write_text("nothing")
    scan = scanned(scanner, tmp_path, CODE)
    assert (scan.result, scan.said) == (Result.NOT_SCANNED, "the scanner has no signatures")


def test_with_a_damaged_signature_nothing_is_clean(scanner: Scanner, tmp_path: Path) -> None:
    (scanner.signatures / "own.ndb").write_text("this is no signature\n")
    assert scanned(scanner, tmp_path, CODE).result is Result.NOT_SCANNED


def test_what_the_scanner_would_pass_over_is_not_clean(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = scan_module._options
    monkeypatch.setattr(
        scan_module,
        "_options",
        lambda: [*(o for o in real() if "max-filesize" not in o), "--max-filesize=1000"],
    )
    assert scanned(scanner, tmp_path, b"x" * 999).result is Result.CLEAN
    scan = scanned(scanner, tmp_path, b"x" * 1001)
    assert (scan.result, scan.said) == (Result.NOT_SCANNED, "the file is more than the scanner looks into")


def test_a_scanner_that_takes_too_long_has_not_scanned(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "_TIMEOUT_S", 0.001)
    scan = scanned(scanner, tmp_path, MALWARE)
    assert (scan.result, scan.said) == (Result.NOT_SCANNED, "the scanner did not finish")


def test_an_infected_file_is_refused_and_kept(coming_in: IngressWorld, scanner: Scanner) -> None:
    coming_in.scanner = scanner
    number = coming_in.upload(MALWARE)
    coming_in.run()
    row = coming_in.row(number)
    assert (row.state, row.scan) == (State.REFUSED, Result.INFECTED)
    assert row.refusal == "The malware scan found something in it: Lockedroom.Test.UNOFFICIAL."
    (entry,) = coming_in.ledger(EventKind.INGRESS_REFUSED)
    assert json.loads(entry.payload)["scan"] == "infected"
    assert json.loads(entry.payload)["sha256"] == row.sha256
    for days, kept in ((7, True), (82, True), (1, False)):
        coming_in.clock.forward(days=days)
        coming_in.run()
        assert coming_in.copies.path(number, 0).exists() == kept


def test_a_clean_file_says_with_what_it_was_scanned(coming_in: IngressWorld, scanner: Scanner) -> None:
    coming_in.scanner = scanner
    coming_in.waiting()
    (entry,) = coming_in.ledger(EventKind.INGRESS_EXAMINED)
    assert json.loads(entry.payload)["scan"] == "clean"
    assert "ClamAV" in json.loads(entry.payload)["scanner"]


def test_a_policy_that_asks_for_a_scan_lets_nothing_in_without(coming_in: IngressWorld) -> None:
    coming_in.change_policy(malware_scan="required")
    number = coming_in.upload()
    coming_in.run()
    assert coming_in.state_of(number) is State.REFUSED
    assert "was not scanned for malware (no scanner is installed" in str(coming_in.row(number).refusal)


def test_without_a_scan_people_are_told(coming_in: IngressWorld) -> None:
    number = coming_in.waiting()
    assert coming_in.row(number).scan == Result.NOT_SCANNED
    (entry,) = coming_in.ledger(EventKind.INGRESS_EXAMINED)
    assert json.loads(entry.payload)["scan"] == "not scanned"
