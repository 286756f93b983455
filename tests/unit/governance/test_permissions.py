"""Who may do what: every question by every role, and the yes-or-no form agrees with the sentence."""

from __future__ import annotations

import inspect

import pytest

from hub.governance import Role, permissions
from hub.governance.errors import NotAllowed
from hub.governance.permissions import Actor
from hub.store.names import ActorName

WHO_MAY = {
    "manage_accounts": {Role.ADMINISTRATOR},
    "manage_projects": {Role.DATA_MANAGER},
    "manage_members": {Role.DATA_MANAGER},
    "approve_data": {Role.COMMITTEE},
    "see_accounts": {Role.ADMINISTRATOR},
    "see_projects": {Role.ADMINISTRATOR, Role.DATA_MANAGER},
    "see_extracts": {Role.DATA_MANAGER},
    "see_approvals": {Role.DATA_MANAGER, Role.COMMITTEE},
    "read_texts": {Role.DATA_MANAGER},
}
QUESTIONS = sorted(
    name.removeprefix("check_may_") for name in dir(permissions) if name.startswith("check_may_")
)


def test_each_question_is_in_the_table_and_has_its_pair() -> None:
    assert set(QUESTIONS) == set(WHO_MAY)
    for question in QUESTIONS:
        pair = inspect.signature(getattr(permissions, f"may_{question}"))
        assert list(pair.parameters) == list(
            inspect.signature(getattr(permissions, f"check_may_{question}")).parameters
        )


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("role", [None, *Role])
def test_every_question_by_every_role(question: str, role: Role | None) -> None:
    actor = Actor(ActorName("alice"), frozenset({role} if role else ()))
    allowed = role in WHO_MAY[question]
    assert getattr(permissions, f"may_{question}")(actor) == allowed
    check = getattr(permissions, f"check_may_{question}")
    if allowed:
        check(actor)
    else:
        with pytest.raises(NotAllowed) as refused:
            check(actor)
        assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_console_may(question: str) -> None:
    assert getattr(permissions, f"may_{question}")(Actor(ActorName("console:root"), console=True))


@pytest.mark.parametrize("question", ["manage_accounts", "manage_members"])
def test_nobody_decides_about_themselves(question: str) -> None:
    actor = Actor(ActorName("alice"), frozenset(Role))
    assert getattr(permissions, f"may_{question}")(actor, "bob")
    assert not getattr(permissions, f"may_{question}")(actor, "alice")


def test_nobody_approves_data_for_their_own_project() -> None:
    actor = Actor(ActorName("alice"), frozenset({Role.COMMITTEE}))
    assert permissions.may_approve_data(actor, frozenset({"bob"}))
    assert not permissions.may_approve_data(actor, frozenset({"bob", "alice"}))
