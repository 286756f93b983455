"""The checker's JupyterLab extension, built once for each state of its sources.

    python images/room/front_end.py

builds, checks style, and runs the tests that need no browser; where this was done for the same sources before, it
does nothing. What is installed from the lock and what is built lies below ``var/front-end``. Node is
needed here and at no other place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "extensions" / "output_checker"
PLACE = ROOT / "var" / "front-end"
BUILT = "labextension"
_SHOWN_LINES = 80
_LOCKED = (".yarnrc.yml", "package.json", "yarn.lock")
_SOURCES = (".oxlintrc.json", "tsconfig.json", "src", "style")


def built_front_end() -> Path:
    """The folder of the built extension, checked and tested; built first if its sources are new.

    Leaves the program with one sentence where Node is missing, and with what the tools said where they fail.
    """
    with _alone():
        built = PLACE / f"built-{_digest(*_LOCKED, *_SOURCES)}"
        if not built.exists():
            print("Building the room's JupyterLab extension …", flush=True)
            _build(built)
            _remove_others(built, "built-*")
        return built


def _build(target: Path) -> None:
    work = PLACE / f"installed-{_digest(*_LOCKED)}"
    if not (work / ".complete").exists():
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        _copy(_LOCKED, work)
        _run(work, "install", "--immutable")
        # oxlint passes over what a .gitignore further up names, and that is all of var; here its search ends.
        (work / ".git").mkdir()
        (work / ".complete").touch()
        _remove_others(work, "installed-*")
    for left in (*_SOURCES, "lib", BUILT):
        _remove(work / left)
    _copy(_SOURCES, work)
    _run(work, "build")
    _run(work, "check")
    (work / BUILT).rename(target)


def _run(folder: Path, *command: str) -> None:
    if shutil.which("node") is None:
        raise SystemExit("Building the room needs Node 20 or newer: install it, then run make again.")
    tools = Path(sys.prefix) / "bin"
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(tools / "jlpm"), *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(
            f"{done.stdout}\njlpm {' '.join(command)} failed for the room's JupyterLab extension."
        )


def _digest(*names: str) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in names:
        place = CHECKER / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                digest.update(f"{path.relative_to(CHECKER)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _copy(names: tuple[str, ...], target: Path) -> None:
    for name in names:
        source = CHECKER / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        else:
            shutil.copy2(source, target / name)


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _remove_others(current: Path, pattern: str) -> None:
    for other in PLACE.glob(pattern):
        if other != current:
            shutil.rmtree(other, ignore_errors=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time builds."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    built_front_end()
