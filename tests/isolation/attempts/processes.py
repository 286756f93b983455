"""Attempts to gain rights, to make namespaces, to reach other processes, and to use up the machine."""

from __future__ import annotations

from typing import Any


def own_status() -> dict[str, str]:
    """``/proc/self/status`` as a table."""
    from pathlib import Path

    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def namespace_attempts() -> dict[str, int]:
    """Every way to make or enter a namespace: the errno, 0 where it was done. Each in a child."""
    import ctypes
    import os
    import struct
    from collections.abc import Callable

    libc = ctypes.CDLL(None, use_errno=True)
    flags = {
        "user": 0x10000000,
        "mount": 0x00020000,
        "net": 0x40000000,
        "pid": 0x20000000,
        "ipc": 0x08000000,
        "uts": 0x04000000,
        "cgroup": 0x02000000,
    }

    def in_child(attempt: Callable[[], int]) -> int:
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            ctypes.set_errno(0)
            result = attempt()
            os.write(write_end, struct.pack("i", ctypes.get_errno() if result < 0 else 0))
            os._exit(0)
        os.close(write_end)
        os.waitpid(child, 0)
        answer = os.read(read_end, 4)
        os.close(read_end)
        return int(struct.unpack("i", answer)[0]) if len(answer) == 4 else -1

    def clone3(flag: int) -> int:
        arguments = struct.pack("11Q", flag, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
        return int(libc.syscall(ctypes.c_long(435), arguments, ctypes.c_long(len(arguments))))

    def enter(name: str) -> int:
        try:
            fd = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
        except OSError:
            fd = os.open(f"/proc/self/ns/{name}", os.O_RDONLY)
        return int(libc.setns(fd, 0))

    found = {}
    for name, flag in flags.items():
        found[f"unshare {name}"] = in_child(lambda flag=flag: libc.unshare(flag))  # type: ignore[misc]
        found[f"clone {name}"] = in_child(
            lambda flag=flag: libc.syscall(ctypes.c_long(56), ctypes.c_long(flag | 17), 0, 0, 0, 0)  # type: ignore[misc]
        )
        found[f"clone3 {name}"] = in_child(lambda flag=flag: clone3(flag))  # type: ignore[misc]
    found["unshare user and net"] = in_child(lambda: libc.unshare(0x50000000))
    found["unshare time"] = in_child(lambda: libc.unshare(0x80))
    for name in ("user", "mnt", "net", "pid", "ipc", "uts"):
        found[f"setns {name}"] = in_child(lambda name=name: enter(name))  # type: ignore[misc]
    return found


def reach_process_1() -> dict[str, str]:
    """Ways to read, trace or end process 1, which is the sandbox's own: ``done`` or the error's name."""
    import ctypes
    import errno
    import os
    from collections.abc import Callable

    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *arguments: int) -> None:
        if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(one) for one in arguments]) < 0:
            raise OSError(ctypes.get_errno(), str(number))

    def get_fd() -> None:
        call(438, os.pidfd_open(1), 0, 0)

    attempts: dict[str, Callable[[], Any]] = {
        "ptrace attach": lambda: call(101, 16, 1, 0, 0),
        "ptrace seize": lambda: call(101, 0x4206, 1, 0, 0),
        "process_vm_readv": lambda: call(310, 1, 0, 0, 0, 0, 0),
        "pidfd_getfd": get_fd,
        "kcmp": lambda: call(312, 1, os.getpid(), 0, 0, 0),
        "memory": lambda: os.open("/proc/1/mem", os.O_RDONLY),
        "root": lambda: os.listdir("/proc/1/root"),
        "descriptors": lambda: os.listdir("/proc/1/fd"),
        "working folder": lambda: os.listdir("/proc/1/cwd"),
        "signal": lambda: os.kill(1, 9),
        "limits": lambda: os.open("/proc/1/oom_score_adj", os.O_WRONLY),
    }
    found = {}
    for name, attempt in attempts.items():
        try:
            attempt()
            found[name] = "done"
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return found


