"""Whatever a room stages, the airlock takes ordinary files of one name and nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from output_checker.errors import PlainError

from hub.airlock import outbox
from hub.airlock.outbox import BundleRefused, Limits, OutboxUnusable
from hub.prove.attempt import Attempt, Family, Judged, Judgement
from hub.prove.families.acts import each, os_call
from hub.prove.judges import FILTERED, NOT_FOR_YOU, all_refused, held, not_held, unclear
from hub.prove.stage import CouldNotTry, Stage
from hub.store.names import SeatId

_NAME = "attempt"
_TEXT = "a,b\n1,2\n"
# A pipe would hold it up for ever; a busy disk takes its time as well.
_WITHIN_S = 20.0
_LIMITS = Limits()


@dataclass(frozen=True)
class _Taken:
    """What the airlock's own copying came to: a refusal, or the names of what it took.

    ``cannot_make`` is the kernel's answer where the room could not even stage it.
    """

    refusal: str | None
    names: tuple[str, ...] = ()
    seconds: float = 0.0
    marked: bool = False
    cannot_make: str | None = None


def _file(index: int = 0, name: str = "table.csv", text: str = _TEXT, **changed: Any) -> dict[str, Any]:
    content = text.encode()
    return {
        "index": index,
        "name": name,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    } | changed


def _manifest(*files: dict[str, Any], **changed: Any) -> str:
    return json.dumps({"format": 1, "files": list(files) or [_file()]} | changed)


def _text(path: str = "files/0", value: str = _TEXT) -> dict[str, Any]:
    return {"path": path, "kind": "text", "value": value}


def _of(kind: str, value: Any = "", path: str = "files/0") -> dict[str, Any]:
    return {"path": path, "kind": kind, "value": value}


def _take(stage: Stage) -> _Taken:
    """Everything that lies in the outbox, as the airlock takes it; then the outbox is empty again."""
    seats, seat = stage.root / "seats", SeatId(stage.spec.seat)
    target = stage.root / "taken"
    began = time.monotonic()
    refusals: list[str] = []
    names: list[str] = []
    marked = False
    try:
        with outbox.open_outbox(seats, seat) as box:
            for name in outbox.waiting(box, 100):
                copy = target / str(len(refusals) + len(names))
                target.mkdir(exist_ok=True)
                try:
                    bundle = outbox.copy_bundle(box, name, copy, _LIMITS)
                except BundleRefused as error:
                    refusals.append(error.sentence)
                else:
                    names += [file.name for file in bundle.files]
                marked |= any(stage.mark.encode() in one.read_bytes() for one in copy.glob("*"))
    except (OutboxUnusable, PlainError) as error:
        refusals.append(error.sentence)
    finally:
        shutil.rmtree(target, ignore_errors=True)
        for entry in stage.spec.folders.outbox.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    seconds = time.monotonic() - began
    return _Taken("; ".join(dict.fromkeys(refusals)) or None, tuple(names), seconds, marked)


def _stage(
    *files: dict[str, Any] | Callable[[Stage], dict[str, Any]],
    manifest: str | Callable[[Stage], str] | None = "",
    name: bytes = _NAME.encode(),
) -> Callable[[Stage], object]:
    """Stage one bundle, and have the airlock take it."""

    def act(stage: Stage) -> object:
        said = manifest(stage) if callable(manifest) else manifest
        if said == "":
            said = _manifest()
        described = [one(stage) if callable(one) else one for one in files]
        answer = stage.ask("seat.stage", "/outbox", name.hex(), said, described)
        taken = _take(stage)
        if answer in FILTERED:
            return _Taken(None, cannot_make=str(answer))
        if answer != "done":
            raise CouldNotTry(f"the room could not stage it: {answer}")
        return taken

    return act


def _fine_bundle_is_taken(seen: object) -> Judgement:
    if not isinstance(seen, _Taken):
        return unclear(seen)
    if seen.names == ("table.csv",):
        return held("the airlock took it, and its own copy alone counts")
    return not_held(f"the airlock did not take it: {seen.refusal}")


def _refused(seen: object) -> Judgement:
    if not isinstance(seen, _Taken):
        return unclear(seen)
    if seen.cannot_make is not None:
        return held(f"the room cannot even make it: {seen.cannot_make}")
    if seen.marked:
        return not_held("the airlock copied what lies outside the room")
    if seen.names:
        return not_held(f"the airlock took {len(seen.names)} files")
    if seen.seconds > _WITHIN_S:
        return not_held(f"the airlock was held up for {seen.seconds:.1f} seconds")
    if seen.refusal is None:
        return unclear("the airlock did not see it")
    return held(f"the airlock says: {seen.refusal}")


def _link_out(stage: Stage) -> dict[str, Any]:
    return _of("link", str(stage.neighbour.folders[0] / "secret"))


def _link_upwards(stage: Stage) -> dict[str, Any]:
    return _of("link", f"../../../../{stage.neighbour.run.name}/home/secret")


def _folder_link(stage: Stage) -> dict[str, Any]:
    return _of("link", str(stage.neighbour.folders[0]), path="files")


def _changing(stage: Stage) -> object:
    """A file that is another one by the time it is copied: the hash tells."""
    said = _manifest(_file(text="a,b\n1,2\n"))
    if stage.ask("seat.stage", "/outbox", _NAME.encode().hex(), said, [_text(value="a,b\n9,9\n")]) != "done":
        raise CouldNotTry("the room could not stage it")
    return _take(stage)


def _deep(depth: int) -> str:
    return '{"format": 1, "files": ' + "[" * depth + "]" * depth + "}"


def _bundle(name: str, tried: str, act: Callable[[Stage], object]) -> Attempt:
    return Attempt(name, tried, act, _refused, Judged.OUTSIDE)


FAMILY = Family(
    "outbox",
    "Whatever a room stages, the airlock takes ordinary files of one name and nothing else.",
    (
        Attempt(
            "a bundle that is as it should be",
            "Stage one ordinary file, so that a refusal of the others means something.",
            _stage(_text()),
            _fine_bundle_is_taken,
            Judged.OUTSIDE,
        ),
        _bundle(
            "link out of the room",
            "Stage a link to another seat's file, as the host names it.",
            _stage(_link_out),
        ),
        _bundle("link upwards", "Stage a link that climbs out of the outbox.", _stage(_link_upwards)),
        _bundle(
            "link to the system's files",
            "Stage a link to the host's accounts.",
            _stage(_of("link", "/etc/passwd")),
        ),
        _bundle(
            "link in the place of the folder",
            "Put a link to another seat's folder in the place of the bundle's folder of files.",
            _stage(_folder_link),
        ),
        _bundle(
            "hard link",
            "Stage a file that has a second name, by which it can change after it was checked.",
            _stage(_of("hard link", "/outbox/.second-name")),
        ),
        _bundle("pipe", "Stage a pipe, which holds up whoever reads it.", _stage(_of("pipe"))),
        _bundle("socket", "Stage a socket.", _stage(_of("socket"))),
        _bundle("folder in the place of a file", "Stage a folder as a file.", _stage(_of("folder"))),
        _bundle(
            "huge file",
            "Stage a file larger than any that is taken, which holds nothing.",
            _stage(
                _of("sparse", 60 << 20),
                manifest=_manifest(_file(size=60 << 20)),
            ),
        ),
        _bundle(
            "file that is not listed",
            "Stage a file beside those that the bundle lists.",
            _stage(_text(), _text("files/1")),
        ),
        _bundle(
            "something beside the bundle's own",
            "Put a file beside the bundle's list and its folder.",
            _stage(_text(), _text("beside")),
        ),
        _bundle(
            "another content than listed", "Stage a file that is not the one that was hashed.", _changing
        ),
        _bundle(
            "forged size",
            "Say that a file is smaller than it is.",
            _stage(_text(), manifest=_manifest(_file(size=1))),
        ),
        _bundle("no list", "Stage files without the bundle's list.", _stage(_text(), manifest=None)),
        _bundle(
            "forged author",
            "Name another author, project and verdict in the bundle's list.",
            _stage(
                _text(),
                manifest=_manifest(_file(), author="bob", project="other", verdict="clear", approved=True),
            ),
        ),
        _bundle(
            "list that is nested deeply",
            "Write a list that exhausts whoever reads it.",
            _stage(_text(), manifest=_deep(5000)),
        ),
        _bundle(
            "list that says a thing twice",
            "Write a list that two readers understand differently.",
            _stage(_text(), manifest=_manifest()[:-1] + ', "files": []}'),
        ),
        _bundle(
            "list without end",
            "Write a list of a megabyte.",
            _stage(_text(), manifest=_manifest(context="x" * (1 << 20))),
        ),
        *(
            _bundle(
                f"file name: {what}",
                f"Give a file a name {tried}.",
                _stage(_text(), manifest=_manifest(_file(name=name))),
            )
            for what, tried, name in (
                ("upwards", "that climbs out of its folder", "../../../keys/cookie-secret"),
                ("absolute", "that begins at the root", "/etc/cron.d/x"),
                ("backwards", "that is drawn backwards, and looks like another kind", "table\u202evsc.exe"),
                ("unseen", "with characters that cannot be seen", "table\u200b.csv"),
                ("line break", "with a line break, which forges a line of a log", "table\n.csv"),
                ("hidden", "that lists of files leave out", ".htaccess"),
            )
        ),
        _bundle(
            "bundle's name: bytes",
            "Give a bundle a name that is no text.",
            _stage(_text(), name=b"\xff\xfe\xfd"),
        ),
        _bundle(
            "bundle's name: markup",
            "Give a bundle a name that is markup, for a page that shows it.",
            _stage(_text(), name=b"<img src=x onerror=alert(1)>"),
        ),
        Attempt(
            "the outbox itself",
            "Move the outbox itself away, for a link to somewhere else in its place.",
            each(os_call("rename", "/outbox", "/moved"), os_call("rmdir", "/outbox")),
            all_refused(NOT_FOR_YOU | {"EBUSY", "EXDEV"}),
        ),
    ),
)
