"""What a sandbox is made of, as plain data, and the bubblewrap command line that builds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

MIB = 1024 * 1024


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bind(_Frozen):
    """A file or folder of the host (``source``) seen in the sandbox as ``target``."""

    source: Path
    target: Path


class TextFile(_Frozen):
    """A small read-only file that exists only inside."""

    target: Path
    text: str


class Identity(_Frozen):
    """The OS user that untrusted code runs as; only a root parent can give one away."""

    uid: int
    gid: int


class Limits(_Frozen):
    """What one sandbox may use. ``None`` leaves a limit to the machine.

    ``memory_bytes`` and ``processes`` hold for the sandbox as a whole where control groups can be had,
    and otherwise for each process (memory) or for the user (processes).
    """

    memory_bytes: int | None = None
    processes: int | None = None
    cpu_percent: int | None = None
    cpu_seconds: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None


class Sandbox(_Frozen):
    """Everything that decides what untrusted code can see and do.

    ``name`` names the control group; ``control_group`` says whether to ask for one. ``identity`` is
    ``None`` where the parent is not root: the sandbox then runs as the parent's own user in a user
    namespace of its own. ``quiet`` drops what bubblewrap and the command write to the error output; only
    the launcher's own sentences are left there, and nothing that was chosen inside. ``inner_sandbox`` is for a
    browser, which builds a sandbox of its own for each of its pages: it may make user namespaces.
    ``outlives_parent`` lets it run on when whoever started it ends; it still ends, to the last process, with the
    one that was started.
    """

    name: str
    command: tuple[str, ...]
    read_only: tuple[Bind, ...] = ()
    writable: tuple[Bind, ...] = ()
    tmpfs: tuple[tuple[Path, int], ...] = ((Path("/tmp"), 64 * MIB),)  # noqa: S108 - inside the sandbox
    text_files: tuple[TextFile, ...] = ()
    environment: dict[str, str] = {}
    directory: Path = Path("/")
    hostname: str = "sandbox"
    identity: Identity | None = None
    limits: Limits = Limits()
    control_group: bool = True
    quiet: bool = False
    inner_sandbox: bool = False
    outlives_parent: bool = False


# The parts of the operating system that any program needs to start; nothing of the host's own state.
_SYSTEM = ("/usr",)
_SYSTEM_LINKS = (("usr/bin", "/bin"), ("usr/sbin", "/sbin"), ("usr/lib", "/lib"), ("usr/lib64", "/lib64"))
_ETC = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/mime.types")


def bubblewrap_arguments(sandbox: Sandbox, text_fds: Sequence[int]) -> list[str]:
    """Arguments for bubblewrap, without the program's name, the seccomp filter and the command.

    ``text_fds`` holds one open descriptor for each of ``sandbox.text_files``. They are passed to
    bubblewrap through ``--args``, so that no path of the host shows in the sandbox's process list.
    """
    arguments = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if sandbox.identity is None:
        arguments += ["--unshare-user", *([] if sandbox.inner_sandbox else ["--disable-userns"])]
        arguments += ["--cap-drop", "ALL"]
    else:
        # No user namespace: its owner would be root of it. The three capabilities let setpriv step
        # down to the sandbox's own user, which then has none; seccomp denies new namespaces.
        arguments += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            arguments += ["--cap-add", capability]
    arguments += ["--die-with-parent", "--new-session", "--clearenv", "--hostname", sandbox.hostname]
    for name, value in sorted(sandbox.environment.items()):
        arguments += ["--setenv", name, value]
    for system in _SYSTEM:
        arguments += ["--ro-bind", system, system]
    for destination, link in _SYSTEM_LINKS:
        arguments += ["--symlink", destination, link]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for optional in _ETC:
        arguments += ["--ro-bind-try", optional, optional]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--size", str(64 * MIB), "--tmpfs", "/dev/shm"]  # noqa: S108
    for target, size in sandbox.tmpfs:
        arguments += ["--perms", "1777", "--size", str(size), "--tmpfs", str(target)]
    # bubblewrap makes missing parents 0700, and the sandbox's own user could not pass through them.
    targets = [b.target for b in (*sandbox.read_only, *sandbox.writable)] + [
        f.target for f in sandbox.text_files
    ]
    for parent in sorted({parent for target in targets for parent in target.parents if parent != Path("/")}):
        arguments += ["--perms", "0755", "--dir", str(parent)]
    for bind in sandbox.read_only:
        arguments += ["--ro-bind", str(bind.source), str(bind.target)]
    for bind in sandbox.writable:
        arguments += ["--bind", str(bind.source), str(bind.target)]
    for text_file, fd in zip(sandbox.text_files, text_fds, strict=True):
        arguments += ["--perms", "0444", "--ro-bind-data", str(fd), str(text_file.target)]
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    return arguments


def inner_command(sandbox: Sandbox) -> list[str]:
    """The command as bubblewrap starts it: stepped down to the sandbox's own user where there is one."""
    if sandbox.identity is None:
        return _enter(sandbox.directory, sandbox.command)
    return [
        "/usr/bin/setpriv",
        "--reuid",
        str(sandbox.identity.uid),
        "--regid",
        str(sandbox.identity.gid),
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
        "--no-new-privs",
        *_enter(sandbox.directory, sandbox.command),
    ]


def _enter(directory: Path, command: Sequence[str]) -> list[str]:
    # Members of a project share a group, and nobody else shares anything.
    return ["/bin/sh", "-c", 'umask 007; cd "$0" && exec "$@"', str(directory), *command]


def account_files(*, user: str, home: Path, uid: int, gid: int) -> tuple[TextFile, ...]:
    """The files of ``/etc`` that name the one user who lives in the sandbox, and only this machine."""
    return (
        TextFile(target=Path("/etc/passwd"), text=f"{user}:x:{uid}:{gid}:{user}:{home}:/bin/bash\n"),
        TextFile(target=Path("/etc/group"), text=f"project:x:{gid}:\n"),
        TextFile(target=Path("/etc/hosts"), text="127.0.0.1 localhost\n::1 localhost\n"),
        TextFile(target=Path("/etc/nsswitch.conf"), text="passwd: files\ngroup: files\nhosts: files\n"),
    )
