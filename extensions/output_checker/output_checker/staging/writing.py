"""Write a bundle to the outbox: all of it, or nothing."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.staging import bundle as form

OUTBOX = Path("/outbox")
_CHUNK = 1024 * 1024
# A staging that was killed leaves its hidden directory; after an hour nobody is writing it any more.
_ABANDONED_AFTER_S = 3600


def stage(
    paths: Sequence[str | Path],
    outbox: str | Path = OUTBOX,
    context: str | None = None,
) -> str:
    """Copy ``paths`` into a new bundle in ``outbox`` and return the bundle's name.

    ``context`` is for the output checkers: what the table is, which people it counts, how many. The
    bundle is written under a hidden name, forced to disk, and appears in one atomic rename. Raises
    PlainError (one sentence, nothing left behind) for a missing or unreadable file, a directory, a name
    the airlock would refuse, too many or too large files, a missing outbox or a full disk.
    """
    sources = [Path(p) for p in paths]
    target = Path(outbox)
    _check_request(sources, target, context)
    _remove_abandoned(target)
    hidden = target / f"{form.HIDDEN}{secrets.token_hex(8)}"
    final = f"b-{time.strftime('%Y%m%dt%H%M%S', time.gmtime())}-{secrets.token_hex(6)}"
    try:
        hidden.mkdir(mode=0o755)
        (hidden / form.FILES).mkdir(mode=0o755)
        files = [_copy(i, source, hidden / form.FILES / str(i)) for i, source in enumerate(sources)]
        if sum(f.size for f in files) > form.MAX_BUNDLE_BYTES:
            raise PlainError(
                f"Together these files are larger than {_mb(form.MAX_BUNDLE_BYTES)}, the most that one bundle "
                "may hold: stage them in smaller groups."
            )
        manifest = form.Bundle(format=1, files=files, context=context)
        _write(hidden / form.MANIFEST, manifest.model_dump_json(indent=1).encode("utf-8"))
        _sync_directory(hidden / form.FILES)
        _sync_directory(hidden)
        hidden.rename(target / final)
    except OSError as fault:
        _discard(hidden)
        raise PlainError(_sentence_for(fault, target)) from fault
    except BaseException:
        _discard(hidden)
        raise
    _sync_directory(target)
    return final


def _check_request(sources: list[Path], outbox: Path, context: str | None) -> None:
    if not sources:
        raise PlainError("Name at least one file to stage.")
    if len(sources) > form.MAX_FILES:
        raise PlainError(f"One bundle holds at most {form.MAX_FILES} files, and {len(sources)} were named.")
    if context is not None and len(context) > form.MAX_CONTEXT_CHARS:
        raise PlainError(
            f"The context is longer than {form.MAX_CONTEXT_CHARS} characters: please shorten it."
        )
    if context is not None and form.printable(context, keep="\n\t") != context:
        raise PlainError(
            "The context contains characters that cannot be seen: please write it in plain letters."
        )
    if not outbox.is_dir():
        raise PlainError(
            f"There is no outbox at {outbox}, so nothing can be staged: staging works inside a locked room only."
        )
    seen: set[str] = set()
    for source in sources:
        problem = form.name_problem(source.name)
        if problem:
            raise PlainError(f"The name of {source.name!a} {problem}: rename the file, then stage it again.")
        if source.name in seen:
            raise PlainError(
                f"Two of the files are called {source.name}: rename one, "
                "so that the output checkers can tell them apart."
            )
        seen.add(source.name)


def _copy(index: int, source: Path, target: Path) -> form.BundledFile:
    try:
        # Without O_NONBLOCK a FIFO without a writer would wait here for ever.
        fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as fault:
        raise PlainError(f"There is no file {source}: check the name, then stage it again.") from fault
    except PermissionError as fault:
        raise PlainError(f"{source} cannot be read: check its permissions, then stage it again.") from fault
    try:
        _check_source(os.fstat(fd), source)
    except PlainError:
        os.close(fd)
        raise
    with os.fdopen(fd, "rb") as reader:
        digest = hashlib.sha256()
        size = 0
        with target.open("xb") as writer:
            while chunk := reader.read(_CHUNK):
                size += len(chunk)
                if size > form.MAX_FILE_BYTES:
                    raise PlainError(
                        f"{source} grew while it was being staged: wait until it is written, then stage it again."
                    )
                digest.update(chunk)
                writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
    return form.BundledFile(index=index, name=source.name, size=size, sha256=digest.hexdigest())


def _check_source(state: os.stat_result, source: Path) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise PlainError(f"{source} is a directory: name the files in it that should leave the room.")
    if not stat.S_ISREG(state.st_mode):
        raise PlainError(f"{source} is not an ordinary file, so it cannot be staged.")
    if state.st_size > form.MAX_FILE_BYTES:
        raise PlainError(
            f"{source} has {_mb(state.st_size)} and the airlock takes at most {_mb(form.MAX_FILE_BYTES)} "
            "a file: stage a smaller, summarised table."
        )


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as writer:
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _discard(hidden: Path) -> None:
    shutil.rmtree(hidden, ignore_errors=True)


def _remove_abandoned(outbox: Path) -> None:
    with contextlib.suppress(OSError):
        for left in outbox.glob(f"{form.HIDDEN}*"):
            if time.time() - left.lstat().st_mtime > _ABANDONED_AFTER_S:
                _discard(left)


def _sentence_for(fault: OSError, outbox: Path) -> str:
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"The disk under {outbox} is full, so nothing was staged: wait until the airlock has taken what is "
            "there, or stage a smaller file."
        )
    if fault.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{outbox} cannot be written, so nothing was staged: tell the people who run this room."
    return f"Staging failed ({fault.strerror or fault}), and nothing was staged: try again."


def _mb(size: int) -> str:
    return f"{size / (1024 * 1024):.0f} MB"
