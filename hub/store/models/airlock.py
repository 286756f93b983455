"""The airlock's records: requests, their files, what output checkers decided, and locks for releasing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.models.base import Base, pair
from hub.store.models.people import Person
from hub.store.models.projects import SeatRecord

STATES = (
    "taken",
    "refused",
    "blocked",
    "staged",
    "submitted",
    "approved",
    "rejected",
    "withdrawn",
    "released",
    "downloaded",
)
# States that nothing may reach without a finished check that does not block.
CHECKED = ("staged", "submitted", "approved", "released", "downloaded")


class AirlockRequest(Base):
    """One bundle as the airlock took it, from intake to download. ``number`` is issued by the airlock.

    ``bundle_key`` is the sha-256 of the name that the room gave its bundle, ``digest`` that of the whole
    content: with the seat they make a second intake of the same bundle impossible. ``revision`` grows with
    each change that the author should hear of; ``replied_revision`` is the one that was told.
    """

    __tablename__ = "airlock_requests"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat_number: Mapped[int] = mapped_column(ForeignKey("seats.number"), index=True)
    bundle_key: Mapped[str] = mapped_column(String(64))
    bundle: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    revision: Mapped[int]
    replied_revision: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    context: Mapped[str | None] = mapped_column(Text)
    refusal: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(8))
    report: Mapped[str | None] = mapped_column(Text)
    policy: Mapped[str | None] = mapped_column(String(63))
    policy_digest: Mapped[str | None] = mapped_column(String(64))
    checker: Mapped[str | None] = mapped_column(String(128))
    isolation: Mapped[str | None] = mapped_column(String(128))
    binding: Mapped[str | None] = mapped_column(String(64))

    seat: Mapped[SeatRecord] = relationship()
    files: Mapped[list[AirlockFile]] = relationship(back_populates="request", order_by="AirlockFile.index")
    decisions: Mapped[list[AirlockDecision]] = relationship(
        back_populates="request", order_by="AirlockDecision.id"
    )

    __table_args__ = (
        UniqueConstraint("seat_number", "bundle_key", "digest"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"state IN {STATES}", name="known_state"),
        CheckConstraint("verdict IS NULL OR verdict IN ('clear', 'review', 'block')", name="known_verdict"),
        CheckConstraint(
            f"state NOT IN {CHECKED} OR (verdict IS NOT NULL AND verdict <> 'block')", name="checked_first"
        ),
        CheckConstraint(pair("checked_at", "verdict"), name="verdict_with_time"),
        CheckConstraint(pair("verdict", "binding"), name="verdict_with_binding"),
        CheckConstraint("(refusal IS NOT NULL) = (state = 'refused')", name="refused_why"),
    )


class AirlockFile(Base):
    """One file of a request. ``sha256`` is that of the airlock's own copy, and what is released has it still.

    ``token_digest`` is set by the release: the sha-256 of the single-use download token, never the token.
    """

    __tablename__ = "airlock_files"

    request_number: Mapped[int] = mapped_column(ForeignKey("airlock_requests.number"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    downloaded_at: Mapped[datetime | None]
    downloaded_by: Mapped[str | None] = mapped_column(String(64))

    request: Mapped[AirlockRequest] = relationship(back_populates="files")

    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint(pair("downloaded_at", "downloaded_by"), name="downloaded_by_whom"),
        CheckConstraint("downloaded_at IS NULL OR token_digest IS NOT NULL", name="released_first"),
    )


class AirlockDecision(Base):
    """What one output checker decided, and on what: ``binding`` is the request's at that moment."""

    __tablename__ = "airlock_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_number: Mapped[int] = mapped_column(ForeignKey("airlock_requests.number"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str | None] = mapped_column(Text)
    binding: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime]
    void_at: Mapped[datetime | None]
    void_because: Mapped[str | None] = mapped_column(Text)

    request: Mapped[AirlockRequest] = relationship(back_populates="decisions")
    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'reject')", name="known_decision"),
        CheckConstraint("decision <> 'reject' OR comment IS NOT NULL", name="rejected_why"),
        CheckConstraint(pair("void_at", "void_because"), name="void_why"),
        Index(
            "uq_airlock_decisions_standing",
            "request_number",
            "person_id",
            unique=True,
            sqlite_where=text("void_at IS NULL AND decision = 'approve'"),
            postgresql_where=text("void_at IS NULL AND decision = 'approve'"),
        ),
    )


class AirlockLock(Base):
    """Who releases from one source or project at the moment, in whatever process; it ends by itself."""

    __tablename__ = "airlock_locks"

    scope: Mapped[str] = mapped_column(String(100), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
