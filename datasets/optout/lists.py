"""Opt-out lists in the zone: immutable, named by their content, one of them in force.

A list's name is a hash over pseudonyms as well as numbers. Whoever sees the name in the ledger or in a
manifest and lacks the linkage key cannot find out, by trying, who is in a short list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from output_checker.errors import PlainError

from datasets.manifest import (
    ColumnManifest,
    OptOutManifest,
    TableManifest,
    read_manifest_as,
    write_manifest,
)
from datasets.optout.reading import ReadList, read_list
from datasets.pseudonymise.keys import fingerprint, linkage_key
from datasets.pseudonymise.pseudonym import pseudonymised
from datasets.snapshot import (
    content_hash,
    current_name,
    describe_tables,
    plain_disk_errors,
    publish,
    replace_file,
    staging,
    verify_files,
    verify_snapshot,
    write_table,
)
from datasets.sources.health.schema import NHS_NUMBER
from datasets.zone import DataZone

_NUMBER = ColumnManifest(name="number", type="String", kind="text", description="NHS number, ten digits")
_PERSON = ColumnManifest(name="person", type="String", kind="pseudonym", description="The zone's pseudonym")


@dataclass(frozen=True)
class OptOut:
    """The list in force: its name, its two tables, how many persons are in it, the key's fingerprint.

    ``people_path`` has the column ``person``, ``numbers_path`` the column ``number``.
    """

    sha256: str
    people_path: Path
    numbers_path: Path
    count: int
    taken_at: datetime
    linkage_key: str


@dataclass(frozen=True)
class OptOutResult:
    """What was taken, how many lines held a number again, and whether the same list was there before."""

    manifest: OptOutManifest
    repeated: int
    existed: bool


def take_list(
    zone: DataZone,
    path: Path,
    *,
    now: datetime,
    may_be_empty: bool = False,
    record: Callable[[OptOutManifest, str | None], None] | None = None,
) -> OptOutResult:
    """Take the national data opt-out list and let it be the one in force.

    ``record`` is called with the list, and the name of the one before it, when the list stands and before it is
    in force; if it raises, the earlier one stays.
    Snapshots that stand are not rewritten: what was made with an earlier list is out of date from now on.

    Raises PlainError when the list is refused; then nothing of it is kept.
    """
    given = read_list(path)
    if not len(given.numbers) and not may_be_empty:
        raise PlainError(
            f"{path.name} holds no NHS number: if really nobody has opted out, say so with --empty; "
            "nothing of this list was taken."
        )
    if len(given.numbers) and may_be_empty:
        raise PlainError(f"{path.name} is not empty: leave --empty out; nothing of this list was taken.")
    with plain_disk_errors(zone.root), zone.lock("optout"):
        key = linkage_key(zone)
        with staging(zone.optout) as made:
            manifest = _make(made, given, key, now)
            write_manifest(made, manifest)
            final = zone.optout / manifest.sha256
            existed = not publish(made, final, private=True)
        if existed:
            verify_snapshot(final)
            manifest = read_manifest_as(final, OptOutManifest)
        if record is not None:
            record(manifest, _name_in_force(zone))
        replace_file(zone.optout / "current", f"{manifest.sha256}\n".encode(), 0o400)
    return OptOutResult(manifest, given.repeated, existed)


def current(zone: DataZone) -> OptOut:
    """The list in force, its files verified. Raises PlainError when none was given, or it is damaged."""
    name = current_name(zone.optout)
    if name is None:
        raise PlainError(
            "No national data opt-out list has been given: run `lockedroom data opt-out FILE` first."
        )
    folder = zone.optout / name
    manifest = read_manifest_as(folder, OptOutManifest)
    if manifest.sha256 != name:
        raise PlainError(f"{folder} is not an opt-out list: move it away and give the list again.")
    verify_files(folder, manifest.tables)
    return OptOut(
        sha256=name,
        people_path=folder / manifest.tables["people"].file,
        numbers_path=folder / manifest.tables["numbers"].file,
        count=manifest.persons,
        taken_at=manifest.taken_at,
        linkage_key=manifest.linkage_key,
    )


def _name_in_force(zone: DataZone) -> str | None:
    try:
        return current_name(zone.optout)
    except PlainError:  # Damaged: giving the list again is how that is put right.
        return None


def _make(made: Path, given: ReadList, key: bytes, now: datetime) -> OptOutManifest:
    tables = {"numbers": made / "numbers.parquet", "people": made / "people.parquet"}
    numbers = given.numbers.alias(_NUMBER.name).to_frame().lazy()
    write_table(numbers, tables["numbers"])
    # Sorted by themselves: the order of the pseudonyms must not be the order of the numbers.
    people = numbers.select(pseudonymised(pl.col(_NUMBER.name), key, NHS_NUMBER).alias(_PERSON.name))
    write_table(people.sort(_PERSON.name), tables["people"])
    sizes = describe_tables(tables)
    manifest = OptOutManifest(
        sha256="",
        persons=len(given.numbers),
        linkage_key=fingerprint(key),
        tables={
            name: TableManifest(
                file=tables[name].name, rows=sizes[name][0], sha256=sizes[name][1], columns=[column]
            )
            for name, column in (("numbers", _NUMBER), ("people", _PERSON))
        },
        taken_at=now,
    )
    return manifest.model_copy(update={"sha256": content_hash(manifest.header(), tables)})
