"""A process of its own for reading what a keeper sent.

A damaged Parquet file can make the reader stop the whole process, without any exception. Here that ends in a
sentence. It is no sandbox: the process runs as the same user. Keepers are known, unlike code in a room.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress

import duckdb
import polars as pl
from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict

from datasets.progress import Progress
from datasets.sources.health.keep import KeepTask, KeptRows, keep_rows

COMMAND = ("-I", "-m", "datasets.sources.health.apart")
_CPU_SECONDS = 4 * 3600
_PR_SET_PDEATHSIG = 1


class _Line(BaseModel):
    """One line of what the process says: the file it begins to read, or, last, what came of it."""

    model_config = ConfigDict(extra="forbid")

    reading: str | None = None
    rows: dict[str, KeptRows] | None = None
    refusal: str | None = None
    damaged: bool = False
    full: bool = False


def keep_rows_apart(task: KeepTask, progress: Progress) -> dict[str, KeptRows]:
    """``keep_rows`` in a process of its own: the same result, the same PlainError and OSError.

    Raises PlainError also when reading brings that process down.
    """
    said = _Line()
    begun = 0
    with subprocess.Popen(
        [sys.executable, *COMMAND, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError):  # It ended before it read: its return code says how.
                process.stdin.write(task.model_dump_json() + "\n")
                process.stdin.close()
            name = task.files[0].path.name
            for line in process.stdout:
                said = _Line.model_validate_json(line)
                if said.reading is not None:
                    name = said.reading
                    progress("reading", begun, len(task.files))
                    begun += 1
            process.wait()
        finally:
            process.kill()
    if process.returncode < 0 or said.damaged:
        raise PlainError(f"{name} cannot be read: it is damaged or not what its name says; get it again.")
    if said.refusal is not None:
        raise PlainError(said.refusal)
    if said.full:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(task.files[0].target))
    if process.returncode or said.rows is None:
        raise RuntimeError(f"reading {name} apart failed with {process.returncode}")
    progress("reading", begun, begun)
    return said.rows


def main() -> None:
    """Read a task from standard input and say, line by line as JSON, how far it is and what came of it."""
    take_limits(importer=int(sys.argv[1]))
    _hide_what_the_reader_prints()
    task = KeepTask.model_validate_json(sys.stdin.readline())
    try:
        _say(_Line(rows=keep_rows(task, lambda name: _say(_Line(reading=name)))))
    except PlainError as error:
        _say(_Line(refusal=error.sentence))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, duckdb.Error, MemoryError):
        # Their messages may quote the file.
        _say(_Line(damaged=True))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _say(_Line(full=True))


def _say(line: _Line) -> None:
    print(line.model_dump_json(), flush=True)


def take_limits(importer: int) -> None:
    """End with the importer, given by its process id; use no more memory than there is, and some hours of work.

    No core file is left: it would hold identifiers.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != importer:
        sys.exit("The importer is gone.")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for which, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
    ):
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def _hide_what_the_reader_prints() -> None:
    """Rust's panics go nowhere; Python's own errors still reach the terminal."""
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(terminal, "w", encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    main()
