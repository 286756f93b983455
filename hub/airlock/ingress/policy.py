"""What may come into a room: ``policies/ingress.yaml``, typed. A wrong file is refused with a sentence."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import yaml
from output_checker.errors import PlainError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

log = logging.getLogger("lockedroom.ingress")
DEFAULT = Path(__file__).resolve().parents[3] / "policies" / "ingress.yaml"

Suffix = Annotated[str, Field(pattern=r"^\.[a-z0-9]{1,10}$")]
Bytes = Annotated[int, Field(ge=1, le=1024**3)]
# Whoever makes accounts could make an approver of themselves: administrators let nothing in.
Approver = Literal["data_manager", "output_checker", "committee"]


class WrongPolicy(PlainError):
    """The policy for what comes in cannot be used."""


class Type(StrEnum):
    """The types that the airlock knows how to look into."""

    TABLE = "table"
    CODE = "code"
    NOTEBOOK = "notebook"
    ARCHIVE = "archive"
    WHEEL = "wheel"

    @property
    def words(self) -> str:
        """The type for people."""
        return _WORDS[self]

    @property
    def looked_into(self) -> str:
        """What a file of this type has to be, whatever its name says."""
        return _LOOKED_INTO[self]

    @property
    def packed(self) -> bool:
        """Whether it holds other files."""
        return self in {Type.ARCHIVE, Type.WHEEL}


_WORDS = {
    Type.TABLE: "reference table",
    Type.CODE: "code or text",
    Type.NOTEBOOK: "notebook",
    Type.ARCHIVE: "archive of text files",
    Type.WHEEL: "Python package (wheel)",
}
_LOOKED_INTO = {
    Type.TABLE: "UTF-8 text.",
    Type.CODE: "UTF-8 text.",
    Type.NOTEBOOK: "JSON of the form of a Jupyter notebook.",
    Type.ARCHIVE: "A zip that holds nothing but UTF-8 text files of the types table, code and notebook: no links, "
    "no encryption, no paths that lead out of it, no two names that differ in capitals only, and no byte beside the "
    "files that are listed: no comments but the name of a commit, no gaps.",
    Type.WHEEL: "A zip as above, of any content, with a RECORD whose hashes fit every file. Nothing that Python or "
    "Jupyter would run at its start: no .pth file, no sitecustomize, no module named like one of Python's own, no "
    "data files outside the package.",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TypeRule(_Strict):
    """What holds for one type."""

    suffixes: Annotated[
        list[Suffix],
        Field(
            min_length=1, description="Endings of a name, in small letters, by which the type is recognised."
        ),
    ]
    most_bytes: Bytes = Field(description="The largest file, in bytes. One byte more is refused.")
    approvals: Annotated[int, Field(ge=1, le=5)] = Field(
        description="How many people have to approve it. Nobody approves what they or a member of their own project "
        "asked for."
    )
    approvers: Annotated[list[Approver], Field(min_length=1)] = Field(
        description="Roles whose holders may approve; each person counts once."
    )


class Unpacked(_Strict):
    """How much an archive or a wheel may hold."""

    most_entries: Annotated[int, Field(ge=1, le=100_000)] = Field(description="The most files in it.")
    most_bytes: Bytes = Field(description="The most bytes of all its files together, unpacked.")


class Waiting(_Strict):
    """How much one person may have waiting, in all their projects together."""

    most_files: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="The most files of one person that nobody has decided on."
    )
    most_bytes: Bytes = Field(description="The most bytes of one person's files that nobody has decided on.")
    most_held_bytes: Bytes = Field(
        description="The most bytes of one person's files of which the airlock keeps copies, decided on or not."
    )
    most_uploads_an_hour: Annotated[int, Field(ge=1, le=10_000)] = Field(
        description="The most uploads of one person within an hour."
    )


class Retention(_Strict):
    """How long things are kept. Records stay for ever; only requests and copies end."""

    undecided_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        description="Days after which a request ends that was not let in."
    )
    copy_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        description="Days for which the airlock keeps its copy after a request has ended."
    )
    infected_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        description="The same, for a file in which the malware scan found something."
    )


class IngressPolicy(_Strict):
    """The whole file."""

    title: Annotated[str, Field(min_length=3)]
    description: Annotated[str, Field(min_length=3)]
    types: Annotated[
        dict[Literal["table", "code", "notebook", "archive", "wheel"], TypeRule], Field(min_length=1)
    ]
    unpacked: Unpacked
    waiting: Waiting
    malware_scan: Literal["wanted", "required"] = Field(
        description="With required, a file that could not be scanned is refused. With wanted, it is shown to the "
        "approvers as not scanned."
    )
    retention: Retention

    @model_validator(mode="after")
    def _no_suffix_twice(self) -> IngressPolicy:
        seen: set[str] = set()
        for rule in self.types.values():
            for suffix in rule.suffixes:
                if suffix in seen:
                    raise ValueError(f"the suffix {suffix} stands twice")
                seen.add(suffix)
        for name, suffix in (("wheel", ".whl"), ("archive", ".zip"), ("notebook", ".ipynb")):
            if name in self.types and self.types[name].suffixes != [suffix]:
                raise ValueError(f"the type {name} has the suffix {suffix} and no other")
        return self

    def rule(self, kind: Type) -> TypeRule | None:
        """What holds for a type; None if it may not come in."""
        return self.types.get(kind.value)

    def type_of(self, name: str) -> Type | None:
        """The type that a file's name claims, or None if nothing of that name may come in."""
        suffix = PurePosixPath(name).suffix.lower()
        found = next((t for t, rule in self.types.items() if suffix in rule.suffixes), None)
        return None if found is None else Type(found)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """All endings that may come in."""
        return tuple(suffix for rule in self.types.values() for suffix in rule.suffixes)

    @property
    def text_suffixes(self) -> tuple[str, ...]:
        """The endings of text, which are also those that an archive may hold."""
        return tuple(s for name, rule in self.types.items() if not Type(name).packed for s in rule.suffixes)

    @property
    def most_bytes(self) -> int:
        """The largest file of any type."""
        return max(rule.most_bytes for rule in self.types.values())


@dataclass(frozen=True)
class Loaded:
    """A policy together with the sha-256 of its file, to which decisions bind."""

    policy: IngressPolicy
    digest: str


def load(path: Path = DEFAULT) -> Loaded:
    """Read a policy. Raises WrongPolicy with one sentence that names the place in the file."""
    try:
        raw = path.read_bytes()
        return Loaded(IngressPolicy.model_validate(yaml.safe_load(raw)), hashlib.sha256(raw).hexdigest())
    except OSError as fault:
        raise WrongPolicy(
            f"The policy for what comes in cannot be read: {path} ({fault.strerror})."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise WrongPolicy(f"The policy for what comes in is not YAML: {path}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise WrongPolicy(
            f"The policy for what comes in cannot be used: {where} in {path}: {said}."
        ) from None


class PolicyFile:
    """The policy's file, read again when it changes, so that nobody has to restart anything."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or DEFAULT
        self._stamp: tuple[int, int, int] | None = None
        self._loaded: Loaded | None = None

    def now(self) -> Loaded:
        """What holds now. Raises WrongPolicy the first time; later a file that cannot be used changes nothing."""
        try:
            state = self._path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        except OSError:
            stamp = None
        if self._loaded is None:
            self._loaded, self._stamp = load(self._path), stamp
        elif stamp != self._stamp:
            self._stamp = stamp
            try:
                self._loaded = load(self._path)
            except WrongPolicy as fault:
                log.warning("%s What held until now goes on to hold.", fault.sentence)
        return self._loaded
