"""The ledger's table. Only ``hub.ledger.append`` writes it; triggers refuse everything else."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.models.base import Base


class LedgerEntry(Base):
    """One thing that happened. All columns are covered by ``hash``; text, so that no database rewrites a value."""

    __tablename__ = "ledger_entries"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))
    kind: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64))
    project: Mapped[str | None] = mapped_column(String(30), index=True)
    payload: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("length(prev_hash) = 64 AND length(hash) = 64", name="hashes"),
    )
