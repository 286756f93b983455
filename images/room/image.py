"""Build the images of rooms and windows on Docker.

    python images/room/image.py var/room-env [--fresh]
    python images/room/image.py var/room-env --window [--fresh]

A room's image is Debian, the room's own lock and the checker's wheel, never the hub. Three images stand on each other,
each named by a hash of what goes into it and built only if it is not there: Debian (debian.sh), its Python with the
lock (lock.Dockerfile), and the room (Dockerfile). A window's image is another such Debian with the programs of
``images/window``. Nothing is fetched while an image is built: the lock's wheels are fetched before and checked
against its hashes. The files ``image`` and ``window-image`` in the target folder name the two. ``--fresh`` begins
with a Debian of today.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import docker.errors
from environment import FILES, HERE, LOCK, fingerprint
from front_end import ROOT
from output_checker.errors import PlainError
from wheel import build_wheel

from hub.rooms.docker_engine import connect
from hub.settings import load

# Of Debian 12: what wheels may be built for.
PYTHON = "3.11"
WINDOW = ROOT / "images" / "window"
PROGRAMS = WINDOW / "programs"
_GLIBC_MINORS = range(5, 37)


class Builder:
    """Builds for one target folder; two checkouts on one machine do not share or remove each other's images."""

    def __init__(self, client: docker.APIClient, target: Path) -> None:
        self.client = client
        self.target = target
        self.mark = hashlib.sha256(str(target.resolve()).encode()).hexdigest()[:8]

    def build(self, *, fresh: bool) -> str:
        """The id of the room's image, built as far as it is not there yet."""
        base = self._base("room", fresh)
        lock = self._tag("lock", base.encode(), LOCK.read_bytes(), (HERE / "lock.Dockerfile").read_bytes())
        lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()
        if self._id(lock) is None:
            with self._context() as context:
                fetch_wheels(context / "wheels")
                shutil.copy(LOCK, context)
                self._build(context, "lock.Dockerfile", lock, {"BASE": base}, {})
        room = self._tag(
            "room", str(self._id(lock)).encode(), fingerprint().encode(), (HERE / "Dockerfile").read_bytes()
        )
        if self._id(room) is None:
            with self._context() as context, self._folder() as work:
                shutil.copy(build_wheel(work), context)
                shutil.copytree(FILES, context / "files")
                labels = {"org.lockedroom.lock": lock_hash, "org.lockedroom.debian": base}
                self._build(context, "Dockerfile", room, {"LOCK": lock}, labels)
        for kind, tag in (("lock", lock), ("room", room)):
            self._remove_old(kind, tag)
        built = self._id(room)
        assert built is not None
        return built

    def build_window(self, *, fresh: bool) -> str:
        """The id of the window's image, built as far as it is not there yet."""
        base = self._base("window", fresh)
        programs = sorted(path for path in PROGRAMS.iterdir() if path.is_file())
        parts = [part for path in programs for part in (path.name.encode(), path.read_bytes())]
        tag = self._tag("window", base.encode(), (WINDOW / "Dockerfile").read_bytes(), *parts)
        if self._id(tag) is None:
            with self._folder() as folder:
                (folder / "programs").mkdir()
                for path in programs:
                    shutil.copy(path, folder / "programs")
                labels = {"org.lockedroom.debian": base}
                self._build(folder, "Dockerfile", tag, {"BASE": base}, labels, source=WINDOW)
        self._remove_old("window", tag)
        built = self._id(tag)
        assert built is not None
        return built

    def _base(self, kind: str, fresh: bool) -> str:
        script = HERE / "debian.sh"
        name = "debian" if kind == "room" else f"debian-{kind}"
        tag = self._tag(name, script.read_bytes())
        if fresh or self._id(tag) is None:
            if os.geteuid() != 0 or shutil.which("debootstrap") is None:
                raise PlainError(
                    f"The {kind}'s image begins with debootstrap, which has to run as root: install it with "
                    f"`apt-get install debootstrap` and run `make {kind}-image` as root."
                )
            say("Making a minimal Debian …")
            with self._folder() as folder:
                archive, said = folder / "debian.tar", folder / "said"
                with archive.open("wb") as out, said.open("wb") as log:
                    done = subprocess.run(
                        ["sh", str(script), kind],
                        stdout=out,
                        stderr=log,
                        env={**os.environ, "TMPDIR": str(folder)},
                        check=False,
                    )
                if done.returncode != 0:
                    print(said.read_text(errors="replace")[-2000:], file=sys.stderr)
                    raise PlainError("The minimal Debian could not be made: is Debian's mirror within reach?")
                repository, _, version = tag.partition(":")
                self.client.import_image_from_file(str(archive), repository=repository, tag=version)
            self._remove_old(name, tag)
        found = self._id(tag)
        assert found is not None
        return found

    def _build(
        self,
        context: Path,
        dockerfile: str,
        tag: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        source: Path = HERE,
    ) -> None:
        say(f"Building {tag} …")
        shutil.copy(source / dockerfile, context)
        said: list[str] = []
        lines: Iterator[dict[str, Any]] = self.client.build(
            path=str(context),
            dockerfile=dockerfile,
            tag=tag,
            buildargs={**arguments, "STAGE": self.mark},
            labels=dict(labels),
            network_mode="none",
            rm=True,
            forcerm=True,
            decode=True,
        )
        try:
            for line in lines:
                said.append(line.get("stream", ""))
                if "error" in line:
                    print("".join(said)[-3000:], file=sys.stderr)
                    raise PlainError(f"{tag} could not be built; the reason stands above.")
        finally:
            # What only carried files over takes as much disk as the image itself.
            self.client.prune_images({"label": f"org.lockedroom.stage={self.mark}"})

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        # Not in /tmp, where there may be little room and no program may start.
        with tempfile.TemporaryDirectory(prefix=".image-", dir=self.target) as folder:
            yield Path(folder)

    @contextmanager
    def _context(self) -> Iterator[Path]:
        with self._folder() as folder:
            shutil.copy(Path(sys.prefix) / "bin" / "uv", folder)
            yield folder

    def _tag(self, kind: str, *parts: bytes) -> str:
        digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
        return f"lockedroom-{kind}:{self.mark}-{digest}"

    def _id(self, tag: str) -> str | None:
        try:
            return str(self.client.inspect_image(tag)["Id"])
        except docker.errors.ImageNotFound:
            return None

    def _remove_old(self, kind: str, current: str) -> None:
        """Remove this checkout's earlier images of a kind, but for those on which something stands."""
        for image in self.client.images(f"lockedroom-{kind}"):
            for tag in image["RepoTags"] or ():
                if tag.startswith(f"lockedroom-{kind}:{self.mark}-") and tag != current:
                    try:
                        self.client.remove_image(tag)
                    except docker.errors.APIError as error:
                        if error.status_code != 409:  # a room still runs on it
                            raise


