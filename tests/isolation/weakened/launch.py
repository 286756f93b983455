"""The launcher of sandboxes with one wall left out: ``python launch.py WALL FD``. For tests alone."""

from __future__ import annotations

import sys

import pyseccomp
from output_checker.isolation import launch, seccomp
from output_checker.isolation.sandbox import Sandbox

_arguments, _inner = launch.bubblewrap_arguments, launch.inner_command


def without(*left_out: str) -> None:
    """Bubblewrap without some of its arguments."""

    def weakened(sandbox: Sandbox, text_fds: list[int]) -> list[str]:
        return [one for one in _arguments(sandbox, text_fds) if one not in left_out]

    launch.bubblewrap_arguments = weakened  # type: ignore[assignment]


def without_filter() -> None:
    """Every system call allowed."""
    seccomp.build_filter = lambda *arguments, **names: pyseccomp.SyscallFilter(pyseccomp.ALLOW)


def with_a_capability() -> None:
    """The bounding set kept, and a capability in it."""
    without_step = "--bounding-set=-all"
    launch.inner_command = lambda sandbox: [one for one in _inner(sandbox) if one != without_step]


WALLS = {
    "network": lambda: without("--unshare-net"),
    "processes": lambda: without("--unshare-pid"),
    "filter": without_filter,
    "capabilities": with_a_capability,
}

if __name__ == "__main__":
    wall = sys.argv.pop(1)
    WALLS[wall]()
    launch.main()
