"""The ledger: what was decided and done, chained, append-only."""

from hub.ledger.append import append
from hub.ledger.chain import Entry
from hub.ledger.events import EVENTS, EventKind, EventSpec

__all__ = ["EVENTS", "Entry", "EventKind", "EventSpec", "append"]
