"""Which system calls untrusted code may make: an allow-list, everything else answers ENOSYS.

What is kept out, and why:

- socket families other than unix and inet: netlink, packet, vsock, bluetooth and the rest. A vsock
  socket opens even in a network namespace without devices, and talks to the hypervisor.
- io_uring, which can open sockets behind the filter's back.
- new namespaces (``unshare``, ``setns``, the ``CLONE_NEW*`` flags), mounts, ``ptrace``, keyrings, bpf,
  performance counters, ``userfaultfd``, kernel modules, clocks, and whatever a newer kernel adds.

``clone3`` hides its flags behind a pointer, so it is absent and the C library falls back to ``clone``.

A sandbox that runs a browser may let it build its own, inner sandbox: then new user, process and network
namespaces and ``chroot`` are let through, and all else stays as it is. Mount namespaces are not among them.
"""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass

import pyseccomp

_INNER_SANDBOX_FLAGS = 0x10000000 | 0x20000000 | 0x40000000  # CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET
_OTHER_NEW_FLAGS = 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000  # cgroup, mounts, host name, IPC
_ALLOWED_FAMILIES = (int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6))
_HIGHEST_FAMILY_TO_LIST = 64
# The options of sockets that a browser and an X server set: the socket's own and TCP's.
_ALLOWED_LEVELS = (int(socket.SOL_SOCKET), int(socket.IPPROTO_TCP))
# Those of IP and IPv6 reach the kernel's packet filter, where root of a user namespace may load tables.
_REFUSED_LEVELS = (int(socket.IPPROTO_IP), int(socket.IPPROTO_IPV6))
# Numbers of system calls, on the architectures whose calls are numbered from 0, stay far below.
_NUMBERS = 1024

ALLOWED_SYSCALLS: tuple[str, ...] = tuple(
    """
    accept accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown
    clock_getres clock_gettime clock_nanosleep close close_range connect copy_file_range creat
    dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
    epoll_wait_old eventfd eventfd2 execve execveat exit exit_group
    faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
    fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futex_waitv
    futimesat get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents getdents64
    getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority
    getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday
    getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
    io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl ioprio_get ioprio_set
    kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
    lchown lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat
    madvise mbind membarrier memfd_create mincore mkdir mkdirat mlock mlock2 mlockall mmap mprotect mremap
    msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause
    pidfd_open pidfd_send_signal pipe pipe2 poll ppoll prctl pread64 preadv preadv2 prlimit64
    pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg
    remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
    sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
    sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg
    sendto set_mempolicy set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups
    setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid
    setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 splice stat statfs statx
    symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete
    timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill
    truncate umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev
    """.split()
)


@dataclass(frozen=True)
class Condition:
    """That the call's argument number ``argument`` (from 0), masked where there is a mask, equals ``value``."""

    argument: int
    value: int
    mask: int | None = None


@dataclass(frozen=True)
class Rule:
    """What becomes of some calls: ``errno`` is the answer, ``None`` lets them through."""

    calls: tuple[str, ...]
    errno: int | None = None
    condition: Condition | None = None


def rules(*, inner_sandbox: bool = False) -> tuple[Rule, ...]:
    """The filter as data, for every engine that can hold to it. What no rule names answers ENOSYS.

    ``inner_sandbox`` lets through what a browser builds its own sandbox of.
    """
    kept_out = _OTHER_NEW_FLAGS if inner_sandbox else _OTHER_NEW_FLAGS | _INNER_SANDBOX_FLAGS
    without_those = Condition(0, 0, mask=kept_out)
    found = [
        Rule(tuple(name for name in ALLOWED_SYSCALLS if not (inner_sandbox and name == "setsockopt"))),
        Rule(("clone",), condition=without_those),
        Rule(("setns", "mount", "ptrace", "bpf"), errno.EPERM),
        *(
            [
                Rule(("unshare",), condition=without_those),
                Rule(("chroot",)),
                *(Rule(("setsockopt",), condition=Condition(1, level)) for level in _ALLOWED_LEVELS),
                *(Rule(("setsockopt",), errno.ENOPROTOOPT, Condition(1, level)) for level in _REFUSED_LEVELS),
            ]
            if inner_sandbox
            else [Rule(("unshare",), errno.EPERM)]
        ),
        Rule(("socketpair",), condition=Condition(0, int(socket.AF_UNIX))),
    ]
    found += [Rule(("socket",), condition=Condition(0, family)) for family in _ALLOWED_FAMILIES]
    # A foreign family answers as a kernel without it would, so that libraries take their fallback. For
    # netlink, ZeroMQ has a fallback for one errno only and ends the process on another.
    for family in range(_HIGHEST_FAMILY_TO_LIST):
        if family not in _ALLOWED_FAMILIES:
            answer = errno.EOPNOTSUPP if family == socket.AF_NETLINK else errno.EAFNOSUPPORT
            found.append(Rule(("socket",), answer, Condition(0, family)))
    return tuple(found)


def build_filter(*, inner_sandbox: bool = False) -> pyseccomp.SyscallFilter:
    """The filter as a libseccomp object; foreign architectures' calls kill the process."""
    built = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for rule in rules(inner_sandbox=inner_sandbox):
        action = pyseccomp.ALLOW if rule.errno is None else pyseccomp.ERRNO(rule.errno)
        for name in rule.calls:
            if _known(name):
                built.add_rule(action, name, *_arguments(rule.condition))
    return built


def known_calls() -> tuple[str, ...]:
    """Every system call of this machine's architecture that its libseccomp knows by name."""
    return tuple(sorted(name for number in range(_NUMBERS) if (name := _name_of(number)) is not None))


def filter_fd(*, inner_sandbox: bool = False) -> int:
    """A file descriptor holding the compiled filter at offset 0, as bubblewrap's ``--seccomp`` reads it."""
    fd = os.memfd_create("seccomp", 0)
    with os.fdopen(os.dup(fd), "wb", closefd=True) as out:
        build_filter(inner_sandbox=inner_sandbox).export_bpf(out)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _arguments(condition: Condition | None) -> tuple[pyseccomp.Arg, ...]:
    if condition is None:
        return ()
    if condition.mask is None:
        return (pyseccomp.Arg(condition.argument, pyseccomp.EQ, condition.value),)
    return (pyseccomp.Arg(condition.argument, pyseccomp.MASKED_EQ, condition.mask, condition.value),)


def _name_of(number: int) -> str | None:
    try:
        return str(pyseccomp.resolve_syscall(pyseccomp.system_arch(), number).decode())
    except ValueError:
        return None


def _known(name: str) -> bool:
    unknown = -1
    return bool(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) != unknown)
