"""Using up what a room may use, and trying to use more."""

from __future__ import annotations

import errno
import mmap
import os
import signal


def fork(count: int) -> int:
    """Try to have so many processes at once; how many there were."""
    children: list[int] = []
    try:
        for _ in range(count):
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except OSError:
        return len(children)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    return len(children)


def eat_memory(mebibytes: int) -> dict[str, int]:
    """A child takes and touches so much memory: how far it came, and the signal that ended it, or 0."""
    told = mmap.mmap(-1, mmap.PAGESIZE)
    child = os.fork()
    if child == 0:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # this child goes first, so that there is somebody to tell of it
        for taken in range(1, mebibytes + 1):
            block = mmap.mmap(-1, 1 << 20)
            for page in range(0, 1 << 20, mmap.PAGESIZE):
                block[page] = 1
            told[:4] = taken.to_bytes(4, "little")
            _KEPT.append(block)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"taken": int.from_bytes(told[:4], "little"), "killed_by": killed_by}


_KEPT: list[mmap.mmap] = []


def fill(folder: str, mebibytes: int, piece: int) -> dict[str, int | str]:
    """Reserve files of ``piece`` MiB in a folder until there is so much: how much there was, and the error."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    made: list[str] = []
    reserved, said = 0, ""
    try:
        while reserved < mebibytes and not said:
            path = f"{folder}/.fill-{len(made)}"
            made.append(path)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT)
            try:
                os.posix_fallocate(fd, 0, piece << 20)
                reserved += piece
            except OSError as error:
                said = errno.errorcode.get(error.errno or 0, "")
            finally:
                os.close(fd)
    finally:
        for path in made:
            if os.path.exists(path):
                os.unlink(path)
    return {"reserved": reserved, "said": said}


def make_files(folder: str, count: int) -> int:
    """Make empty files until there can be no more; how many there were."""
    made = []
    try:
        for number in range(count):
            path = f"{folder}/.many-{number}"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            made.append(path)
    except OSError:
        return len(made)
    finally:
        for path in made:
            os.unlink(path)
    return len(made)


def open_files(count: int) -> int:
    """Have so many files open at once; how many there were."""
    opened = 0
    try:
        for _ in range(count):
            os.open("/dev/null", os.O_RDONLY)
            opened += 1
    except OSError:
        return opened
    return opened
