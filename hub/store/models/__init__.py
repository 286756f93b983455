"""Tables, one file per subject. Importing this package knows them all (Alembic compares with it)."""

from hub.store.models.airlock import AirlockDecision, AirlockFile, AirlockLock, AirlockRequest
from hub.store.models.base import Base
from hub.store.models.doors import DoorPost
from hub.store.models.ingress import IngressDecision, IngressRequest
from hub.store.models.ledger import LedgerEntry
from hub.store.models.people import Person, RoleGrant, SigninThrottle
from hub.store.models.projects import Approval, HeldSource, Membership, Project, SeatRecord

__all__ = [
    "AirlockDecision",
    "AirlockFile",
    "AirlockLock",
    "AirlockRequest",
    "Approval",
    "Base",
    "DoorPost",
    "HeldSource",
    "IngressDecision",
    "IngressRequest",
    "LedgerEntry",
    "Membership",
    "Person",
    "Project",
    "RoleGrant",
    "SeatRecord",
    "SigninThrottle",
]
