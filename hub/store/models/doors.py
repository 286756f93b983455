"""How far each seat's door has come with its numbered events."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.models.base import Base


class DoorPost(Base):
    """The last door that stood at a seat. It changes in the transaction that writes the event down.

    ``door`` is the sha-256 of the door's token, ``due`` the number of its next event, ``last`` a hash of the one
    before.
    """

    __tablename__ = "door_posts"

    seat: Mapped[str] = mapped_column(String(61), primary_key=True)
    door: Mapped[str] = mapped_column(String(64))
    due: Mapped[int] = mapped_column(Integer, CheckConstraint("due >= 1", name="due"))
    last: Mapped[str] = mapped_column(String(64))
