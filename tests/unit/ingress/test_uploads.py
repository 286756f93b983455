"""What is not even taken: names, sizes, types, and too much of everything, each limit at -1, 0 and +1."""

from __future__ import annotations

import pytest

from hub.airlock.ingress import business
from hub.airlock.ingress.moments import TooMuch
from hub.airlock.ingress.policy import load
from hub.airlock.ingress.upload import CannotComeIn, check_name, check_why
from tests.unit.ingress.world import CODE, IngressWorld, zipped

POLICY = load().policy


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Choose a file"),
        ("../x.py", "slash"),
        ("C:\\x.py", "slash"),
        (".bashrc", "full stop"),
        (".x.py", "full stop"),
        ("-rf.py", "hyphen"),
        (" x.py", "space"),
        ("x\u202epy.txt", "cannot be seen"),
        ("x\n.py", "cannot be seen"),
        ("e\u0301.py", "accented"),
        ("x" * 198 + ".py", "longer than 200"),
        ("x", "of this type"),
        ("x.exe", "of this type"),
        ("x.so", "of this type"),
        ("x.pth", "of this type"),
        ("x.xlsx", "of this type"),
        ("x.tar.gz", "of this type"),
        ("x.py.", "of this type"),
    ],
)
def test_names_that_do_not_come_in(name: str, said: str) -> None:
    with pytest.raises(CannotComeIn, match=said):
        check_name(name, POLICY)


@pytest.mark.parametrize("name", ["x.py", "X.PY", "codes 2024.csv", "é.md", "x" * 197 + ".py", "a.b.c.R"])
def test_names_that_do(name: str) -> None:
    check_name(name, POLICY)


@pytest.mark.parametrize(("length", "fits"), [(999, True), (1000, True), (1001, False)])
def test_what_it_is_for_at_its_limit(length: int, fits: bool) -> None:
    if fits:
        assert check_why(" " + "x" * length + "\n") == "x" * length
    else:
        with pytest.raises(CannotComeIn, match="longer than 1000"):
            check_why("x" * length)


@pytest.mark.parametrize("why", ["", "  \r\n "])
def test_nothing_said(why: str) -> None:
    with pytest.raises(CannotComeIn, match="what you need it for"):
        check_why(why)


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_the_size_of_a_file_at_its_limit(coming_in: IngressWorld, size: int, fits: bool) -> None:
    coming_in.change_policy(types__code__most_bytes=100)
    if fits:
        coming_in.upload(b"x" * size)
    else:
        with pytest.raises(CannotComeIn, match="too large: of code or text, 100 bytes"):
            coming_in.upload(b"x" * size)
    assert len(list(coming_in.copies.copies.iterdir())) == fits


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"x" * 20, "x.csv"),
        (b"\x7fELF\x00", "x.py"),
        (zipped({"a.py": CODE}), "x.py"),
        (b"%PDF-1.7", "x.txt"),
        (CODE, "x.zip"),
        (CODE, "x-1-py3-none-any.whl"),
        (b"\xff\xfea\x00", "x.csv"),
        (b"", "x.py"),
    ],
)
def test_bytes_that_are_not_what_the_name_says(coming_in: IngressWorld, content: bytes, name: str) -> None:
    with pytest.raises(CannotComeIn, match=r"not what its name says|is empty"):
        coming_in.upload(content, name=name)
    assert list(coming_in.copies.copies.iterdir()) == []


@pytest.mark.parametrize(("before", "fits"), [(1, True), (2, True), (3, False)])
def test_files_waiting_at_their_limit(coming_in: IngressWorld, before: int, fits: bool) -> None:
    coming_in.change_policy(waiting__most_files=3)
    numbers = [coming_in.upload(person="alice") for _ in range(before)]
    if fits:
        coming_in.upload()
        return
    with pytest.raises(TooMuch, match="3 files of yours are waiting"):
        coming_in.upload()
    coming_in.upload(person="dave")
    coming_in.withdraw(numbers[0])
    coming_in.upload()


@pytest.mark.parametrize(("size", "fits"), [(49, True), (50, True), (51, False)])
def test_bytes_waiting_at_their_limit(coming_in: IngressWorld, size: int, fits: bool) -> None:
    coming_in.change_policy(waiting__most_bytes=100)
    coming_in.upload(b"x" * 50)
    if fits:
        coming_in.upload(b"x" * size)
    else:
        with pytest.raises(TooMuch, match="would be waiting"):
            coming_in.upload(b"x" * size)


@pytest.mark.parametrize(("size", "fits"), [(49, True), (50, True), (51, False)])
def test_bytes_of_copies_at_their_limit_whatever_became_of_the_files(
    coming_in: IngressWorld, size: int, fits: bool
) -> None:
    coming_in.change_policy(waiting__most_held_bytes=100)
    refused = coming_in.upload(b"x" * 50)
    coming_in.write(lambda s: business.spoil(s, refused, because="It changed.", now=coming_in.clock()))
    coming_in.withdraw(coming_in.upload(b"x" * 50))
    if fits:
        coming_in.upload(b"x" * size)
        return
    coming_in.clock.forward(days=7, seconds=-1)
    with pytest.raises(TooMuch, match="would hold more"):
        coming_in.upload(b"x" * size)
    coming_in.upload(b"x" * size, person="dave")
    coming_in.clock.forward(seconds=1)
    coming_in.upload(b"x" * size)


def test_the_copy_of_what_was_taken_back_goes_at_once(coming_in: IngressWorld) -> None:
    number = coming_in.upload()
    coming_in.withdraw(number)
    coming_in.run()
    assert not coming_in.copies.path(number, 0).exists()


@pytest.mark.parametrize(("before", "fits"), [(1, True), (2, True), (3, False)])
def test_uploads_within_an_hour_at_their_limit(coming_in: IngressWorld, before: int, fits: bool) -> None:
    coming_in.change_policy(waiting__most_uploads_an_hour=3)
    for _ in range(before):
        coming_in.withdraw(coming_in.upload())
    coming_in.clock.forward(minutes=59, seconds=59)
    if fits:
        coming_in.upload()
        return
    with pytest.raises(TooMuch, match="within an hour"):
        coming_in.upload()
    coming_in.clock.forward(seconds=1)
    coming_in.upload()
