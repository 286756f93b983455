"""Calls that change the machine are refused before the kernel looks at them."""

from __future__ import annotations

from hub.prove.attempt import Attempt, Family
from hub.prove.families.acts import each, system_call
from hub.prove.judges import all_refused, filtered

_TMP = "/tmp"
_HERE = -100  # AT_FDCWD


FAMILY = Family(
    "kernel calls",
    "Calls that change the machine are refused before the kernel looks at their arguments.",
    (
        Attempt(
            "mount", "Mount a file system.", system_call("mount", "none", _TMP, "tmpfs", 0, None), filtered
        ),
        Attempt(
            "umount",
            "Take the mount of the project's data away.",
            system_call("umount2", "/data", 2),
            filtered,
        ),
        Attempt(
            "new calls for mounts",
            "Open, change and move mounts by the newer calls for it.",
            each(
                system_call("fsopen", "tmpfs", 0),
                system_call("open_tree", _HERE, "/data", 1),
                system_call("move_mount", -1, "", -1, "", 0),
                system_call("mount_setattr", _HERE, "/data", 0, None, 0),
            ),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt("bpf", "Load a program into the kernel.", system_call("bpf", 0, None, 0), filtered),
        Attempt(
            "performance counters",
            "Watch what the processor does for others.",
            system_call("perf_event_open", None, 0, -1, -1, 0),
            filtered,
        ),
        Attempt(
            "userfaultfd",
            "Hold the kernel in the middle of a copy, as many exploits do.",
            system_call("userfaultfd", 0),
            filtered,
        ),
        Attempt(
            "keyrings",
            "Read and write keys, which no namespace keeps apart.",
            each(system_call("keyctl", 0, -3, 0), system_call("add_key", "user", "x", "x", 1, -3)),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt(
            "kernel modules",
            "Load a module, or another kernel.",
            each(system_call("init_module", None, 0, ""), system_call("kexec_load", 0, 17, None, 0)),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt(
            "restart", "Restart the machine.", system_call("reboot", 0xFEE1DEAD, 672274793, 0, None), filtered
        ),
        Attempt("clock", "Set the machine's clock.", system_call("settimeofday", None, None), filtered),
        Attempt("host name", "Set the host's name.", system_call("sethostname", "x", -1), filtered),
        Attempt("swap", "Use a file as the machine's swap.", system_call("swapon", f"{_TMP}/x", 0), filtered),
        Attempt(
            "file handles",
            "Open files by number, past every folder: the way out of a container that is known as shocker.",
            each(
                system_call("open_by_handle_at", _HERE, None, 0),
                system_call("name_to_handle_at", _HERE, "/data", None, None, 0),
            ),
            all_refused({"ENOSYS", "EPERM"}),
        ),
        Attempt("fanotify", "Watch a whole file system.", system_call("fanotify_init", 0, 0), filtered),
        Attempt("kernel log", "Read the kernel's messages.", system_call("syslog", 3, None, 0), filtered),
        Attempt(
            "quotas", "Change how much others may use.", system_call("quotactl", 0, None, 0, None), filtered
        ),
        Attempt(
            "personality",
            "Switch off the random layout of memory, which makes exploits easier.",
            system_call("personality", 0x0040000),
            filtered,
        ),
        Attempt("ptrace", "Trace a process.", system_call("ptrace", 0, 0, 0, 0), filtered),
        Attempt(
            "another's memory by a call",
            "Read and write the memory of the room's first process.",
            each(
                system_call("process_vm_readv", 1, 0, 0, 0, 0, 0),
                system_call("process_vm_writev", 1, 0, 0, 0, 0, 0),
                system_call("kcmp", 1, 1, 0, 0, 0),
            ),
            all_refused({"ENOSYS", "EPERM"}),
        ),
    ),
)
