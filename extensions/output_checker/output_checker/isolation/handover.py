"""How a sandbox's description reaches the process that becomes it: through memory, not through a file."""

from __future__ import annotations

import os

from output_checker.isolation.sandbox import Sandbox


def sandbox_fd(sandbox: Sandbox) -> int:
    """An inheritable descriptor with the sandbox's description, to hand to ``launch`` or ``limited``."""
    fd = memory_file(sandbox.model_dump_json().encode())
    os.set_inheritable(fd, True)
    return fd


def memory_file(content: bytes) -> int:
    """A descriptor of an anonymous file in memory that holds ``content``, at offset 0."""
    fd = os.memfd_create("sandbox", 0)
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