def privileged_calls() -> dict[str, int]:
    """System calls that change the machine: the errno of each, 0 where it was done."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    calls: dict[str, tuple[int, list[Any]]] = {
        "mount": (165, [b"none", b"/tmp", b"tmpfs", 0, None]),
        "umount2": (166, [b"/data", 2]),
        "pivot_root": (155, [b"/tmp", b"/tmp"]),
        "chroot": (161, [b"/tmp"]),
        "mknod": (133, [b"/tmp/device", 0o60666, 0x0800]),
        "setuid": (105, [0]),
        "setgid": (106, [0]),
        "setgroups": (116, [0, None]),
        "bpf": (321, [0, None, 0]),
        "perf_event_open": (298, [None, 0, -1, -1, 0]),
        "userfaultfd": (323, [0]),
        "keyctl": (250, [0, -3, 0]),
        "add_key": (248, [b"user", b"x", b"x", 1, -3]),
        "kexec_load": (246, [0, 0, None, 0]),
        "init_module": (175, [None, 0, b""]),
        "reboot": (169, [0xFEE1DEAD, 672274793, 0, None]),
        "sethostname": (170, [b"x", 1]),
        "settimeofday": (164, [None, None]),
        "swapon": (167, [b"/tmp/x", 0]),
        "open_by_handle_at": (304, [-100, None, 0]),
        "name_to_handle_at": (303, [-100, b"/data", None, None, 0]),
        "fanotify_init": (300, [0, 0]),
        "syslog": (103, [3, None, 0]),
        "quotactl": (179, [0, None, 0, None]),
        "iopl": (172, [3]),
        "personality": (135, [0x0040000]),
        "fsopen": (430, [b"tmpfs", 0]),
        "move_mount": (429, [-1, b"", -1, b"", 0]),
        "mount_setattr": (442, [-100, b"/data", 0, None, 0]),
    }
    found = {}
    for name, (number, arguments) in calls.items():
        ctypes.set_errno(0)
        passed = [ctypes.c_long(one) if isinstance(one, int) else ctypes.c_char_p(one) for one in arguments]
        found[name] = ctypes.get_errno() if libc.syscall(ctypes.c_long(number), *passed) < 0 else 0
    return found


def setuid_programs() -> dict[str, list[str]]:
    """Start every setuid and setgid program of the system; the user ids each of them got."""
    import os
    import stat
    import subprocess
    import time
    from pathlib import Path

    found = {}
    for folder, _, files in os.walk("/usr"):
        for name in files:
            path = os.path.join(folder, name)
            state = os.lstat(path)
            if not stat.S_ISREG(state.st_mode) or not state.st_mode & (stat.S_ISUID | stat.S_ISGID):
                continue
            # It stops at its first read of the terminal or of a full pipe; before that it has its ids.
            try:
                child = subprocess.Popen(
                    [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
            except OSError as error:
                found[path] = [type(error).__name__]
                continue
            # Also when it has ended already: it is kept as a zombie until it is waited for.
            time.sleep(0.02)
            lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
            ids = [line for line in lines if line.startswith(("Uid:", "Gid:", "CapEff:"))]
            found[path] = [one for line in ids for one in line.split()[1:]]
            child.kill()
            child.communicate()
    return found


def become_root() -> dict[str, str]:
    """What the usual programs for it say to ``id -u``."""
    import shutil
    import subprocess

    commands = {
        "su": ["su", "-c", "id -u"],
        "sudo": ["sudo", "-n", "id", "-u"],
        "newgrp": ["newgrp", "root", "-c", "id -g"],
        "sg": ["sg", "root", "-c", "id -g"],
        "pkexec": ["pkexec", "id", "-u"],
        "setpriv": ["setpriv", "--reuid", "0", "id", "-u"],
        "unshare": ["unshare", "-Ur", "id", "-u"],
        "chroot": ["chroot", "/", "id", "-u"],
        "mount": ["mount", "-t", "tmpfs", "none", "/tmp"],
    }
    found = {}
    for name, command in commands.items():
        if shutil.which(name):
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
            )
            found[name] = done.stdout.strip() if done.returncode == 0 else "refused"
    return found


def fork_many(count: int, threads: bool) -> dict[str, Any]:
    """Try to have ``count`` processes (or threads) at once; how many there were. They stay for a moment."""
    import os
    import signal
    import threading
    import time

    if threads:
        end = threading.Event()
        started = 0
        for _ in range(count):
            try:
                threading.Thread(target=end.wait, daemon=True).start()
            except RuntimeError:
                continue
            started += 1
        time.sleep(1)
        end.set()
        return {"started": started}
    children = []
    refused = 0
    for _ in range(count):
        try:
            child = os.fork()
        except OSError:
            refused += 1
            continue
        if child == 0:
            signal.pause()
            os._exit(0)
        children.append(child)
    time.sleep(1)
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)
    return {"started": len(children), "refused": refused}


def fork_without_end(seconds: float) -> int:
    """A fork bomb: each child forks for as long as it may. They ignore what asks them to stop."""
    import os
    import signal
    import time

    child = os.fork()
    if child:
        return child
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.fork()
        except OSError:
            time.sleep(0.05)
    return os._exit(0)


def eat_memory(megabytes: int) -> dict[str, int]:
    """A child takes and uses that much memory; how far it came and what ended it."""
    import os
    import struct

    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # this child goes first, so that the notebook can tell of it
        held = []
        for taken in range(1, megabytes + 1):
            held.append(bytearray(os.urandom(4096) * 256))
            os.write(write_end, struct.pack("i", taken))
        os._exit(0)
    os.close(write_end)
    taken = 0
    while piece := os.read(read_end, 4):
        taken = struct.unpack("i", piece)[0]
    os.close(read_end)
    _, status = os.waitpid(child, 0)
    return {"taken": taken, "killed_by": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


def fill(folder: str, megabytes: int) -> dict[str, Any]:
    """Write files in a folder until it is full or there is that much; how much there was. They are removed."""
    import errno
    import os

    piece = os.urandom(1 << 20)
    written, said = 0, ""
    made: list[str] = []
    while written < megabytes and not said:
        path = f"{folder}/.fill-{len(made)}"
        made.append(path)
        try:
            with open(path, "wb", buffering=0) as file:
                for _ in range(16):
                    written += file.write(piece) >> 20
        except OSError as error:
            said = errno.errorcode.get(error.errno or 0, "")
    for path in made:
        if os.path.exists(path):
            os.unlink(path)
    return {"written": written, "said": said}


def make_files(folder: str, count: int) -> dict[str, Any]:
    """Make empty files until there can be no more; how many there were. They are removed."""
    import errno
    import os

    made, said = 0, ""
    os.mkdir(f"{folder}/.many")
    while made < count and not said:
        try:
            os.close(os.open(f"{folder}/.many/{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
        except OSError as error:
            said = errno.errorcode.get(error.errno or 0, "")
    for number in range(made):
        os.unlink(f"{folder}/.many/{number}")
    os.rmdir(f"{folder}/.many")
    return {"made": made, "said": said}


def write_much_to(descriptor_of: str, megabytes: int) -> str:
    """Start a program that writes to its inherited error output; what ended it."""
    import subprocess

    code = f"import os\nfor _ in range({megabytes}): os.write(2, bytes(1 << 20))"
    done = subprocess.run([descriptor_of, "-c", code], check=False)
    return str(done.returncode)


def answer() -> int:
    """A cell that just runs."""
    return 42
