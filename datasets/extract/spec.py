"""What a project was approved to get: tables, columns and rows, as data that is never evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Literal

from output_checker.errors import PlainError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from datasets.zone import ProjectSlug

Op = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not_in", "is_null", "not_null"]
Scalar = int | float | str


def _checked_value(value: object) -> object:
    for one in value if isinstance(value, list) else [value]:
        # bool is a kind of int in Python, and no column holds one.
        if one is not None and (isinstance(one, bool) or not isinstance(one, int | float | str)):
            raise ValueError("use numbers or texts")
        if isinstance(one, float) and not isfinite(one):
            raise ValueError("use finite numbers")
    return value


def _checked_op(op: object) -> object:
    return "not_in" if op == "not in" else op


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Model):
    """Rows for which ``column op value`` holds. A missing value meets no condition but ``is_null``."""

    column: str
    op: Annotated[Op, BeforeValidator(_checked_op)]
    value: Annotated[Any, BeforeValidator(_checked_value)] = Field(
        default=None,
        description="a number or a text; a list for in and not_in; nothing for is_null and not_null. "
        "Dates are texts yyyy-mm-dd, times hh:mm, datetimes yyyy-mm-ddThh:mm:ssZ",
    )

    @model_validator(mode="after")
    def _value_fits_op(self) -> Condition:
        if self.op in ("is_null", "not_null"):
            if self.value is not None:
                raise ValueError(f"{self.op} takes no value")
        elif self.op in ("in", "not_in"):
            if not isinstance(self.value, list) or not self.value:
                raise ValueError(f"{self.op} needs a list with at least one value")
        elif self.value is None or isinstance(self.value, list):
            raise ValueError(f"{self.op} needs one value")
        return self


class TableSpec(_Model):
    """The approved part of one table.

    All conditions must hold. A table without columns is not delivered; its conditions hold all the same.
    """

    columns: list[str]
    rows: list[Condition] = []

    @model_validator(mode="after")
    def _columns_once(self) -> TableSpec:
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise ValueError(f"column {twice[0]} is named twice")
        return self


class ExtractSpec(_Model):
    """An approved extract.

    Conditions on a table also choose among the rows that belong to its rows: those on ``collisions`` among
    casualties, vehicles and links, those on ``people`` among all records of a person.
    """

    project: ProjectSlug
    source: Literal["stats19", "linked"] = "stats19"
    snapshot: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="a pinned source snapshot; default: the one imported last",
    )
    tables: dict[str, TableSpec]
    approval: dict[str, JsonValue] = Field(
        default={}, description="who approved it and when, as the hub knows it"
    )

    @model_validator(mode="after")
    def _something_delivered(self) -> ExtractSpec:
        if not any(table.columns for table in self.tables.values()):
            raise ValueError("no table has an approved column")
        return self

    @classmethod
    def approved(cls, project: str, approved: Mapping[str, Any]) -> ExtractSpec:
        """The specification in an approval's JSON: ``source``, ``tables``, perhaps ``snapshot``.

        Raises PlainError that names the place of the first thing wrong.
        """
        try:
            return cls.model_validate({**approved, "project": project})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "extract"
            said = first["msg"].removeprefix("Value error, ")
            raise PlainError(f"The approval of {project} cannot be carried out: {place}: {said}.") from error
