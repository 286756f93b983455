"""Reading what a browser sends to a kernel, to record which code passed the door.

Two encodings are in use: JSON text, and the binary ``v1.kernel.websocket.jupyter.org`` sub-protocol
(an offset table of 64-bit little-endian numbers, then channel, header, parent, metadata, content and
buffers). A message that cannot be read does not pass.
"""

from __future__ import annotations

import itertools
import json
import struct
from dataclasses import dataclass
from typing import Any

BINARY_PROTOCOL = "v1.kernel.websocket.jupyter.org"

# What JupyterLab sends; a message type that is not listed is not passed on.
_PASSED_TYPES = frozenset(
    {
        "comm_close",
        "comm_info_request",
        "comm_msg",
        "comm_open",
        "complete_request",
        "create_subshell_request",
        "debug_request",
        "delete_subshell_request",
        "execute_request",
        "history_request",
        "input_reply",
        "inspect_request",
        "interrupt_request",
        "is_complete_request",
        "kernel_info_request",
        "list_subshell_request",
        "shutdown_request",
    }
)
# Where the debugger's messages carry what the kernel is to evaluate.
_DEBUGGER_CODE = ("expression", "code", "value")
_BREAKPOINT_CODE = ("condition", "hitCondition", "logMessage")
_CHANNELS = frozenset({"shell", "control", "stdin"})
_PARTS = 6


class Unreadable(Exception):
    """The message is not one that a Jupyter front end sends."""


@dataclass(frozen=True)
class KernelMessage:
    """What the door needs to know of one message to a kernel.

    ``code`` is the text that the kernel is asked to run: of an execution, an answer to ``input()``, or an
    evaluation by the debugger; ``None`` where the message carries none.
    """

    channel: str
    kind: str
    code: str | None


def read(message: str | bytes, *, binary_protocol: bool) -> KernelMessage:
    """Take a message apart. Raises :class:`Unreadable`."""
    channel, header, content = _split_binary(message) if binary_protocol else _split_text(message)
    kind = header.get("msg_type")
    if not isinstance(channel, str) or not isinstance(kind, str):
        raise Unreadable("a message without its channel or kind")
    if channel not in _CHANNELS or kind not in _PASSED_TYPES:
        raise Unreadable("a message of a kind that does not pass the door")
    return KernelMessage(channel, kind, _code(kind, content))


def _split_text(message: str | bytes) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    if not isinstance(message, str):
        raise Unreadable("a binary message where text was agreed")
    whole = _json_object(message)
    return whole.get("channel"), _as_object(whole.get("header")), _as_object(whole.get("content"))


def _split_binary(message: str | bytes) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    if not isinstance(message, bytes) or len(message) < 8:
        raise Unreadable("a text message where the binary form was agreed")
    (count,) = struct.unpack_from("<Q", message)
    if not _PARTS <= count <= 1024 or len(message) < 8 * (count + 1):
        raise Unreadable("a message without its parts")
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    if list(offsets) != sorted(offsets) or offsets[0] < 8 * (count + 1) or offsets[-1] > len(message):
        raise Unreadable("a message whose parts overlap")
    parts = [message[start:end] for start, end in itertools.pairwise(offsets)]
    channel = parts[0].decode("latin-1")
    return channel, _json_object(parts[1]), _json_object(parts[4])


def _code(kind: str, content: dict[str, Any]) -> str | None:
    if kind == "execute_request":
        code = content.get("code")
        expressions = content.get("user_expressions") or {}
        if not isinstance(code, str) or not isinstance(expressions, dict):
            raise Unreadable("an execution without its code")
        # Expressions run beside the code and are code as well.
        return _text(*([code, *expressions.values()] if expressions else [code]))
    if kind == "input_reply":
        return _text(content.get("value", ""))
    if kind == "debug_request":
        arguments = _as_object(content.get("arguments") or {})
        codes = [arguments[name] for name in _DEBUGGER_CODE if arguments.get(name) is not None]
        codes += _conditions(arguments.get("breakpoints"))
        return _text(*codes) if codes else None
    return None


def _conditions(breakpoints: Any) -> list[Any]:
    """What the debugger evaluates at breakpoints."""
    if breakpoints is None:
        return []
    if not isinstance(breakpoints, list):
        raise Unreadable("breakpoints of the wrong shape")
    found = [_as_object(point) for point in breakpoints]
    return [point[name] for point in found for name in _BREAKPOINT_CODE if point.get(name) is not None]


def _text(*values: Any) -> str:
    """Values as one text that can be written down; what is no text is written as JSON."""
    try:
        text = "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)
        text.encode()  # half a surrogate pair is a string for JSON, and no text
    except (ValueError, RecursionError) as error:
        raise Unreadable("code that is no text") from error
    return text


def _json_object(text: str | bytes) -> dict[str, Any]:
    try:
        return _as_object(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Unreadable("a message that is not JSON") from error


def _as_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable("a message of the wrong shape")
    return value
