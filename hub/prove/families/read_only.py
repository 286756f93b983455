"""What the room is given to read it cannot change, by any way there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.prove.attempt import Attempt, Family, Judged, Judgement
from hub.prove.families.acts import Act, each, inside, os_call
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, held, not_held, nothing, unclear
from hub.prove.stage import CouldNotTry, Stage

_FILE = "/data/x.parquet"
_SHUT = NOT_FOR_YOU | NOT_THERE | {"EXDEV", "EBUSY"}
_OWN = ["/dev/shm", "/outbox", "/run/room", "/tmp", "/workspace/home", "/workspace/shared"]
_WRITE, _READ_WRITE, _APPEND, _CREATE, _UNNAMED = 1, 2, 1 | 0o2000, 1 | 0o100, 2 | 0o20200000


@dataclass(frozen=True)
class _Tried:
    """What the room was told, and whether the file is another one on the host than before."""

    told: object
    changed: bool


def _content(folder: Path) -> dict[str, tuple[bytes, int, int, int]]:
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else b"",
            path.lstat().st_mode,
            path.lstat().st_uid,
            path.lstat().st_mtime_ns,
        )
        for path in sorted([folder, *folder.rglob("*")])
    }


def _watched(where: Callable[[Stage], Path], *acts: Act) -> Act:
    def act(stage: Stage) -> _Tried:
        folder = where(stage)
        before = _content(folder)
        told = [one(stage) for one in acts]
        return _Tried(told, _content(folder) != before)

    return act


def _unchanged(seen: object) -> Judgement:
    if not isinstance(seen, _Tried):
        return unclear(seen)
    if seen.changed:
        return not_held("it was changed on the host")
    judgement = all_refused(_SHUT)(seen.told)
    return held(f"unchanged; {judgement.happened}") if judgement.outcome.value == "held" else judgement


def _unchanged_by_descriptor(seen: object) -> Judgement:
    """The kernel says of a descriptor that it is not one for writing, rather than that one may not."""
    if not isinstance(seen, _Tried):
        return unclear(seen)
    if seen.changed:
        return not_held("it was changed on the host")
    return all_refused(_SHUT | {"EBADF", "EINVAL"})(seen.told)


def _extract(*acts: Act) -> Act:
    return _watched(lambda stage: stage.extract, *acts)


def _through(path: str) -> Act:
    return os_call("open", path, _READ_WRITE)


def _of_environment(act: Callable[[str], Act]) -> Act:
    return lambda stage: act(str(stage.spec.environment))(stage)


def _places_beyond_the_rooms_own(stage: Stage) -> object:
    # Programs are many, and the attempts on them are made above.
    found = stage.ask("files.writable_places", ["/proc", "/usr", str(stage.spec.environment)])
    if not isinstance(found, list) or not set(_OWN) <= set(found):
        raise CouldNotTry("not even the room's own folders could be written")
    return [place for place in found if not f"{place}/".startswith(tuple(f"{own}/" for own in _OWN))]


FAMILY = Family(
    "read-only",
    "What the room is given to read it cannot change, by any way there is.",
    (
        Attempt(
            "write to the data",
            "Open the project's data for writing and appending, and cut them short.",
            _extract(
                os_call("open", _FILE, _WRITE),
                os_call("open", _FILE, _READ_WRITE),
                os_call("open", _FILE, _APPEND),
                os_call("truncate", _FILE, 0),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "write to data opened for reading",
            "Change the data through a descriptor that was opened for reading.",
            _extract(
                *(
                    inside("files.change_what_was_opened_to_read", _FILE, way)
                    for way in ("write", "truncate", "map", "reopen")
                )
            ),
            _unchanged_by_descriptor,
            Judged.OUTSIDE,
        ),
        Attempt(
            "write to the data through /proc",
            "Open the data for writing through the root and the folder of a process.",
            _extract(
                _through(f"/proc/self/root{_FILE}"),
                _through(f"/proc/self/cwd/../../../../..{_FILE}"),
                _through(f"/proc/1/root{_FILE}"),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "owner, mode and times of the data",
            "Change what the data's files say of themselves.",
            _extract(
                os_call("chmod", _FILE, 0o777),
                os_call("chmod", "/data", 0o777),
                os_call("utime", _FILE, [0, 0]),
                os_call("chown", _FILE, 0, 0),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "remove and rename the data",
            "Remove, rename and replace the data.",
            _extract(
                os_call("unlink", _FILE),
                os_call("rename", _FILE, f"{_FILE}.moved"),
                os_call("rename", "/data", "/moved"),
                os_call("rmdir", "/data"),
                inside("files.replace", _FILE, "/workspace/home/beside"),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "add to the data",
            "Make files, folders and links beside the data.",
            _extract(
                os_call("open", "/data/new", _CREATE),
                os_call("mkdir", "/data/new"),
                os_call("symlink", "/etc", "/data/new"),
                os_call("open", "/data", _UNNAMED),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "link the data away",
            "Give the data a second name in a folder that can be written.",
            each(
                os_call("link", _FILE, "/workspace/home/linked"),
                os_call("link", _FILE, "/outbox/linked"),
                os_call("link", _FILE, "/workspace/shared/linked"),
            ),
            all_refused(_SHUT),
        ),
        Attempt(
            "write to the inbox",
            "Change what the airlock wrote into the inbox, and add to it.",
            _watched(
                lambda stage: stage.spec.folders.inbox,
                os_call("open", "/inbox/new", _CREATE),
                os_call("open", "/inbox/.airlock/new", _CREATE),
                os_call("rename", "/inbox/.airlock", "/inbox/.moved"),
                os_call("unlink", "/inbox/.prove/inside/serve.py"),
            ),
            _unchanged,
            Judged.OUTSIDE,
        ),
        Attempt(
            "change the room's programs",
            "Write to the room's Python and its packages, for the next room to run.",
            each(
                _of_environment(lambda folder: os_call("open", f"{folder}/pyvenv.cfg", _WRITE)),
                _of_environment(lambda folder: inside("files.make", f"{folder}/lib/new.pth")),
                _of_environment(lambda folder: os_call("open", f"{folder}/bin/python", _WRITE)),
                inside("files.make", "/usr/bin/new"),
                os_call("open", "/usr/bin/env", _WRITE),
            ),
            all_refused(_SHUT | {"ETXTBSY"}),
        ),
        Attempt(
            "change the system's files",
            "Write to the accounts, the names and the folders of the root.",
            each(
                os_call("open", "/etc/passwd", _WRITE),
                inside("files.make", "/etc/ld.so.preload"),
                os_call("open", "/etc/hosts", _WRITE),
                os_call("mkdir", "/new"),
                os_call("rename", "/etc", "/moved"),
            ),
            all_refused(_SHUT),
        ),
        Attempt(
            "writable places",
            "Make a file in every folder there is, but for those of processes and of programs.",
            _places_beyond_the_rooms_own,
            nothing("file can be made beyond the room's own folders"),
        ),
    ),
)
