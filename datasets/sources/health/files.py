"""Which file of a keeper's folder holds which table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from output_checker.errors import PlainError

from datasets.progress import Progress
from datasets.snapshot import file_hash
from datasets.sources.csv_reading import check_csv
from datasets.sources.health.schema import Source, Table

Form = Literal["csv", "parquet"]
FORMS: tuple[Form, ...] = ("parquet", "csv")


@dataclass(frozen=True)
class KeeperFile:
    """One file of a keeper, read once: its hash, and for CSV its shape.

    ``rows`` is None for Parquet, whose rows are not counted before they are read apart.
    """

    table: Table
    path: Path
    form: Form
    sha256: str
    bytes: int
    rows: int | None
    changed_ns: int

    def refuse_change(self) -> None:
        """Raise PlainError if the file is not the one that was read first."""
        try:
            about = self.path.stat()
        except OSError:
            about = None
        if about is None or (about.st_size, about.st_mtime_ns) != (self.bytes, self.changed_ns):
            raise PlainError(
                f"{self.path.name} was changed while it was read: import it again when it is whole."
            )


def open_files(folder: Path, source: Source, progress: Progress) -> list[KeeperFile]:
    """The files of a source, one for each table, each read once from beginning to end.

    Raises PlainError when the folder is not there, a table has no file or two, or a file is empty or no CSV.
    """
    if not folder.is_dir():
        raise PlainError(f"{folder} is not a folder: name the folder that holds the {source.name} files.")
    found = {table.name: _find(folder, source, table) for table in source.tables}
    return [_open(table, *found[table.name], progress) for table in source.tables]


def _find(folder: Path, source: Source, table: Table) -> tuple[Path, Form]:
    there: list[tuple[Path, Form]] = [
        (path, form) for form in FORMS if (path := folder / f"{table.name}.{form}").is_file()
    ]
    if len(there) > 1:
        names = " and ".join(path.name for path, _ in there)
        raise PlainError(
            f"{folder} holds {names}: leave one of them there, so that it is clear which counts."
        )
    if not there:
        wanted = " or ".join(f"{table.name}.{form}" for form in FORMS)
        raise PlainError(f"{folder} has no file {wanted}, which the {source.name} source needs.")
    return there[0]


def _open(table: Table, path: Path, form: Form, progress: Progress) -> KeeperFile:
    about = path.stat()
    if about.st_size == 0:
        raise PlainError(f"{path.name} is empty: get it again.")
    if form == "parquet":
        return KeeperFile(table, path, form, file_hash(path), about.st_size, None, about.st_mtime_ns)
    checked = check_csv(path, progress)
    refuse_wrong_columns(path.name, checked.headings, table)
    return KeeperFile(table, path, form, checked.sha256, checked.bytes, checked.rows, about.st_mtime_ns)


def refuse_wrong_columns(name: str, headings: list[str], table: Table) -> None:
    """Raise PlainError unless a file has exactly the columns of its table, in any order."""
    expected = [column.name for column in table.columns]
    for column in expected:
        if column not in headings:
            # Nothing of the file is quoted: what looks like headings may be the first person's record.
            raise PlainError(
                f"{name} has no column '{column}': the first line names the columns of the table {table.name}, "
                "all of them."
            )
    for heading in headings:
        if headings.count(heading) > 1:
            raise PlainError(f"{name} has the column '{_shown(heading)}' twice.")
        if heading not in expected:
            raise PlainError(
                f"{name} has the column '{_shown(heading)}', which the table {table.name} has not: leave it out."
            )


def _shown(heading: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in heading[:60])
