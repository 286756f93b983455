"""Names as types: a person, a project, a seat and an actor cannot be confused, and none is a bare string.

Every name that comes from outside goes through one of the ``parse_*`` functions, which raise
``WrongName`` with a sentence. Names become host names, directory names and JupyterHub names, so the
alphabet is the smallest of these: lower-case ASCII letters, digits and single hyphens inside.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NewType

from output_checker.errors import PlainError

PersonName = NewType("PersonName", str)
ProjectSlug = NewType("ProjectSlug", str)
SeatId = NewType("SeatId", str)
ActorName = NewType("ActorName", str)

# A seat's host name is person--project in one label, and a label has 63 characters at most.
PERSON_MAX = 30
PROJECT_MAX = 30  # JupyterHub's limit for named servers

# Host names that begin with xn-- are names in other alphabets (RFC 5890).
_INTERNATIONAL = "xn"
# fullmatch only: `$` would let a final newline through.
_WORDS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_ACTOR = re.compile(r"(?:console|system):[a-z0-9_][a-z0-9_.-]{0,31}", re.ASCII)


class WrongName(PlainError):
    """A name that cannot be one. The sentence does not repeat what was typed: it may be anything."""


class Seat(NamedTuple):
    """One person in one project."""

    person: PersonName
    project: ProjectSlug

    @property
    def id(self) -> SeatId:
        """``person.project``, the name of the seat's directories."""
        return SeatId(f"{self.person}.{self.project}")


def parse_person(text: object) -> PersonName:
    """A person's name: 1 to 30 lower-case letters, digits and single hyphens inside; not ``xn``."""
    if text == _INTERNATIONAL:
        raise WrongName("This name has a meaning of its own in host names: choose a longer one.")
    if isinstance(text, str) and len(text) <= PERSON_MAX and _WORDS.fullmatch(text):
        return PersonName(text)
    raise WrongName(
        f"A person's name is 1 to {PERSON_MAX} lower-case letters, digits and single hyphens, such as alice-b."
    )


def parse_project(text: object) -> ProjectSlug:
    """A project's short name: 1 to 30 lower-case letters, digits and single hyphens inside."""
    if isinstance(text, str) and len(text) <= PROJECT_MAX and _WORDS.fullmatch(text):
        return ProjectSlug(text)
    raise WrongName(
        f"A project's short name is 1 to {PROJECT_MAX} lower-case letters, digits and single hyphens, "
        "such as road-safety."
    )


def parse_seat(text: object) -> Seat:
    """A seat, written ``person.project``."""
    if isinstance(text, str) and text.count(".") == 1:
        person, project = text.split(".")
        return Seat(parse_person(person), parse_project(project))
    raise WrongName("A seat is written person.project, such as alice.road-safety.")


def parse_actor(text: object) -> ActorName:
    """Who did it: a person's name, ``console:<os user>`` or ``system:<component>``."""
    if isinstance(text, str) and (
        (len(text) <= PERSON_MAX and _WORDS.fullmatch(text)) or _ACTOR.fullmatch(text)
    ):
        return ActorName(text)
    raise WrongName("An actor is a person's name, console:<user> or system:<component>.")
