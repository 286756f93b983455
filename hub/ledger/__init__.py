"""The ledger: what was decided and done, chained, append-only."""

from hub.ledger.append import append, open_ledger
from hub.ledger.chain import Entry
from hub.ledger.events import EVENTS, EventKind, EventSpec
from hub.ledger.heads import SignedHead, publish_head, read_anchors, sign_head
from hub.ledger.verify import Fault, Verification, verify

__all__ = [
    "EVENTS",
    "Entry",
    "EventKind",
    "EventSpec",
    "Fault",
    "SignedHead",
    "Verification",
    "append",
    "open_ledger",
    "publish_head",
    "read_anchors",
    "sign_head",
    "verify",
]
