"""Refusals of the governance floor, each a sentence."""

from __future__ import annotations

from output_checker.errors import PlainError


class NotAllowed(PlainError):
    """This person may not do this (who)."""


class NotNow(PlainError):
    """This cannot be done in the present state (when)."""


class NotFound(PlainError):
    """There is no such person, project or membership."""


class WrongValue(PlainError):
    """A value that cannot be recorded."""
