"""The filter of system calls in the form that a Docker engine reads."""

from __future__ import annotations

import errno
import platform
from typing import Any

from output_checker.isolation import seccomp

_ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def profile(*, inner_sandbox: bool = False) -> dict[str, Any]:
    """The profile: the same rules as a bubblewrap room's. Other architectures' calls kill the process.

    ``inner_sandbox`` gives the rules of a window, whose browser builds a sandbox of its own.

    Engines before version 23 know no default answer but EPERM. So whatever is refused is named as well, as far
    as it can be; of calls that nobody knows yet, runc itself says ENOSYS.
    """
    rules = seccomp.rules(inner_sandbox=inner_sandbox)
    named = {name for rule in rules for name in rule.calls}
    absent = [name for name in seccomp.known_calls() if name not in named]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.ENOSYS,
        "architectures": [_ARCHITECTURES[platform.machine()]],
        "syscalls": [
            *(_rule(one) for rule in rules for one in (rule, *_otherwise(rule))),
            _rule(seccomp.Rule(tuple(absent), errno.ENOSYS)),
        ],
    }


def _otherwise(rule: seccomp.Rule) -> list[seccomp.Rule]:
    """What a rule leaves out that lets a call through only without certain flags: the call with each of them."""
    condition = rule.condition
    if condition is None or condition.mask is None:
        return []
    flags = (1 << number for number in range(condition.mask.bit_length()) if condition.mask >> number & 1)
    refused = (seccomp.Condition(condition.argument, flag, mask=flag) for flag in flags)
    return [seccomp.Rule(rule.calls, errno.ENOSYS, one) for one in refused]


def _rule(rule: seccomp.Rule) -> dict[str, Any]:
    found: dict[str, Any] = {"names": list(rule.calls), "action": "SCMP_ACT_ALLOW"}
    if rule.errno is not None:
        found |= {"action": "SCMP_ACT_ERRNO", "errnoRet": rule.errno}
    condition = rule.condition
    if condition is not None and condition.mask is None:
        found["args"] = [{"index": condition.argument, "value": condition.value, "op": "SCMP_CMP_EQ"}]
    elif condition is not None:
        # The engine's words: ``value`` is the mask, ``valueTwo`` what is left of the argument.
        found["args"] = [
            {
                "index": condition.argument,
                "value": condition.mask,
                "valueTwo": condition.value,
                "op": "SCMP_CMP_MASKED_EQ",
            }
        ]
    return found
