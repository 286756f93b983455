"""No namespace can be made or entered: in a new one a person would be its root."""

from __future__ import annotations

from hub.prove.attempt import Attempt, Family
from hub.prove.families.acts import Act, each, inside, number_of, system_call
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, filtered

_FLAGS = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "process": 0x20000000,
    "IPC": 0x08000000,
    "host name": 0x04000000,
    "control group": 0x02000000,
    "time": 0x00000080,
}
_FILES = ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup")


def _clone(probe: str, call: str) -> Act:
    # The time namespace has no flag of clone: its bit means something else there.
    flags = [flag for name, flag in _FLAGS.items() if name != "time"]
    return lambda stage: [stage.ask(f"kernel.{probe}", number_of(call), flag) for flag in flags]


FAMILY = Family(
    "namespaces",
    "No namespace can be made or entered: in a new one a person would be its root.",
    (
        *(
            Attempt(
                f"unshare: {name}",
                f"Leave the {name} namespace for a new one.",
                inside("kernel.unshare", flag),
                filtered,
            )
            for name, flag in _FLAGS.items()
        ),
        Attempt(
            "unshare: user and network",
            "Make a user namespace and a network namespace at once, as rootless containers do.",
            inside("kernel.unshare", _FLAGS["user"] | _FLAGS["network"]),
            filtered,
        ),
        Attempt(
            "clone",
            "Start processes in new namespaces, one kind after another.",
            _clone("clone", "clone"),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt(
            "clone3",
            "The same by clone3, whose flags no filter can see.",
            _clone("clone3", "clone3"),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt(
            "namespaces of process 1",
            "Enter the namespaces of the room's first process, which comes from outside.",
            each(*(inside("kernel.enter_namespace", "1", kind) for kind in _FILES)),
            all_refused(NOT_FOR_YOU | NOT_THERE),
        ),
        Attempt(
            "one's own namespaces again",
            "Enter one's own namespaces, which may give rights back.",
            each(*(inside("kernel.enter_namespace", "self", kind) for kind in _FILES)),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt(
            "chroot",
            "Take another folder as the root, from which one can climb out.",
            system_call("chroot", "/tmp"),
            filtered,
        ),
        Attempt(
            "pivot_root",
            "Put another file system in the place of the root.",
            system_call("pivot_root", "/tmp", "/tmp"),
            filtered,
        ),
    ),
)
