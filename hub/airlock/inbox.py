"""Write the airlock's replies into a seat's inbox: ``<number>.json`` and the same for reading, ``<number>.md``.

The room may own the inbox and put a link where the folder of replies belongs; nothing here follows one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from output_checker.errors import PlainError
from output_checker.staging.bundle import printable
from output_checker.staging.reply import REPLIES, Reply, ReplyFinding

from hub.store.names import SeatId

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class InboxUnusable(PlainError):
    """The seat has no inbox that can be written to. The reply waits and is tried again."""


def write_reply(seats: Path, seat: SeatId, reply: Reply) -> None:
    """Put ``reply`` into the inbox of ``seat``, replacing an earlier one of the same number atomically."""
    try:
        with _folder(seats, seat) as folder:
            _replace(folder, f"{reply.number}.json", reply.model_dump_json(indent=1).encode("utf-8"))
            _replace(folder, f"{reply.number}.md", as_markdown(reply).encode("utf-8"))
            os.fsync(folder)
    except OSError as fault:
        raise InboxUnusable(f"The inbox of {seat} cannot be written ({fault.strerror}).") from fault


@dataclass(frozen=True)
class SeatFolders:
    """Descriptors of a seat's folder, which only the hub can enter, and of the inbox in it."""

    seat: int
    inbox: int


@contextlib.contextmanager
def open_seat(seats: Path, seat: SeatId) -> Iterator[SeatFolders]:
    """Open a seat's folder and its inbox without following a link. Raises OSError where there is none."""
    with contextlib.ExitStack() as stack:

        def opened(name: str | Path, parent: int | None, flags: int = _DIRECTORY) -> int:
            fd = os.open(name, flags, dir_fd=parent)
            stack.callback(os.close, fd)
            return fd

        root = opened(seats, None, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        folder = opened(seat, root)
        yield SeatFolders(folder, opened("inbox", folder))


@contextlib.contextmanager
def _folder(seats: Path, seat: SeatId) -> Iterator[int]:
    with open_seat(seats, seat) as folders:
        inbox = folders.inbox
        with contextlib.suppress(FileExistsError):
            os.mkdir(REPLIES, 0o755, dir_fd=inbox)
        if not _is_ours(inbox):
            os.rename(
                REPLIES, f"{REPLIES}-not-ours-{secrets.token_hex(6)}", src_dir_fd=inbox, dst_dir_fd=inbox
            )
            os.mkdir(REPLIES, 0o755, dir_fd=inbox)
        folder = os.open(REPLIES, _DIRECTORY, dir_fd=inbox)
        try:
            # The umask may have taken away what the room needs to read.
            os.fchmod(folder, 0o755)
            yield folder
        finally:
            os.close(folder)


def _is_ours(inbox: int) -> bool:
    """Whether the folder of replies is a directory that only the airlock can write."""
    state = os.stat(REPLIES, dir_fd=inbox, follow_symlinks=False)
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()


def _replace(folder: int, name: str, content: bytes) -> None:
    hidden = f".{name}-{secrets.token_hex(6)}"
    fd = os.open(
        hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder
    )
    try:
        with os.fdopen(fd, "wb") as writer:
            writer.write(content)
            writer.flush()
            os.fchmod(writer.fileno(), 0o644)
            os.fsync(writer.fileno())
        os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(hidden, dir_fd=folder)
        raise


def as_markdown(reply: Reply) -> str:
    """The reply for reading. Text that was chosen in the room or typed is shown as text, not as markup."""
    lines = [f"# Request {reply.number}: {reply.state}", "", _text(reply.sentence), ""]
    lines.append(f"Written by the airlock at {reply.updated:%Y-%m-%d %H:%M:%S} UTC.")
    if reply.findings:
        lines += ["", "## About the whole request", "", *(_finding(f) for f in reply.findings)]
    for file in reply.files:
        lines += [
            "",
            f"## {_text(file.name)}",
            "",
            f"{_text(file.kind)}, {file.size} bytes, sha-256 `{file.sha256}`",
            "",
        ]
        lines += [_finding(f) for f in file.findings] or ["Nothing was found."]
    if reply.comments:
        lines += ["", "## Comments"]
        for comment in reply.comments:
            said = _text(comment.text).splitlines()
            lines += [
                "",
                f"{_text(comment.who)}, {comment.when:%Y-%m-%d %H:%M} UTC:",
                "",
                *(f"> {line}" for line in said),
            ]
    return "\n".join(lines) + "\n"


def _finding(finding: ReplyFinding) -> str:
    fix = f" *{_text(finding.fix)}*" if finding.fix else ""
    return f"- **{finding.severity}** {_text(finding.where)}: {_text(finding.message)}{fix}"


def _text(text: str) -> str:
    shown = printable(text, keep="\n")
    for sign in ("\\", "`", "*", "_", "[", "]", "<", ">", "#", "!", "|"):
        shown = shown.replace(sign, "\\" + sign)
    return shown
