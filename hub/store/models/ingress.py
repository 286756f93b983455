"""Requests to bring a file into a room, and what people decided about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.models.base import Base, pair
from hub.store.models.people import Person
from hub.store.models.projects import SeatRecord

STATES = ("received", "refused", "waiting", "approved", "rejected", "withdrawn", "expired", "placed")
TYPES = ("table", "code", "notebook", "archive", "wheel")
# States that nothing may reach without having been scanned, or marked as not scanned, and looked into.
EXAMINED = ("waiting", "approved", "placed")


class IngressRequest(Base):
    """One file that a member of a project wants in their room. ``number`` is issued by the airlock.

    ``upload_key`` comes from the form, so that a form sent twice is one request. ``sha256`` is that of the
    airlock's own copy. ``binding`` is what decisions are made on; ``report`` what was found inside, as JSON.
    ``placed_as`` is the folder in the seat's inbox.
    """

    __tablename__ = "ingress_requests"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat_number: Mapped[int] = mapped_column(ForeignKey("seats.number"), index=True)
    upload_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    changed_at: Mapped[datetime]
    examined_at: Mapped[datetime | None]
    scan: Mapped[str | None] = mapped_column(String(16))
    scan_said: Mapped[str | None] = mapped_column(Text)
    scanner: Mapped[str | None] = mapped_column(String(200))
    report: Mapped[str | None] = mapped_column(Text)
    isolation: Mapped[str | None] = mapped_column(String(128))
    policy_digest: Mapped[str | None] = mapped_column(String(64))
    binding: Mapped[str | None] = mapped_column(String(64))
    refusal: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None]
    placed_as: Mapped[str | None] = mapped_column(String(40))

    seat: Mapped[SeatRecord] = relationship()
    decisions: Mapped[list[IngressDecision]] = relationship(
        back_populates="request", order_by="IngressDecision.id"
    )

    __table_args__ = (
        UniqueConstraint("seat_number", "upload_key"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("bytes >= 1", name="bytes"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint(f"type IN {TYPES}", name="known_type"),
        CheckConstraint("scan IS NULL OR scan IN ('clean', 'infected', 'not scanned')", name="known_scan"),
        CheckConstraint(
            f"state NOT IN {EXAMINED} OR (binding IS NOT NULL AND scan <> 'infected')", name="examined_first"
        ),
        CheckConstraint(pair("examined_at", "scan"), name="scan_with_time"),
        CheckConstraint(pair("scan", "binding"), name="scan_with_binding"),
        CheckConstraint("(refusal IS NOT NULL) = (state = 'refused')", name="refused_why"),
        CheckConstraint("(placed_as IS NOT NULL) = (state = 'placed')", name="placed_where"),
        CheckConstraint(
            "state NOT IN ('approved', 'placed') OR approved_at IS NOT NULL", name="approved_when"
        ),
    )


class IngressDecision(Base):
    """What one person decided, and on what: ``binding`` is the request's at that moment."""

    __tablename__ = "ingress_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_number: Mapped[int] = mapped_column(ForeignKey("ingress_requests.number"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str | None] = mapped_column(Text)
    binding: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime]
    void_at: Mapped[datetime | None]
    void_because: Mapped[str | None] = mapped_column(Text)

    request: Mapped[IngressRequest] = relationship(back_populates="decisions")
    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'reject')", name="known_decision"),
        CheckConstraint("decision <> 'reject' OR comment IS NOT NULL", name="rejected_why"),
        CheckConstraint(pair("void_at", "void_because"), name="void_why"),
        Index(
            "uq_ingress_decisions_standing",
            "request_number",
            "person_id",
            unique=True,
            sqlite_where=text("void_at IS NULL AND decision = 'approve'"),
            postgresql_where=text("void_at IS NULL AND decision = 'approve'"),
        ),
    )
