"""What all tables share: the naming of constraints, and moments as UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from hub.store.clock import UtcDateTime


class Base(DeclarativeBase):
    """Constraints get predictable names, so that both databases and every migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads a plain class attribute


def pair(first: str, second: str) -> str:
    """SQL that holds when both columns are filled or neither is: a fact needs its who and its when."""
    return f"({first} IS NULL) = ({second} IS NULL)"