def fetch_wheels(folder: Path) -> None:
    """Fetch the lock's wheels for Debian's Python, each checked against the lock's hashes."""
    say("Fetching the lock's wheels …")
    machine = platform.machine()
    kinds = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    kinds += [f"manylinux{year}_{machine}" for year in ("1", "2010", "2014")]
    platforms = [argument for kind in kinds for argument in ("--platform", kind)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(LOCK), "-d", str(folder)]
    command += ["--implementation", "cp", "--python-version", PYTHON, "--abi", "cp" + PYTHON.replace(".", "")]
    done = subprocess.run([*command, *platforms], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        raise PlainError("The wheels of the room's lock could not be fetched.")


def say(sentence: str) -> None:
    """Tell whoever waits what takes the time."""
    print(sentence, flush=True)


def main(target: Path, *, fresh: bool, window: bool) -> None:
    """Build what is missing, and write the image's id to a file in the target folder."""
    client = connect(load(), timeout_s=900)
    os.umask(0o022)  # what is copied into the image is for others to read
    target = target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".image-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        builder = Builder(client, target)
        built = builder.build_window(fresh=fresh) if window else builder.build(fresh=fresh)
        unfinished = target / f".image-name-{os.getpid()}"
        unfinished.write_text(built)
        unfinished.replace(target / ("window-image" if window else "image"))
    size = client.inspect_image(built)["Size"]
    say(f"The {'windows' if window else 'rooms'}' image is {built} ({size / 1e6:.0f} MB).")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), fresh="--fresh" in sys.argv[2:], window="--window" in sys.argv[2:])
    except PlainError as error:
        sys.exit(error.sentence)
