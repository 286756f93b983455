"""Who may do what to a request to bring a file in: pure questions about people.

As for the way out: ``check_…`` raises with a sentence for the person, ``may_…`` answers yes or no. Whether the
moment is right is asked in ``moments``.
"""

from __future__ import annotations

from collections.abc import Collection

from hub.airlock.asking import passes
from hub.airlock.permissions import Actor, NotAllowed, NotVisible

_NONE = "There is no such request among yours."


def _known(actor: Actor) -> None:
    if not actor.enabled:
        raise NotAllowed("Your account is switched off: please speak to the people who run this service.")


def check_ask(actor: Actor) -> None:
    """Members of a project ask for files to be brought in, while the project is open to them."""
    _known(actor)
    if not actor.admitted:
        reason = f" {actor.not_admitted_because}" if actor.not_admitted_because else ""
        raise NotAllowed(f"This project is not open to you at the moment.{reason}")


def check_sees_as_author(actor: Actor, author: str) -> None:
    """The author sees their own requests, with name, state and what was said about them."""
    _known(actor)
    if actor.person != author:
        raise NotVisible(_NONE)


def check_withdraw(actor: Actor, author: str) -> None:
    """Only the author withdraws. Taking back is safe, so nothing else is asked."""
    check_sees_as_author(actor, author)


def check_review(actor: Actor, author: str, approvers: Collection[str]) -> None:
    """Holders of a role that the policy names look at requests from projects that are not their own."""
    _known(actor)
    if not actor.roles & set(approvers):
        raise NotVisible(_NONE)
    if actor.person == author:
        raise NotAllowed("You cannot decide on a file that you want to bring in: somebody else does.")
    if actor.member:
        raise NotAllowed("You belong to this project: somebody from outside it decides on what comes in.")


def check_decide(actor: Actor, author: str, approvers: Collection[str]) -> None:
    """Approve or reject: whoever may look at it."""
    check_review(actor, author, approvers)


def may_ask(actor: Actor) -> bool:
    """See :func:`check_ask`."""
    return passes(lambda: check_ask(actor), NotAllowed)


def may_withdraw(actor: Actor, author: str) -> bool:
    """See :func:`check_withdraw`."""
    return passes(lambda: check_withdraw(actor, author), NotAllowed)


def may_review(actor: Actor, author: str, approvers: Collection[str]) -> bool:
    """See :func:`check_review`."""
    return passes(lambda: check_review(actor, author, approvers), NotAllowed)
