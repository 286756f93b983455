"""Projects, what data they were approved for, who is a member, and the seat each member has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.models.base import Base, pair
from hub.store.models.people import Person


class Project(Base):
    """A piece of approved research. ``number`` gives the OS group and is never used again."""

    __tablename__ = "projects"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(30), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    tier: Mapped[str] = mapped_column(String(32))
    policy: Mapped[str] = mapped_column(String(63))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("length(slug) BETWEEN 1 AND 30 AND slug = lower(slug)", name="slug"),
        CheckConstraint("length(tier) BETWEEN 1 AND 32", name="tier"),
        CheckConstraint("ends_at > starts_at", name="end_after_start"),
        CheckConstraint(pair("closed_at", "closed_by"), name="closed_by_whom"),
        CheckConstraint("closed_at IS NULL OR closed_at >= created_at", name="closed_after_created"),
    )


class Approval(Base):
    """Which source, tables, columns and rows a project may have. The newest one holds."""

    __tablename__ = "approvals"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_number: Mapped[int] = mapped_column(ForeignKey("projects.number"), index=True)
    extract: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    approved_at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(String(64))

    project: Mapped[Project] = relationship()

    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)


class HeldSource(Base):
    """A source whose real records an extract of the project has held."""

    __tablename__ = "held_sources"

    project_number: Mapped[int] = mapped_column(ForeignKey("projects.number"), primary_key=True)
    source: Mapped[str] = mapped_column(String(32), primary_key=True)


class SeatRecord(Base):
    """One person in one project. ``number`` gives the OS user and is never used again."""

    __tablename__ = "seats"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    project_number: Mapped[int] = mapped_column(ForeignKey("projects.number"))

    person: Mapped[Person] = relationship()
    project: Mapped[Project] = relationship()
    memberships: Mapped[list[Membership]] = relationship(back_populates="seat")

    __table_args__ = (
        UniqueConstraint("person_id", "project_number"),
        CheckConstraint("number >= 1", name="number"),
    )


class Membership(Base):
    """A time during which a seat's person belongs to its project. It may be ended before its last day."""

    __tablename__ = "memberships"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_number: Mapped[int] = mapped_column(ForeignKey("seats.number"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(64))

    seat: Mapped[SeatRecord] = relationship(back_populates="memberships")

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="end_after_start"),
        CheckConstraint(pair("ended_at", "ended_by"), name="ended_by_whom"),
        CheckConstraint("ended_at IS NULL OR ended_at >= added_at", name="ended_after_added"),
    )
