"""The filter that a Docker engine builds is the filter that bubblewrap gets, byte for byte."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from typing import Any

import pyseccomp
import pytest
from output_checker.isolation import seccomp

from hub.rooms.docker_seccomp import profile

OPERATORS = {"SCMP_CMP_EQ": pyseccomp.EQ, "SCMP_CMP_MASKED_EQ": pyseccomp.MASKED_EQ}


def built_as_runc_does(found: dict[str, Any], default: int) -> bytes:
    """The compiled filter: runc leaves out a rule that says what happens anyway."""
    built = pyseccomp.SyscallFilter(pyseccomp.ERRNO(default))
    for entry in found["syscalls"]:
        refusal = pyseccomp.ERRNO(entry.get("errnoRet", errno.EPERM))
        action = pyseccomp.ALLOW if entry["action"] == "SCMP_ACT_ALLOW" else refusal
        if action == pyseccomp.ERRNO(default):
            continue
        for name in entry["names"]:
            if pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) == -1:
                continue
            conditions = [
                pyseccomp.Arg(one["index"], OPERATORS[one["op"]], one["value"], one.get("valueTwo", 0))
                for one in entry.get("args", ())
            ]
            built.add_rule(action, name, *conditions)
    with tempfile.TemporaryFile() as out:
        built.export_bpf(out)
        out.seek(0)
        return out.read()


@pytest.mark.parametrize("inner_sandbox", [False, True], ids=["room", "window"])
def test_an_engine_of_today_builds_what_bubblewrap_gets(inner_sandbox: bool) -> None:
    fd = seccomp.filter_fd(inner_sandbox=inner_sandbox)
    with os.fdopen(fd, "rb") as source:
        assert built_as_runc_does(profile(inner_sandbox=inner_sandbox), errno.ENOSYS) == source.read()


def test_an_older_engine_with_its_own_default_is_told_every_refusal() -> None:
    named = {name for entry in profile()["syscalls"] for name in entry["names"]}
    assert named >= set(seccomp.known_calls())
    refused = [
        entry for entry in profile()["syscalls"] if entry["names"] == ["clone"] and "errnoRet" in entry
    ]
    flags = {entry["args"][0]["value"] for entry in refused}
    assert len(flags) == 7 and {entry["errnoRet"] for entry in refused} == {errno.ENOSYS}


@pytest.mark.parametrize("call", ["io_uring_setup", "clone3", "keyctl", "open_by_handle_at", "userfaultfd"])
def test_what_is_refused_is_refused_by_name(call: str) -> None:
    (entry,) = [entry for entry in profile()["syscalls"] if call in entry["names"]]
    assert (entry["action"], entry["errnoRet"]) == ("SCMP_ACT_ERRNO", errno.ENOSYS)


def test_a_window_may_make_three_kinds_of_namespace_and_no_other() -> None:
    let_through = {
        (call, entry["args"][0]["value"])
        for entry in profile(inner_sandbox=True)["syscalls"]
        for call in entry["names"]
        if call in {"clone", "unshare"} and entry["action"] == "SCMP_ACT_ALLOW"
    }
    cgroups_mounts_names_ipc = 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000
    assert let_through == {("clone", cgroups_mounts_names_ipc), ("unshare", cgroups_mounts_names_ipc)}


def test_it_is_what_an_engine_reads() -> None:
    found = json.loads(json.dumps(profile()))
    assert found["defaultAction"] == "SCMP_ACT_ERRNO" and found["defaultErrnoRet"] == errno.ENOSYS
    assert len(found["architectures"]) == 1, "a second one would be a second way in"
