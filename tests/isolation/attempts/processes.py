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
