"""Who may do what to a request: pure questions about people.

Each comes as a pair: ``check_…`` raises with a sentence for the person, ``may_…`` answers yes or no.
Whether the moment is right is asked in ``policies``.
"""

from __future__ import annotations

from dataclasses import dataclass

from output_checker.errors import PlainError

from hub.airlock.asking import passes

OUTPUT_CHECKER = "output_checker"


class NotAllowed(PlainError):
    """This person may not do this, whatever the moment."""


class NotVisible(NotAllowed):
    """This person may not know whether there is such a request."""


@dataclass(frozen=True)
class Actor:
    """The person who asks, with what the store says about them at this moment.

    ``admitted`` and ``member`` are about the project of the request in question: may this person open it
    now, and do they belong to it, or did they ever?
    """

    person: str
    enabled: bool
    roles: frozenset[str]
    admitted: bool
    member: bool = False
    not_admitted_because: str | None = None


def _known(actor: Actor) -> None:
    if not actor.enabled:
        raise NotAllowed("Your account is switched off: please speak to the people who run this service.")


def check_sees_as_author(actor: Actor, author: str) -> None:
    """The author sees number, time, size, type and state of their own requests."""
    _known(actor)
    if actor.person != author:
        raise NotVisible("There is no such request among yours.")


def check_review(actor: Actor, author: str) -> None:
    """Output checkers see the content of requests from projects that are not their own."""
    _known(actor)
    if OUTPUT_CHECKER not in actor.roles:
        raise NotVisible("There is no such request among yours.")
    if actor.person == author:
        raise NotAllowed("You cannot review a request of your own: two other output checkers decide on it.")
    if actor.member:
        raise NotAllowed(
            "You belong to this project: output checkers from outside it decide on its requests."
        )


def check_submit(actor: Actor, author: str) -> None:
    """Only the author submits, and only while the project is open to them."""
    check_sees_as_author(actor, author)
    _admitted(actor)


def check_withdraw(actor: Actor, author: str) -> None:
    """Only the author withdraws. Taking back is safe, so nothing else is asked."""
    check_sees_as_author(actor, author)


def check_decide(actor: Actor, author: str) -> None:
    """Approve or reject: an output checker who is not the author and not of the project."""
    check_review(actor, author)


def check_download(actor: Actor, author: str) -> None:
    """Only the author fetches what was released, and only while the project is open to them."""
    check_sees_as_author(actor, author)
    _admitted(actor)


def _admitted(actor: Actor) -> None:
    if not actor.admitted:
        reason = f" {actor.not_admitted_because}" if actor.not_admitted_because else ""
        raise NotAllowed(f"The project of this request is not open to you at the moment.{reason}")


def may_see_as_author(actor: Actor, author: str) -> bool:
    """See :func:`check_sees_as_author`."""
    return passes(lambda: check_sees_as_author(actor, author), NotAllowed)


def may_review(actor: Actor, author: str) -> bool:
    """See :func:`check_review`."""
    return passes(lambda: check_review(actor, author), NotAllowed)


def may_submit(actor: Actor, author: str) -> bool:
    """See :func:`check_submit`."""
    return passes(lambda: check_submit(actor, author), NotAllowed)


def may_withdraw(actor: Actor, author: str) -> bool:
    """See :func:`check_withdraw`."""
    return passes(lambda: check_withdraw(actor, author), NotAllowed)


def may_decide(actor: Actor, author: str) -> bool:
    """See :func:`check_decide`."""
    return passes(lambda: check_decide(actor, author), NotAllowed)


def may_download(actor: Actor, author: str) -> bool:
    """See :func:`check_download`."""
    return passes(lambda: check_download(actor, author), NotAllowed)
