"""Build the room's Python environment: its own lock and the checker's wheel, never the hub.

    python images/room/environment.py var/room-env

The environment is named by the hash of what goes into it, so a change builds a new one beside it, and the
last line printed is its folder. ``current`` in the target folder names the newest.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from front_end import CHECKER, ROOT
from wheel import LEFT_BY_TOOLS, build_wheel

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.txt"
FILES = HERE / "files"


def fingerprint() -> str:
    """A hash over the lock, the room's configuration, the checker's sources and the Python version."""
    digest = hashlib.sha256(sys.version.encode())
    sources = [
        path
        for folder in (CHECKER, FILES, ROOT / "policies" / "disclosure")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {*LEFT_BY_TOOLS} & {*path.relative_to(folder).parts}
    ]
    for path in [LOCK, *sorted(HERE.glob("*.py")), *sources]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build(target: Path) -> Path:
    """The environment's folder, built if it is not there yet. One process at a time builds."""
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = target.resolve() / f"room-{fingerprint()}"
        if not (environment / ".complete").exists():
            print(f"Building the room's environment in {environment} …", flush=True)
            _build(environment)
        current = target / "current"
        unfinished = target / f".current-{os.getpid()}"
        unfinished.write_text(environment.name)
        unfinished.replace(current)
        _remove_old(target, environment)
    return environment


def _remove_old(target: Path, current: Path) -> None:
    """Keep the newest besides ``current``: a room that runs may still stand on it."""
    others = [path for path in target.glob("room-*") if path.name != current.name]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        shutil.rmtree(path, ignore_errors=True)


def _build(environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    uv = [str(Path(sys.prefix) / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*uv, "--require-hashes", "-r", str(LOCK)], check=True)
    # As a wheel, so that the room needs no source.
    work = environment / "build"
    wheel = build_wheel(work)
    subprocess.run([*uv, "--no-deps", str(wheel)], check=True)
    shutil.rmtree(work)
    if FILES.is_dir():
        shutil.copytree(FILES, environment, dirs_exist_ok=True)
    # Compiled now: the environment is read-only for those who use it.
    subprocess.run(
        [str(python), "-m", "compileall", "-q", "-j", "0", str(environment / "lib")],
        check=False,
        capture_output=True,
    )
    (environment / ".complete").touch()


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
