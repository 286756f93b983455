"""A hub that is not root: the sandbox is the same but for the user, and nested user namespaces are off."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import output_checker
import pytest

UNPRIVILEGED = 65534
PYTHON = "/usr/bin/python3"
# What `output_checker.isolation` imports.
PACKAGES = (
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_inspection",
    "typing_extensions.py",
    "pyseccomp.py",
)


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    """A copy, which anybody may read, of what launching a sandbox needs."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another, unprivileged user for this test")
    version = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True
    )
    if version.stdout.strip() != str(sys.version_info[:2]):
        pytest.skip(f"{PYTHON} is not the Python {sys.version_info[:2]} for which the packages were built")
    folder = Path(tempfile.mkdtemp(prefix="isolation-"))
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", folder], check=True)
    target = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site = Path(sysconfig.get_path("purelib"))
    for name in PACKAGES:
        source = site / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target / name)
    shutil.copytree(Path(output_checker.__file__).parent, target / "output_checker", symlinks=False)
    folder.chmod(0o755)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    shutil.rmtree(folder)


def as_nobody(library: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code as an unprivileged user of the host, outside any sandbox."""
    return subprocess.run(
        ["/usr/bin/setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "--no-new-privs",
         str(library / "bin" / "python"), "-c", code, *arguments],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip


_LAUNCH = """
import json, os, subprocess, sys
from pathlib import Path
from output_checker.isolation.handover import sandbox_fd
from output_checker.isolation.sandbox import Sandbox, Limits
from output_checker.isolation import probe
inside = sys.argv[1]
sandbox = Sandbox(name="test", command=("/usr/bin/python3", "-c", inside), control_group=False,
                  limits=Limits(memory_bytes=1 << 30, file_bytes=1 << 20, open_files=64))
fd = sandbox_fd(sandbox)
done = subprocess.run([sys.executable, "-I", "-m", "output_checker.isolation.launch", str(fd)], pass_fds=(fd,),
                      env=dict(os.environ), capture_output=True, text=True, timeout=30)
print(json.dumps({"probe": str(probe()), "code": done.returncode, "out": done.stdout, "err": done.stderr}))
"""

_INSIDE = """
import ctypes, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
def tried(call):
    ctypes.set_errno(0)
    return ctypes.get_errno() if call() < 0 else 0
families = []
for family in range(64):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        families.append(family)
    except OSError:
        pass
print(json.dumps({
    "uid": os.getuid(),
    "capabilities": [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no_new_privs": status["NoNewPrivs"].strip(),
    "seccomp": status["Seccomp"].strip(),
    "unshare": tried(lambda: libc.unshare(0x10000000)),
    "families": families,
    "devices": [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]],
    "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit())[:1],
    "homes": os.path.lexists("/home") or os.path.lexists("/root"),
    "environment": sorted(os.environ),
}))
"""


def test_the_sandbox_of_an_unprivileged_hub_has_no_device_no_right_and_no_foreign_socket(
    library: Path,
) -> None:
    said = as_nobody(library, _LAUNCH, _INSIDE)
    assert said.returncode == 0, said.stderr
    outer = json.loads(said.stdout)
    assert outer["probe"] == "bubblewrap, everything as one user, no control groups"
    assert outer["code"] == 0, outer["err"]
    found = json.loads(outer["out"])
    assert found["uid"] == UNPRIVILEGED
    assert found["capabilities"] == [0, 0, 0, 0, 0]
    assert (found["no_new_privs"], found["seccomp"]) == ("1", "2")
    assert found["unshare"] == errno.EPERM
    assert found["families"] == [1, 2, 10]
    assert found["devices"] == ["lo"]
    assert not found["homes"]
    assert set(found["environment"]) <= {"PWD", "SHLVL", "_", "LC_CTYPE", "OLDPWD"}


_BARE = """
import subprocess, sys
from output_checker.isolation.sandbox import Sandbox, bubblewrap_arguments
arguments = bubblewrap_arguments(Sandbox(name="test", command=()), [])
if sys.argv[1] == "without":
    arguments.remove("--disable-userns")
command = ["bwrap", *arguments, "--", "/usr/bin/unshare", "-U", "/usr/bin/true"]
done = subprocess.run(command, capture_output=True, text=True)
print(done.returncode, done.stderr)
"""


def test_nested_user_namespaces_are_off_by_the_sandbox_itself_even_without_the_filter(library: Path) -> None:
    held = as_nobody(library, _BARE, "with")
    assert held.stdout.startswith("1 ") and "No space left on device" in held.stdout, held
    # The same sandbox without that one option lets them be made: it is what holds.
    assert as_nobody(library, _BARE, "without").stdout.startswith("0 ")
