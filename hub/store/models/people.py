"""People, the roles they hold, and the waiting time of names with too many failed sign-ins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.models.base import Base, pair

ROLES = ("output_checker", "administrator", "data_manager", "committee")


class Person(Base):
    """Somebody who can sign in."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    full_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_set_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None] = mapped_column(String(64))

    grants: Mapped[list[RoleGrant]] = relationship(back_populates="person")

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 32 AND name = lower(name)", name="name"),
        CheckConstraint(pair("password_hash", "password_set_at"), name="password_with_time"),
        CheckConstraint(pair("disabled_at", "disabled_by"), name="disabled_by_whom"),
        CheckConstraint("disabled_at IS NULL OR disabled_at >= added_at", name="disabled_after_added"),
    )


class RoleGrant(Base):
    """One role held by one person for a time. Being a researcher is not a role: membership says so."""

    __tablename__ = "role_grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(32))
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(64))

    person: Mapped[Person] = relationship(back_populates="grants")

    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="known_role"),
        CheckConstraint(pair("revoked_at", "revoked_by"), name="revoked_by_whom"),
        CheckConstraint("revoked_at IS NULL OR revoked_at >= granted_at", name="revoked_after_granted"),
        Index(
            "uq_role_grants_held_once",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        # Nobody holds account administration and output checking together: of the two, one row a person.
        Index(
            "uq_role_grants_administrator_or_output_checker",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND role IN ('administrator', 'output_checker')"),
            postgresql_where=text("revoked_at IS NULL AND role IN ('administrator', 'output_checker')"),
        ),
    )


class SigninThrottle(Base):
    """Failed sign-ins under one name. The name is kept as a digest: people type passwords there too."""

    __tablename__ = "signin_throttle"

    name_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    waits_until: Mapped[datetime | None]
    forget_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)
