"""The roles people hold. Being a researcher is not one of them: membership of a project says so."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may be trusted with besides their own projects."""

    OUTPUT_CHECKER = "output_checker"
    ADMINISTRATOR = "administrator"
    DATA_MANAGER = "data_manager"
    COMMITTEE = "committee"

    @property
    def words(self) -> str:
        """The role's name in words."""
        return self.value.replace("_", " ")

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]


_MEANINGS = {
    Role.OUTPUT_CHECKER: "decides whether outputs may leave a room",
    Role.ADMINISTRATOR: "opens and closes accounts and gives roles",
    Role.DATA_MANAGER: "sets up projects and their members and makes extracts",
    Role.COMMITTEE: "approves which data a project may have",
}

# Whoever makes accounts could make a checker of themselves, twice: no one person holds two of these.
KEPT_APART = frozenset({Role.ADMINISTRATOR, Role.OUTPUT_CHECKER})
