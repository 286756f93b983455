"""Verification: walks the whole ledger and names the first place that is not as it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hub.ledger import structure
from hub.ledger.chain import GENESIS, Entry, hash_entry
from hub.ledger.heads import SignedHead
from hub.ledger.rows import BadRow, stream


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``seq`` is the entry at which it shows, None for the table as a whole."""

    seq: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.seq is None else f"entry {self.seq}: {self.what}"


@dataclass(frozen=True)
class Verification:
    """The result. ``entries`` and ``head`` count and name the last entry that was found good."""

    entries: int
    head: str | None
    anchors: int
    faults: tuple[Fault, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.faults

    def __str__(self) -> str:
        if not self.intact:
            return "The ledger is NOT intact. " + " ".join(
                f"{str(fault)[:1].upper()}{str(fault)[1:]}." for fault in self.faults
            )
        compared = (
            f"compared with {self.anchors} signed head{'s' if self.anchors != 1 else ''}"
            if self.anchors
            else "not compared with any signed head, so a cut-off end would not show"
        )
        return f"{self.entries} entries, head {self.head or 'none'}, intact; {compared}"


@dataclass
class _Walk:
    anchors: dict[int, dict[str, str]]  # seq → hash → when it was signed
    count: int = 0
    head: str = GENESIS
    confirmed: int = 0  # last entry that a signed head confirms
    faults: list[Fault] = field(default_factory=list)


def verify(session: Session, anchors: Iterable[SignedHead] = ()) -> Verification:
    """Check table, chain and signed heads. ``session`` from ``Store.read()``; memory stays constant.

    The chain is followed up to its first bad place. ``anchors`` are heads whose signatures were checked
    (``heads.read_anchors``). Never raises for what the table holds.
    """
    connection = session.connection()
    wanted: dict[int, dict[str, str]] = {}
    number = 0
    for head in anchors:
        number += 1
        wanted.setdefault(head.seq, {})[head.hash] = head.at
    walk = _Walk(wanted)
    unreadable = structure.unreadable(connection)
    if unreadable:
        return Verification(0, None, number, tuple(Fault(None, what) for what in unreadable))
    try:
        _follow(walk, stream(connection))
    except DBAPIError:
        walk.faults.append(Fault(walk.count + 1, "the database cannot read on from here"))
        return Verification(walk.count, walk.head, number, tuple(walk.faults))
    walk.faults += [Fault(None, what) for what in structure.faults(connection)]
    return Verification(walk.count, walk.head if walk.count else None, number, tuple(walk.faults))


def _follow(walk: _Walk, rows: Iterable[Entry | BadRow]) -> None:
    for row in rows:
        fault = _check(walk, row)
        if fault is not None:
            walk.faults.append(fault)
            return
        assert isinstance(row, Entry)
        walk.count, walk.head = row.seq, row.hash
    missing = [seq for seq in walk.anchors if seq > walk.count]
    if missing:
        signed = next(iter(walk.anchors[max(missing)].values()))
        walk.faults.append(
            Fault(
                walk.count + 1,
                f"the end was cut off here: a head signed at {signed} names entry {max(missing)}, "
                f"the ledger ends after entry {walk.count}",
            )
        )


def _check(walk: _Walk, row: Entry | BadRow) -> Fault | None:
    due = walk.count + 1
    if isinstance(row, BadRow):
        return Fault(row.seq if row.seq is not None else due, row.what)
    if row.seq > due:
        return Fault(due, f"missing; entry {row.seq} follows entry {walk.count}")
    if row.seq < due:
        return Fault(row.seq, "there twice" if row.seq >= 1 else "before the beginning")
    if row.prev_hash != walk.head:
        return Fault(
            row.seq, f"its previous hash is not the hash of entry {walk.count}; one of the two was changed"
        )
    computed = hash_entry(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        project=row.project,
        payload=row.payload,
        prev_hash=row.prev_hash,
    )
    if row.hash != computed:
        return Fault(row.seq, "its content does not match its hash")
    signed = walk.anchors.get(row.seq)
    if signed is not None:
        others = [at for value, at in signed.items() if value != row.hash]
        if others:
            return Fault(
                row.seq,
                f"not the entry that was signed at {others[0]}; the ledger was rewritten "
                f"between entries {walk.confirmed + 1} and {row.seq}",
            )
        walk.confirmed = row.seq
    return None
