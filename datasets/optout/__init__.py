"""The national data opt-out: whose records are left out, before anything else is done with a source."""

from datasets.optout.lists import OptOut, OptOutResult, current, take_list

__all__ = ["OptOut", "OptOutResult", "current", "take_list"]
