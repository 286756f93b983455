"""What goes to a kernel is read before it passes; what cannot be read does not pass."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.door.cells import KernelMessage, Unreadable, read
from tests.journey.browser_session import join


def text(channel: Any = "shell", kind: Any = "execute_request", content: Any = None, **more: Any) -> str:
    whole = {"channel": channel, "header": {"msg_type": kind}, "parent_header": {}, "metadata": {}}
    return json.dumps(whole | {"content": {"code": "1+1"} if content is None else content} | more)


def binary(channel: str = "shell", kind: str = "execute_request", content: Any = None) -> bytes:
    return join(channel, {"msg_type": kind}, {}, {}, {"code": "1+1"} if content is None else content)


BOTH = [pytest.param(text, False, id="text"), pytest.param(binary, True, id="binary")]


@pytest.mark.parametrize(("make", "protocol"), BOTH)
@pytest.mark.parametrize(
    ("channel", "kind", "content", "code"),
    [
        ("shell", "execute_request", {"code": "print(1)"}, "print(1)"),
        (
            "shell",
            "execute_request",
            {"code": "", "user_expressions": {"a": "f()", "b": "g()"}},
            "\nf()\ng()",
        ),
        ("shell", "execute_request", {"code": "x", "user_expressions": {"a": ["odd"]}}, 'x\n["odd"]'),
        ("shell", "execute_request", {"code": "x", "user_expressions": None}, "x"),
        ("stdin", "input_reply", {"value": "secret()"}, "secret()"),
        ("control", "debug_request", {"arguments": {"expression": "open('x')"}}, "open('x')"),
        ("control", "debug_request", {"arguments": {"code": "y = 1"}}, "y = 1"),
        ("control", "debug_request", {"arguments": {"expression": "a", "value": "b()"}}, "a\nb()"),
        (
            "control",
            "debug_request",
            {"arguments": {"breakpoints": [{"line": 1, "condition": "c()"}]}},
            "c()",
        ),
        ("control", "debug_request", {"command": "initialize"}, None),
        ("shell", "kernel_info_request", {}, None),
        ("shell", "complete_request", {"code": "pri"}, None),
        ("control", "shutdown_request", {"restart": True}, None),
    ],
)
def test_the_code_of_a_message_is_found(
    make: Any, protocol: bool, channel: str, kind: str, content: Any, code: str | None
) -> None:
    message = make(channel, kind, content)
    assert read(message, binary_protocol=protocol) == KernelMessage(channel, kind, code)


@pytest.mark.parametrize(("make", "protocol"), BOTH)
@pytest.mark.parametrize(
    ("channel", "kind", "content"),
    [
        ("iopub", "execute_request", None),
        ("shell ", "execute_request", None),
        ("SHELL", "execute_request", None),
        ("", "execute_request", None),
        ("shell", "execute_reply", None),
        ("shell", "usage_request", None),
        ("shell", "", None),
        ("shell", "execute_request", {}),
        ("shell", "execute_request", {"code": 1}),
        ("shell", "execute_request", {"code": None}),
        ("shell", "execute_request", {"code": "x", "user_expressions": ["f()"]}),
        ("shell", "execute_request", {"code": "\ud800"}),
        ("stdin", "input_reply", {"value": "\udfff"}),
        ("control", "debug_request", {"arguments": ["x"]}),
        ("control", "debug_request", {"arguments": {"breakpoints": {"condition": "x"}}}),
        ("shell", "execute_request", []),
    ],
)
def test_a_message_of_another_kind_or_shape_does_not_pass(
    make: Any, protocol: bool, channel: str, kind: str, content: Any
) -> None:
    with pytest.raises(Unreadable):
        read(make(channel, kind, content), binary_protocol=protocol)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "null",
        "1",
        '"x"',
        "{",
        "{}",
        '{"channel": "shell"}',
        text(channel=["shell"]),
        text(kind=["execute_request"]),
        text(kind={"a": 1}),
        text(header=None),
        text(header=[1]),
        text(content=7),
        "[" * 100_000,
        '{"a":' * 100_000,
        text(content={"code": "x", "user_expressions": {"deep": 0}}).replace(
            "0", "[" * 900 + "]" * 900 + "z"
        ),
        "\ufeff" + text(),
        text().encode(),
    ],
)
def test_text_that_is_no_message_does_not_pass(message: Any) -> None:
    with pytest.raises(Unreadable):
        read(message, binary_protocol=False)


def test_of_a_key_given_twice_the_last_counts_as_in_the_kernel() -> None:
    twice = (
        '{"channel":"shell","header":{"msg_type":"execute_request"},"content":{"code":"shown","code":"run"}}'
    )
    assert read(twice, binary_protocol=False).code == json.loads(twice)["content"]["code"] == "run"


def offsets(*numbers: int, body: bytes = b"") -> bytes:
    return struct.pack(f"<{len(numbers)}Q", *numbers) + body


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x06",
        offsets(0),
        offsets(5, 48, 48, 48, 48, 48),
        offsets(6),
        offsets(2**64 - 1),
        offsets(2**32),
        offsets(1025, *[8208] * 1025),
        offsets(6, 56, 61, 60, 61, 62, 63, body=b"shell{}{}{}{}"),
        offsets(6, 0, 61, 62, 63, 64, 65, body=b"x" * 20),
        offsets(6, 55, 61, 62, 63, 64, 65, body=b"x" * 20),
        offsets(6, 56, 61, 62, 63, 64, 10_000, body=b"x" * 20),
        offsets(6, 56, 2**63, 2**63, 2**63, 2**63, 2**64 - 1, body=b"x" * 20),
        offsets(6, 56, 56, 56, 56, 56, 56),
        binary()[:-1] + b"\xff",
        "text",
    ],
)
def test_a_binary_message_with_wrong_offsets_does_not_pass(message: Any) -> None:
    with pytest.raises(Unreadable):
        read(message, binary_protocol=True)


def test_buffers_after_the_six_parts_are_allowed() -> None:
    pieces = [b"shell", b'{"msg_type":"comm_msg"}', b"{}", b"{}", b"{}", b"\x00" * 10, b"\xff" * 3]
    places = [8 * (len(pieces) + 2)]
    for piece in pieces:
        places.append(places[-1] + len(piece))
    message = struct.pack(f"<{len(places) + 1}Q", len(places), *places) + b"".join(pieces)
    assert read(message, binary_protocol=True) == KernelMessage("shell", "comm_msg", None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)
_HALF_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["shell", "control", "stdin"]) | _JSON,
        "header": st.fixed_dictionaries(
            {},
            optional={
                "msg_type": st.sampled_from(["execute_request", "debug_request", "input_reply"]) | _JSON
            },
        )
        | _JSON,
        "content": st.dictionaries(st.sampled_from(["code", "user_expressions", "arguments", "value"]), _JSON)
        | _JSON,
    },
)


@given(st.binary(max_size=200) | st.text(max_size=200) | _HALF_RIGHT.map(json.dumps))
def test_reading_says_what_it_is_or_unreadable_and_nothing_else(message: str | bytes) -> None:
    for protocol in (True, False):
        try:
            assert isinstance(read(message, binary_protocol=protocol), KernelMessage)
        except Unreadable:
            continue


@given(st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=9), st.binary(max_size=60))
def test_no_offsets_make_reading_fail_otherwise(numbers: list[int], body: bytes) -> None:
    try:
        read(struct.pack(f"<{len(numbers) + 1}Q", len(numbers), *numbers) + body, binary_protocol=True)
    except Unreadable:
        return
