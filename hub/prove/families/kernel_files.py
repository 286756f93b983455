"""Nothing of the machine is to be read or set through files: memory, disks, switches, control groups."""

from __future__ import annotations

from hub.prove.attempt import Attempt, Family
from hub.prove.families.acts import each, inside, open_to_write
from hub.prove.judges import NOT_FOR_YOU, NOT_THERE, all_refused, nothing, refused

# Engines put an empty file in the place of some.
_CLOSED = NOT_FOR_YOU | NOT_THERE | {"empty"}
_FOLDERS = ("/tmp", "/workspace/home", "/workspace/shared", "/outbox", "/run/room", "/dev/shm")
_CALL_USERMODE = ("core_pattern", "modprobe", "hotplug", "poweroff_cmd")

FAMILY = Family(
    "kernel files",
    "Nothing of the machine is to be read or set through files: memory, disks, switches, control groups.",
    (
        Attempt(
            "/proc/kcore",
            "Read the machine's memory through its core file.",
            inside("files.read", "/proc/kcore"),
            refused(_CLOSED),
        ),
        Attempt(
            "/dev/mem and the like",
            "Read the machine's memory, ports and log through devices.",
            each(*(inside("files.read", f"/dev/{name}") for name in ("mem", "kmem", "port", "kmsg"))),
            all_refused(_CLOSED),
        ),
        Attempt(
            "/proc/kmsg", "Read the kernel's messages.", inside("files.read", "/proc/kmsg"), refused(_CLOSED)
        ),
        Attempt(
            "raw devices",
            "Look for disks and other devices that not every program may use.",
            inside("files.block_devices"),
            nothing("device of the host"),
        ),
        Attempt(
            "disks by name",
            "Read disks, loops, mappers and partitions by the names they have on hosts.",
            each(
                *(
                    inside("files.read", f"/dev/{name}")
                    for name in ("sda", "sda1", "vda", "vda1", "nvme0n1", "loop0", "dm-0", "mapper/control")
                )
            ),
            all_refused(_CLOSED),
        ),
        Attempt(
            "ways into the kernel below /dev",
            "Open the devices of tunnels, virtual machines, file systems in programs, and loops.",
            each(
                *(inside("files.read", f"/dev/{name}") for name in ("net/tun", "kvm", "fuse", "loop-control"))
            ),
            all_refused(_CLOSED),
        ),
        *(
            Attempt(
                f"make a {kind} device",
                f"Make the node of {what} in each folder that can be written.",
                each(*(inside("files.make_device", folder, kind) for folder in _FOLDERS)),
                all_refused({"EPERM", "ENOSYS", "EACCES"}),
            )
            for kind, what in (("block", "a disk"), ("character", "the machine's memory"))
        ),
        Attempt(
            "sysrq",
            "Press the keys that restart or crash the machine.",
            open_to_write("/proc/sysrq-trigger"),
            refused(_CLOSED),
        ),
        Attempt(
            "programs that the kernel starts",
            "Name a program of one's own for the kernel to start outside as root.",
            each(*(open_to_write(f"/proc/sys/kernel/{name}") for name in _CALL_USERMODE)),
            all_refused(_CLOSED),
        ),
        Attempt(
            "kernel switches",
            "Set the host's name, its forwarding and its protections.",
            each(
                *(
                    open_to_write(f"/proc/sys/{name}")
                    for name in (
                        "kernel/hostname",
                        "net/ipv4/ip_forward",
                        "kernel/yama/ptrace_scope",
                        "vm/drop_caches",
                    )
                )
            ),
            all_refused(_CLOSED),
        ),
        Attempt(
            "release_agent",
            "Name a program for the kernel to start when a control group is empty.",
            each(
                *(
                    open_to_write(f"/sys/fs/cgroup/{name}release_agent")
                    for name in ("", "memory/", "pids/", "rdma/", "cpu/", "systemd/")
                )
            ),
            all_refused(_CLOSED),
        ),
        Attempt(
            "control groups",
            "See or change the limits of one's own control group.",
            inside(
                "files.there", ["/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"]
            ),
            nothing("control group is seen"),
        ),
        Attempt(
            "what /sys tells",
            "Read what the kernel tells of the machine's devices, and name a program for it to start.",
            inside(
                "files.there",
                ["/sys/class", "/sys/block", "/sys/devices", "/sys/kernel/uevent_helper", "/sys/firmware"],
            ),
            nothing("file of /sys is seen"),
        ),
    ),
)
