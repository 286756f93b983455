"""A malware scan by ClamAV's ``clamscan``, in isolation. What was not scanned is never called clean.

``clamscan`` and not the daemon: its limits are ours, and what exceeds them is reported. With the daemon, its own
configuration decides which files are passed over and called clean.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from output_checker.isolation import Bind, run_isolated
from output_checker.isolation.sandbox import MIB
from output_checker.staging.bundle import printable

SIGNATURES = Path("/var/lib/clamav")
_FILE = Path("/airlock/file")
_INSIDE_SIGNATURES = Path("/airlock/signatures")
_SIGNATURE_FILES = frozenset(
    ".cvd .cld .cud .hdb .hdu .hsb .hsu .mdb .mdu .msb .msu .ndb .ndu .ldb .ldu .idb .yar .yara".split()
)
# The whole public database needs more than one GiB and half a minute to load.
_MEMORY, _WORK, _TIMEOUT_S = 3 * 1024 * MIB, 1024 * MIB, 300
_FOUND = re.compile(r": (.{1,200}) FOUND$", re.MULTILINE)
_EXCEEDED = "Heuristics.Limits.Exceeded"


class Result(StrEnum):
    """What came of a scan."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not scanned"

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _MEANINGS[self]


_MEANINGS = {
    Result.CLEAN: "The scanner ran to its end with signatures, and found nothing that it knows.",
    Result.INFECTED: "The scanner found something. The file is refused and kept for the administrators.",
    Result.NOT_SCANNED: "There is no scanner here, it has no signatures, or it did not finish. Nothing is known.",
}


@dataclass(frozen=True)
class Scan:
    """The result; what was found, or why nothing was scanned; and the scanner with the day of its signatures."""

    result: Result
    said: str | None = None
    scanner: str | None = None


@dataclass(frozen=True)
class Scanner:
    """ClamAV of this machine, or none. ``signatures`` is the directory of its database."""

    signatures: Path = SIGNATURES
    program: Path | None = None

    @classmethod
    def of_this_machine(cls, signatures: Path | None = None) -> Scanner:
        """The installed one."""
        found = shutil.which("clamscan", path="/usr/bin:/usr/local/bin")
        return cls(signatures or SIGNATURES, Path(found) if found else None)

    def scan(self, path: Path) -> Scan:
        """Scan one file. Never raises for what the scanner does."""
        if self.program is None:
            return Scan(Result.NOT_SCANNED, "no scanner is installed here (ClamAV)")
        newest = self._newest()
        if newest is None:
            return Scan(Result.NOT_SCANNED, "the scanner has no signatures")
        name = f"{self._version()}, signatures of {newest:%Y-%m-%d}"
        try:
            done = run_isolated(
                [str(self.program), *_options(), str(_FILE)],
                readable=[
                    Bind(source=path, target=_FILE),
                    Bind(source=self.signatures.resolve(), target=_INSIDE_SIGNATURES),
                ],
                timeout_s=_TIMEOUT_S,
                memory_bytes=_MEMORY,
                work_bytes=_WORK,
            )
        except OSError as fault:
            return Scan(Result.NOT_SCANNED, f"the scanner could not be started ({fault.strerror})", name)
        said = done.stdout.decode("utf-8", "replace")
        found = _FOUND.search(said)
        if done.timed_out or done.truncated:
            return Scan(Result.NOT_SCANNED, "the scanner did not finish", name)
        if done.returncode == 1 and found:
            signature = printable(found[1])
            if signature.startswith(_EXCEEDED):
                return Scan(Result.NOT_SCANNED, "the file is more than the scanner looks into", name)
            return Scan(Result.INFECTED, signature, name)
        if done.returncode == 0 and not found and said.splitlines()[-1:] == [f"{_FILE}: OK"]:
            return Scan(Result.CLEAN, None, name)
        return Scan(Result.NOT_SCANNED, "the scanner failed", name)

    def _newest(self) -> datetime | None:
        """When the newest signatures were written; None if there are none."""
        try:
            written = [
                entry.stat().st_mtime
                for entry in self.signatures.iterdir()
                if entry.suffix.lower() in _SIGNATURE_FILES and entry.is_file()
            ]
        except OSError:
            return None
        return datetime.fromtimestamp(max(written), UTC) if written else None

    def _version(self) -> str:
        assert self.program is not None
        try:
            done = subprocess.run(
                [self.program, "--version", f"--database={self.signatures}"],
                capture_output=True,
                timeout=30,
                check=True,
                stdin=subprocess.DEVNULL,
                env={},
            )
        except (OSError, subprocess.SubprocessError):
            return "ClamAV"
        return printable(done.stdout.decode("utf-8", "replace").strip())[:100]


def _options() -> list[str]:
    return [
        f"--database={_INSIDE_SIGNATURES}",
        "--tempdir=/tmp",
        "--no-summary",
        "--stdout",
        # Whatever the scanner would pass over and call clean, it has to report instead.
        "--alert-exceeds-max=yes",
        "--alert-encrypted=yes",
        f"--max-filesize={_WORK}",
        f"--max-scansize={_WORK}",
        "--max-files=100000",
        "--max-scantime=0",
    ]
