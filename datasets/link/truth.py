"""The truth about synthetic records: read to say how good links are, after they are made, and for nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from output_checker.errors import PlainError

from datasets.link.comparable import CASUALTY_KEY
from datasets.snapshot import file_hash
from datasets.synthetic.marker import MARKER, read_marker

POLICE_AMBULANCE: Final = "police_ambulance.parquet"
AMBULANCE_HOSPITAL: Final = "ambulance_hospital.parquet"
_COLUMNS: Final[dict[str, dict[str, type[pl.DataType]]]] = {
    POLICE_AMBULANCE: {
        "collision_index": pl.String,
        "vehicle_reference": pl.Int64,
        "casualty_reference": pl.Int64,
        "record_id": pl.String,
    },
    AMBULANCE_HOSPITAL: {"record_id": pl.String, "epikey": pl.String},
}


@dataclass(frozen=True)
class Truth:
    """True pairs, each once, and the hash of the files they come from."""

    police_ambulance: pl.DataFrame
    ambulance_hospital: pl.DataFrame
    sha256: str


def read_truth(folder: Path) -> Truth:
    """Read ``police_ambulance.parquet`` and ``ambulance_hospital.parquet``. Raises PlainError if they are not right."""
    if not folder.is_dir():
        raise PlainError(
            f"There is no folder {folder}: --truth names the folder that `data synthesise` wrote."
        )
    if not read_marker(folder):
        raise PlainError(
            f"{folder} holds no {MARKER}: --truth takes the truth about synthetic records, and no other."
        )
    hashes, tables = hashlib.sha256(), {}
    for name in _COLUMNS:
        path = folder / name
        if not path.is_file():
            raise PlainError(
                f"{folder} has no {name}: --truth names the folder that `data synthesise` wrote."
            )
        hashes.update(file_hash(path).encode())
        tables[name] = _read(path, name)
    return Truth(tables[POLICE_AMBULANCE], tables[AMBULANCE_HOSPITAL], hashes.hexdigest())


def of_records(
    pairs: pl.DataFrame, known: dict[str, pl.DataFrame], may_be_absent: dict[str, int]
) -> pl.DataFrame:
    """The true pairs all of whose records are there.

    ``known`` has, under a name for people, the keys that exist; ``may_be_absent`` how many records of that kind
    the opt-out left out. Raises PlainError when the truth names more records that are not there: it is the truth
    about other data.
    """
    kept = pairs
    for what, keys in known.items():
        absent = pairs.join(keys, on=keys.columns, how="anti").select(keys.columns).unique().height
        if absent > may_be_absent.get(what, 0):
            raise PlainError(
                f"The truth names {absent:,} {what} that were not imported: it belongs to other files; name the folder "
                "`truth` beside the ones that were imported."
            )
        kept = kept.join(keys, on=keys.columns, how="semi", maintain_order="left")
    return kept


def _read(path: Path, name: str) -> pl.DataFrame:
    wanted = _COLUMNS[name]
    with path.open("rb") as stream:
        whole = stream.read(4) == b"PAR1" and stream.seek(-4, 2) >= 8 and stream.read(4) == b"PAR1"
    if not whole:
        raise PlainError(f"{path} is not a whole Parquet file: synthesise the set again.")
    try:
        table = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise PlainError(f"{path} is damaged: synthesise the set again.") from error
    if table.columns != list(wanted):
        raise PlainError(f"{path} has other columns than {', '.join(wanted)}: synthesise the set again.")
    try:
        table = table.cast(wanted)  # type: ignore[arg-type]
    except pl.exceptions.PolarsError as error:
        raise PlainError(f"{path} holds values of another kind: synthesise the set again.") from error
    ends = ([*CASUALTY_KEY], ["record_id"]) if name == POLICE_AMBULANCE else (["record_id"], ["epikey"])
    if any(sum(counts) for counts in table.null_count().iter_rows()) or any(
        table.select(end).is_duplicated().any() for end in ends
    ):
        raise PlainError(f"{path} names a record twice, or none: synthesise the set again.")
    return table
