"""Which data a project was approved for: source, tables, columns and the rows among them."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.governance import permissions
from hub.governance.errors import NotFound, WrongValue
from hub.governance.lookup import find_project
from hub.governance.policies import projects as project_policy
from hub.governance.policies.tiers import check_policy_is_enough, needed_tier, tier_after_approval
from hub.governance.projects import known_policy, policy_of
from hub.governance.tiers import load_tiers
from hub.ledger import EventKind, append
from hub.store.models import Approval, Membership, Person, Project, SeatRecord

# Columns of the data zone's sources that say who somebody is. They are in no extract; nobody can approve them.
IDENTIFIERS = frozenset(
    {
        "nhs_number",
        "newnhsno",
        "given_name",
        "family_name",
        "birth_date",
        "dob",
        "postcode",
        "homeadd",
        "household_id",
    }
)
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_Value = Annotated[str, StringConstraints(max_length=200)] | bool | int | float
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class RowCondition(_Strict):
    """Rows for which ``column op value`` holds. ``in`` and ``not in`` take a list of values."""

    column: _Name
    op: Operator
    value: _Value | Annotated[list[_Value], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _list_where_one_is_due(self) -> RowCondition:
        if (self.op in ("in", "not in")) != isinstance(self.value, list):
            raise ValueError("'in' and 'not in' take a list of values, the other operators one value")
        return self


class ApprovedTable(_Strict):
    """Columns the project gets, in this order, and the conditions its rows meet (all of them)."""

    columns: Annotated[list[_Name], Field(min_length=1, max_length=1000)]
    rows: Annotated[list[RowCondition], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _each_column_once(self) -> ApprovedTable:
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("a column is named twice")
        return self

    @model_validator(mode="after")
    def _nobody_is_named(self) -> ApprovedTable:
        named = sorted(IDENTIFIERS & {*self.columns, *(row.column for row in self.rows)})
        if named:
            raise ValueError(f"{named[0]} says who somebody is and never leaves the data zone")
        return self


class ApprovedExtract(_Strict):
    """What a project may have: a source, one of its snapshots (or the newest), and parts of its tables."""

    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    snapshot: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    tables: Annotated[dict[_Name, ApprovedTable], Field(min_length=1, max_length=100)]


class ApprovalFile(ApprovedExtract):
    """An approval as the committee writes it: the data, and the tier of a project that may have them."""

    tier: Annotated[str, StringConstraints(max_length=32)] | None = Field(
        default=None,
        description="the project's tier from now on; left out, the lowest that the data allow, and no lower than "
        "before",
    )

    policy: Annotated[str, StringConstraints(max_length=63)] | None = Field(
        default=None,
        description="the disclosure policy of its outputs, as strict as its tier asks; left out, the one it has",
    )

    @property
    def extract(self) -> ApprovedExtract:
        """The data alone."""
        return ApprovedExtract.model_validate(self.model_dump(exclude={"tier", "policy"}))


_Shape = TypeVar("_Shape", bound=ApprovedExtract)


def parse_approval(content: object) -> ApprovalFile:
    """Check the shape of a whole approval. Raises WrongValue with a sentence that names the place."""
    return _parse(ApprovalFile, content)


def parse_extract(extract: object) -> ApprovedExtract:
    """Check the shape of what was approved. Raises WrongValue with a sentence that names the place."""
    return _parse(ApprovedExtract, extract)


def _parse(shape: type[_Shape], content: object) -> _Shape:
    if not isinstance(content, dict):
        raise WrongValue("The approved extract is not right at the whole: it has to name source and tables.")
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:120] or "the whole"
        said = first["msg"].removeprefix("Value error, ")
        raise WrongValue(f"The approved extract is not right at {where}: {said}.") from None


def record_approval(
    session: Session,
    project: str,
    extract: object,
    *,
    actor: str,
    now: datetime,
    tier: str | None = None,
    policy: str | None = None,
    real_sources: frozenset[str] | None = None,
) -> str:
    """Approve data for a project; replaces an earlier approval. Returns the approval's SHA-256.

    ``tier`` and ``policy`` are what the approval names for the project, and ``real_sources`` those whose real
    records are among the data; ``None`` while the data are not there. The project's tier may rise by it.
    """
    approved = parse_extract(extract)
    target = find_project(session, project)
    permissions.check_may_approve_data(permissions.load_actor(session, actor), _members(session, target))
    project_policy.check_is_open(closed=target.closed_at is not None, ends_at=target.ends_at, now=now)
    text = json.dumps(
        approved.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    session.add(
        Approval(
            project_number=target.number, extract=text, sha256=digest, approved_at=now, approved_by=actor
        )
    )
    tiers, before = load_tiers(), target.tier
    after = tier_after_approval(
        tiers.find(before),
        named=None if tier is None else tiers.find(tier),
        needed=None if real_sources is None else needed_tier(tiers, real_sources),
    )
    target.tier = after.name
    if policy is not None:
        check_policy_is_enough(after, known_policy(policy))
        target.policy = policy
    session.flush()
    append(
        session,
        EventKind.APPROVAL_RECORDED,
        actor=actor,
        project=target.slug,
        now=now,
        payload={
            "sha256": digest,
            "source": approved.source,
            "tables": {name: table.columns for name, table in approved.tables.items()},
            "row_conditions": {name: len(table.rows) for name, table in approved.tables.items()},
            "tier": after.name,
            "tier_before": before,
            "policy": policy_of(target),
        },
    )
    return digest


def approved_extract(session: Session, project: str) -> dict[str, Any]:
    """The approval that holds, as JSON-shaped values. Raises NotFound when nothing was approved yet."""
    target = find_project(session, project)
    approval = session.scalar(
        select(Approval).where(Approval.project_number == target.number).order_by(Approval.id.desc()).limit(1)
    )
    if approval is None:
        raise NotFound(
            f"No data are approved for {target.slug} yet: the committee does it with lockedroom project approve."
        )
    # What lies in the database is checked like what comes from outside.
    return parse_extract(json.loads(approval.extract)).model_dump(mode="json")


def _members(session: Session, project: Project) -> frozenset[str]:
    names = session.scalars(
        select(Person.name)
        .join(SeatRecord, SeatRecord.person_id == Person.id)
        .join(Membership, Membership.seat_number == SeatRecord.number)
        .where(SeatRecord.project_number == project.number)
    )
    return frozenset(names)
