"""Run the output checker over the airlock's own copies, in a sandbox, and say what it was that checked."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.isolation import Bind, run_isolated

from hub.airlock import report
from hub.airlock.policies import Binding, Verdict
from hub.airlock.sniff import Kind, checked_suffix

_INSIDE = Path("/airlock")
_MIB = 1024 * 1024
_LOCATE = """
import importlib.metadata, json, pathlib, sys, output_checker
package = pathlib.Path(output_checker.__file__).parent
print(json.dumps({
    "package": str(package),
    "roots": sorted({sys.prefix, sys.base_prefix, str(package.parent), str((package / "policies").resolve())}),
    "version": importlib.metadata.version("output-checker"),
}))
"""


class NoChecker(PlainError):
    """The Python environment that should hold the output checker does not."""


@dataclass(frozen=True)
class FileToCheck:
    """One of the airlock's copies: where it lies, what it must be, and what its name claims."""

    path: Path
    sha256: str
    kind: Kind
    declared_name: str


@dataclass(frozen=True)
class Outcome:
    """A finished or unfinished check. ``binding`` says exactly what was looked at, by what."""

    verdict: Verdict
    checked: report.Checked
    policy: str
    binding: Binding
    isolation: str
    at: datetime


@dataclass
class Checker:
    """The output checker of one Python environment, run apart from us.

    ``python`` is the interpreter of the *room's* environment, so that the room's pre-check and the airlock
    agree. Limits: seconds, bytes of memory and of output.
    """

    python: Path
    timeout_s: float = 120
    memory_bytes: int = 1024 * _MIB
    output_bytes: int = 16 * _MIB
    _package: Path = field(init=False)
    _roots: tuple[Path, ...] = field(init=False)
    _version: str = field(init=False)
    _digests: dict[tuple[str, ...], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            done = subprocess.run(
                [self.python, "-I", "-c", _LOCATE],
                capture_output=True,
                timeout=60,
                check=True,
                stdin=subprocess.DEVNULL,
                env={},
            )
            found = json.loads(done.stdout)
        except (OSError, subprocess.SubprocessError, ValueError) as fault:
            raise NoChecker(
                f"There is no output checker in the environment of {self.python}: run make, which builds it."
            ) from fault
        self._package = Path(found["package"])
        self._roots = tuple(Path(r) for r in found["roots"] if Path(r) != Path("/usr"))
        self._version = str(found["version"])

    def binding(self, files: Sequence[str], policy: str) -> Binding:
        """What a check of ``files`` (sha-256) under ``policy`` would be bound to at this moment."""
        sources = sorted(p for p in self._package.rglob("*.py") if "policies" not in p.parts)
        rules = self._package / "policies" / f"{policy}.yaml"
        return Binding(
            files=tuple(files),
            policy=f"{policy} {self._digest([rules])}",
            checker=f"output-checker {self._version} {self._digest(sources)}",
        )

    def _digest(self, paths: Sequence[Path]) -> str:
        """One sha-256 over names and contents; read again only when a file's time or size changed."""
        stamps = []
        for path in paths:
            try:
                state = path.stat()
            except OSError:
                stamps.append(f"{path}:none")
            else:
                stamps.append(
                    f"{path}:{state.st_mtime_ns}:{state.st_ctime_ns}:{state.st_size}:{state.st_ino}"
                )
        key = tuple(stamps)
        if key not in self._digests:
            digest = hashlib.sha256()
            for path in paths:
                content = path.read_bytes() if path.is_file() else b""
                digest.update(f"{path.relative_to(self._package)}\n{len(content)}\n".encode())
                digest.update(content)
            self._digests = {k: v for k, v in self._digests.items() if len(self._digests) < 64}
            self._digests[key] = digest.hexdigest()
        return self._digests[key]

    def check(self, files: Sequence[FileToCheck], policy: str, now: datetime) -> Outcome:
        """Check ``files`` under ``policy`` in a sandbox that sees them, the checker, and nothing else."""
        binds = [
            Bind(source=f.path, target=_INSIDE / f"{i}{checked_suffix(f.kind, f.declared_name)}")
            for i, f in enumerate(files)
        ]
        before = self.binding([f.sha256 for f in files], policy)
        argv = [str(self.python), "-m", "output_checker.cli", "check", *(str(b.target) for b in binds)]
        try:
            result = run_isolated(
                [*argv, "--policy", policy, "--json"],
                readable=[*self._roots, *binds],
                timeout_s=self.timeout_s,
                memory_bytes=self.memory_bytes,
                output_bytes=self.output_bytes,
            )
        except OSError as fault:
            verdict, checked = report.unfinished(f"The check could not be started ({fault.strerror}).")
            return Outcome(verdict, checked, policy, before, "none", now)
        if result.timed_out:
            verdict, checked = report.unfinished(
                f"The check did not finish within {self.timeout_s:g} seconds."
            )
        elif result.truncated:
            verdict, checked = report.unfinished("The check said more than can be read.")
        else:
            expected = [(str(b.target), f.sha256) for b, f in zip(binds, files, strict=True)]
            verdict, checked = report.judge(result.stdout, result.returncode, policy, expected)
        if self.binding([f.sha256 for f in files], policy) != before:
            verdict, checked = report.unfinished("The checker or its policy changed during the check.")
        return Outcome(verdict, checked, policy, before, result.isolation, now)
