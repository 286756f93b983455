"""The chain's pure functions: different entries never share a spelling."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ledger.chain import GENESIS, encode_payload, hash_entry

COLUMNS = st.fixed_dictionaries(
    {
        "seq": st.integers(1, 2**31),
        "at": st.text(max_size=5),
        "kind": st.text(max_size=5),
        "actor": st.text(max_size=5),
        "project": st.none() | st.text(max_size=5),
        "payload": st.text(max_size=8),
        "prev_hash": st.text(max_size=5),
    }
)


@given(COLUMNS, COLUMNS)
def test_two_entries_have_the_same_hash_only_if_they_are_the_same(first: dict, second: dict) -> None:  # type: ignore[type-arg]
    assert (hash_entry(**first) == hash_entry(**second)) == (first == second)


def test_nothing_slides_from_one_column_into_the_next() -> None:
    base = {
        "seq": 1,
        "at": "t",
        "kind": "ab",
        "actor": "c",
        "project": None,
        "payload": "{}",
        "prev_hash": GENESIS,
    }
    moved = base | {"kind": "a", "actor": "bc"}
    text = base | {"project": "null"}
    empty = base | {"project": ""}
    assert len({hash_entry(**each) for each in (base, moved, text, empty)}) == 4  # type: ignore[arg-type]


def test_the_format_is_fixed() -> None:
    spelled = (
        '["lockedroom-ledger-1",2,"2026-01-01T00:00:00.000000Z","person.added","console:root",null,'
        '"{\\"person\\":\\"\\\\u00e9\\"}","' + GENESIS + '"]'
    )
    assert (
        hash_entry(
            seq=2,
            at="2026-01-01T00:00:00.000000Z",
            kind="person.added",
            actor="console:root",
            project=None,
            payload=encode_payload({"person": "é"}),
            prev_hash=GENESIS,
        )
        == hashlib.sha256(spelled.encode()).hexdigest()
    )


def test_the_order_of_a_payload_does_not_matter() -> None:
    assert encode_payload({"b": 1, "a": [True, None]}) == encode_payload({"a": [True, None], "b": 1})


@pytest.mark.parametrize("value", [float("inf"), float("nan"), b"x", object(), {1, 2}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        encode_payload({"a": value})
