"""What a door may have written down: from its report to a ledger entry, and the text that is kept encrypted.

A door names neither the seat nor a digest; both are the hub's. Whatever was chosen in a room, such as code or
the name of a file, goes to the project's encrypted store, and the entry holds a keyed hash of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.door.settings import KINDS, LAB
from hub.door.tally import Tally
from hub.ledger.events import EventKind
from hub.store.names import Seat

_REASON = 400
_SHORT = 40
FILE_ACTS = frozenset({"read", "write", "move", "delete"})


@dataclass(frozen=True)
class Report:
    """One event of a door. ``kept`` is (kind, text) for the project's store, or ``None``."""

    event: EventKind
    kept: tuple[str, str] | None = None
    details: Mapping[str, object] | None = None

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return len(self.kept[1].encode()) if self.kept else 0

    def payload(self, seat: Seat, number: int, digest: Callable[[str], str]) -> dict[str, object]:
        """The ledger entry's payload; ``digest`` is the project's keyed hash."""
        payload: dict[str, object] = {"seat": seat.id, **(self.details or {})}
        if self.kept:
            payload |= {"digest": digest(self.kept[1]), "number": number}
        return payload


def read_report(event: object, details: Mapping[str, Any]) -> Report | None:
    """The report, or ``None`` where doors report no such event, or not like this. Pure."""
    if event == EventKind.CELL_PASSED:
        code, kind = str(details.get("code", "")), _short(details, "kind")
        more = {"length": len(code.encode()), "channel": kind}
        return Report(EventKind.CELL_PASSED, (kind, code), more)
    if event == EventKind.FILE_ASKED:
        act, path = _short(details, "act"), str(details.get("path", ""))
        if act not in FILE_ACTS or not path:
            return None
        return Report(EventKind.FILE_ASKED, (f"file {act}", path), {"act": act})
    if event == EventKind.DOOR_ENTERED:
        door = _short(details, "kind") or LAB
        return Report(EventKind.DOOR_ENTERED, details={"kind": door}) if door in KINDS else None
    for counted in (EventKind.DOOR_LEFT, EventKind.DOOR_CLOSED, EventKind.DOOR_COUNTED):
        if event == counted:
            tally = Tally.read(details.get("tally"))
            said = {"reason": str(details.get("reason", ""))[:_REASON]} if "reason" in details else {}
            return None if tally is None else Report(counted, details={**said, **tally.as_dict()})
    if event == EventKind.DOOR_REFUSED:
        return _refused(details)
    return None


def _refused(details: Mapping[str, Any]) -> Report | None:
    person, unrecorded = details.get("person"), details.get("unrecorded", 0)
    if not (person is None or isinstance(person, str)) or type(unrecorded) is not int or unrecorded < 0:
        return None
    said = {
        "person": person and person[:_SHORT],
        "reason": str(details.get("reason", ""))[:_REASON],
        "unrecorded": unrecorded,
    }
    return Report(EventKind.DOOR_REFUSED, details=said)


def _short(details: Mapping[str, Any], name: str) -> str:
    return str(details.get(name, ""))[:_SHORT]
