"""What is found in hostile files. The program is called as a function; with the porter it runs apart."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from hub.airlock.ingress.look_inside import Allowed, Found, look
from hub.airlock.ingress.policy import load
from tests.unit.ingress.world import CODE, WHEEL, wheel, zipped

POLICY = load().policy
ALLOWED = Allowed(20, 100_000, POLICY.text_suffixes)
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [{"cell_type": "code", "outputs": []}],
}


def found(tmp_path: Path, content: bytes, kind: str, name: str = WHEEL, allowed: Allowed = ALLOWED) -> Found:
    file = tmp_path / "0"
    file.write_bytes(content)
    return look(file, name, kind, allowed)


def problem(tmp_path: Path, content: bytes, kind: str, name: str = WHEEL) -> str:
    """All that keeps the file out; empty if nothing does."""
    return " ".join(found(tmp_path, content, kind, name).problems)


@pytest.mark.parametrize("content", [CODE, "naïve £\n".encode(), b"\xef\xbb\xbfa,b\n1,2\n", b"a\tb\r\n\x0c"])
def test_text_is_text(tmp_path: Path, content: bytes) -> None:
    looked = found(tmp_path, content, "code")
    assert (looked.problems, looked.notes) == ([], [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"caf\xe9\n", "not UTF-8"),
        (b"a\x00b", "control characters"),
        (b"\x1b[31m", "control characters"),
        (b"\x7fELF", "control characters"),
        (b"\xc2\x9b31m", "control characters"),
        (CODE.decode().encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_not_text(tmp_path: Path, content: bytes, said: str) -> None:
    for kind in ("code", "table", "notebook"):
        assert said in problem(tmp_path, content, kind)


def test_characters_that_change_how_code_is_drawn_are_named(tmp_path: Path) -> None:
    looked = found(tmp_path, 'if user != "admin\u202e \u2066# check\u2069":\n'.encode(), "code")
    assert looked.problems == []
    assert looked.notes == ["It holds 3 characters that cannot be seen or that change how others are drawn."]


def test_a_notebook(tmp_path: Path) -> None:
    assert problem(tmp_path, json.dumps(NOTEBOOK).encode(), "notebook") == ""
    with_outputs = {**NOTEBOOK, "cells": [{"outputs": [{"data": {"text/html": "<script>"}}]}, {}]}
    assert "1 of its cells hold outputs" in " ".join(
        found(tmp_path, json.dumps(with_outputs).encode(), "notebook").notes
    )


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"3",
        b'{"cells": 1, "nbformat": 4}',
        b'{"cells": [1], "nbformat": 4}',
        b'{"cells": []}',
        b"[" * 200_000,
    ],
)
def test_what_is_not_a_notebook(tmp_path: Path, content: bytes) -> None:
    assert "not a notebook" in problem(tmp_path, content, "notebook")


def test_an_archive_of_text(tmp_path: Path) -> None:
    looked = found(
        tmp_path, zipped({"code/a.py": CODE, "code/LICENSE": b"MIT\n", "codes.csv": b"a,b\n"}), "archive"
    )
    assert looked.problems == []
    assert looked.entries == [("code/a.py", len(CODE)), ("code/LICENSE", 4), ("codes.csv", 4)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd.txt", "begins at the root"),
        ("C:/windows.txt", "begins at the root"),
        ("../a.py", "leads out"),
        ("a/../../b.py", "leads out"),
        ("a//b.py", "leads out"),
        ("./a.py", "leads out"),
        ("a\\..\\b.py", "backslash"),
        ("a\u202eyp.txt", "cannot be seen"),
        ("a\nb.py", "cannot be seen"),
        ("x" * 301, "too long"),
        ("a.exe", "type that may not come in"),
        ("inner.zip", "type that may not come in"),
        ("a.so", "type that may not come in"),
    ],
)
def test_names_in_an_archive(tmp_path: Path, name: str, said: str) -> None:
    assert said in problem(tmp_path, zipped({name: CODE}), "archive")


def test_a_name_that_is_cut_at_a_zero_byte(tmp_path: Path) -> None:
    assert "cannot be seen" in problem(
        tmp_path, zipped({"aXb.py": CODE}).replace(b"aXb.py", b"a\x00b.py"), "archive"
    )


def test_two_names_that_are_one_on_some_disks(tmp_path: Path) -> None:
    assert "capitals only" in problem(tmp_path, zipped({"a.py": CODE, "A.py": CODE}), "archive")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_pipes_and_devices(tmp_path: Path, kind: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a.py")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/shadow")
    for packed in ("archive", "wheel"):
        assert "not an ordinary file" in problem(tmp_path, out.getvalue(), packed)


def test_a_member_that_is_not_text(tmp_path: Path) -> None:
    assert "A file in it is not UTF-8" in problem(tmp_path, zipped({"a.txt": b"\xff\xfe\x00"}), "archive")


def test_encrypted_and_strangely_packed(tmp_path: Path) -> None:
    plain = zipped({"a.py": CODE})
    central = plain.index(b"PK\x01\x02")
    encrypted = bytearray(plain)
    encrypted[central + 8] |= 1
    assert "encrypted" in problem(tmp_path, bytes(encrypted), "archive")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.py", CODE)
    assert "packed in a way" in problem(tmp_path, out.getvalue(), "archive")


@pytest.mark.parametrize(("size", "fits"), [(99_999, True), (100_000, True), (100_001, False)])
def test_unpacked_bytes_at_their_limit(tmp_path: Path, size: int, fits: bool) -> None:
    half = size // 2
    content = zipped({"a.txt": b"x" * half, "b.txt": b"x" * (size - half)})
    assert ("Unpacked" in problem(tmp_path, content, "archive")) != fits


def test_a_bomb_ends_at_the_limit(tmp_path: Path) -> None:
    content = zipped({"a.txt": b"0" * 20_000_000})
    assert len(content) < 100_000
    assert "Unpacked it has more than 100000 bytes." in problem(tmp_path, content, "archive")
    assert "Unpacked" in problem(tmp_path, wheel({"helper/a.txt": b"0" * 20_000_000}), "wheel")


def test_a_size_that_lies(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.txt": b"0" * 90_000}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = content.index(mark) + place
        content[start : start + 4] = struct.pack("<I", 10)
    assert "damaged" in problem(tmp_path, bytes(content), "archive")


@pytest.mark.parametrize(("count", "fits"), [(19, True), (20, True), (21, False)])
def test_files_in_an_archive_at_their_limit(tmp_path: Path, count: int, fits: bool) -> None:
    content = zipped({f"{i}.txt": b"x" for i in range(count)})
    assert ("at most 20" in problem(tmp_path, content, "archive")) != fits


@pytest.mark.parametrize("cut", [10, 60, -30])
def test_a_damaged_zip(tmp_path: Path, cut: int) -> None:
    assert "damaged" in problem(tmp_path, wheel()[:cut], "wheel")


def test_something_before_the_zip(tmp_path: Path) -> None:
    assert "not a zip" in problem(tmp_path, b"#!/bin/sh\n" + zipped({"a.py": CODE}), "archive")


def refilled(extra: bytes = b"", name: str = "a.txt", comment: bytes = b"") -> bytes:
    """A zip of one file with a field beside its name, and a comment on it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.compress_type, info.extra, info.comment = zipfile.ZIP_DEFLATED, extra, comment
        archive.writestr(info, b"" if name.endswith("/") else CODE)
    return out.getvalue()


def between(whole: bytes, mark: bytes, more: bytes) -> bytes:
    """``more`` put in before the last ``mark``, and what is said of places and lengths made to fit."""
    at = whole.rindex(mark)
    out = bytearray(whole[:at] + more + whole[at:])
    end = out.rindex(b"PK\x05\x06")
    place = end + (12 if mark == b"PK\x05\x06" else 16)  # longer is the list, or later it begins
    struct.pack_into("<I", out, place, struct.unpack_from("<I", out, place)[0] + len(more))
    return bytes(out)


def lengthened(whole: bytes, more: bytes) -> bytes:
    """``more`` behind the packed content of the one file in a zip, and counted as part of it."""
    out = bytearray(between(whole, b"PK\x01\x02", more))
    for mark, place in ((b"PK\x03\x04", 18), (b"PK\x01\x02", 20)):
        start = out.rindex(mark) + place
        struct.pack_into("<I", out, start, struct.unpack_from("<I", out, start)[0] + len(more))
    return bytes(out)


def commented(comment: bytes) -> bytes:
    out = io.BytesIO(zipped({"a.txt": CODE}))
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = comment
    return out.getvalue()


def local_only(old: bytes, new: bytes) -> bytes:
    """A zip whose file is headed otherwise than it is listed."""
    whole = refilled()
    assert whole.startswith(b"PK\x03\x04") and len(old) == len(new)
    listed = whole.index(b"PK\x01\x02")
    return whole[:listed].replace(old, new, 1) + whole[listed:]


HIDDEN = b"what nobody is shown"
STORED = zipped({"hidden.bin": HIDDEN})


@pytest.mark.parametrize(
    "content",
    [
        STORED + zipped({"README.md": CODE}),
        between(refilled(), b"PK\x01\x02", HIDDEN),
        between(refilled(), b"PK\x05\x06", HIDDEN),
        refilled() + HIDDEN,
        lengthened(refilled(), HIDDEN),
        lengthened(refilled(name="a/"), HIDDEN),
        refilled(struct.pack("<HH", 0x6375, 60_000) + bytes(60_000)),
        refilled(struct.pack("<HH", 0x5455, 20) + HIDDEN),
        refilled(struct.pack("<HH", 0x5455, 13) + bytes(13) + struct.pack("<HH", 0x5455, 13) + bytes(13)),
        refilled(struct.pack("<HH", 0x5455, 13) + bytes(12)),
        refilled(comment=HIDDEN),
        commented(HIDDEN),
        commented(b"f" * 39),
        commented(b"f" * 41),
        commented(b"F" * 40),
        commented(b"f" * 40) + b"\n",
        local_only(b"a.txt", b"b.txt"),
        local_only(struct.pack("<I", len(CODE)), struct.pack("<I", 7)),
    ],
    ids=[
        "another zip before it",
        "between files and list",
        "in the list",
        "behind the end",
        "behind the content of a file",
        "in a folder",
        "an unknown field",
        "a known field that is too long",
        "a known field twice",
        "half a field",
        "a comment on a file",
        "a comment",
        "39",
        "41",
        "capitals",
        "behind a comment",
        "another name",
        "another size",
    ],
)
def test_what_no_list_names_stays_outside(tmp_path: Path, content: bytes) -> None:
    assert problem(tmp_path, content, "archive") != ""


def test_a_wheel_holds_nothing_beside_its_files_either(tmp_path: Path) -> None:
    assert "more than the files that are listed" in problem(tmp_path, STORED + wheel(), "wheel")


@pytest.mark.parametrize(("length", "fits"), [(12, True), (13, True), (14, False)])
def test_times_of_files_pass_up_to_their_size(tmp_path: Path, length: int, fits: bool) -> None:
    extra = struct.pack("<HH", 0x5455, length) + bytes(length)
    assert (problem(tmp_path, refilled(extra), "archive") == "") is fits


@pytest.mark.parametrize("digits", [40, 64])
def test_the_commit_that_git_names_is_told_to_whoever_decides(tmp_path: Path, digits: int) -> None:
    looked = found(tmp_path, commented(b"0f" * (digits // 2)), "archive")
    assert looked.problems == []
    assert looked.notes == [f"It says that it was made from the commit {'0f' * (digits // 2)}."]


class Pipe(io.RawIOBase):
    """Where a packer cannot go back, so that it says behind each file how long it was."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.taken += bytes(data)
        return len(data)


def test_a_zip_from_a_pipe(tmp_path: Path) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("code")
        archive.writestr("code/naïve.py", CODE)
        archive.writestr("code/long.txt", b"0123456789" * 9000)
    assert problem(tmp_path, pipe.taken, "archive") == ""
    without_mark = pipe.taken.replace(b"PK\x07\x08", b"", 1)
    assert problem(tmp_path, without_mark, "archive") != "", "the second file is four bytes early"
    lied = bytearray(pipe.taken)
    lied[lied.index(b"PK\x07\x08") + 4] ^= 1
    assert "more than" in problem(tmp_path, bytes(lied), "archive")


def test_a_wheel(tmp_path: Path) -> None:
    looked = found(tmp_path, wheel({"helper-1.0.data/scripts/run": b"#!python\n"}), "wheel")
    assert (looked.problems, looked.notes) == ([], [])
    assert ("helper/__init__.py", 10) in looked.entries


@pytest.mark.parametrize(
    "name",
    [
        "helper.whl",
        "helper-1.0.whl",
        "helper-1.0-py3-none.whl",
        "-1.0-py3-none-any.whl",
        "a b-1-py3-none-any.whl",
    ],
)
def test_names_that_no_wheel_has(tmp_path: Path, name: str) -> None:
    assert "not that of a wheel" in problem(tmp_path, wheel(), "wheel", name)


@pytest.mark.parametrize("name", ["other-1.0-py3-none-any.whl", "helper-2.0-py3-none-any.whl"])
def test_a_wheel_under_another_name(tmp_path: Path, name: str) -> None:
    assert "dist-info" in problem(tmp_path, wheel(), "wheel", name)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("helper.pth", ".pth"),
        ("helper/deep/x.PTH", ".pth"),
        ("helper-1.0.data/purelib/x.pth", ".pth"),
        ("sitecustomize.py", "at its start"),
        ("usercustomize/__init__.py", "at its start"),
        ("helper-1.0.data/platlib/sitecustomize.py", "at its start"),
        ("json/__init__.py", "Python's own"),
        ("os.py", "Python's own"),
        ("_socket.cpython-311-x86_64-linux-gnu.so", "Python's own"),
        ("helper-1.0.data/data/etc/jupyter/jupyter_server_config.d/x.json", "outside the package"),
        ("helper-1.0.data/data/share/jupyter/kernels/x/kernel.json", "outside the package"),
        ("helper-1.0.data/strange/x", "outside the package"),
        ("other-1.0.dist-info/METADATA", "dist-info"),
    ],
)
def test_what_would_run_at_a_start(tmp_path: Path, file: str, said: str) -> None:
    assert said in problem(tmp_path, wheel({file: b"x"}), "wheel")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("helper/__init__.py,sha256=", "helper/__init__.py,sha256=A", "not the one"),
        (",10\n", ",11\n", "not the one"),
        ("helper/__init__.py,sha256=", "helper/__init__.py,md5=", "no hash"),
        ("helper/__init__.py", "helper/gone.py", "not there"),
        ("helper/__init__.py", "helper/gone.py", "no hash"),
        ("\n", ",\n", "cannot be read"),
        ("helper-1.0.dist-info/RECORD,,", "helper/__init__.py,,", "cannot be read"),
    ],
)
def test_a_record_that_does_not_fit(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in problem(tmp_path, wheel(record=lambda text: text.replace(old, new)), "wheel")


@pytest.mark.parametrize("missing", ["RECORD", "METADATA", "WHEEL"])
def test_a_wheel_without_its_own_files(tmp_path: Path, missing: str) -> None:
    with zipfile.ZipFile(io.BytesIO(wheel())) as whole:
        rest = {n: whole.read(n) for n in whole.namelist() if not n.endswith(missing)}
    assert f"has no {missing}" in problem(tmp_path, zipped(rest), "wheel")


def test_texts_in_it_are_shown_until_the_page_is_full(tmp_path: Path) -> None:
    looked = found(tmp_path, wheel({"helper/fast.so": b"\x7fELF\x00"}), "wheel")
    assert ("helper/__init__.py", "VALUE = 1\n") in looked.texts
    assert {name for name, _ in looked.texts} == {name for name, _ in looked.entries} - {
        "helper/fast.so",
        "helper-1.0.dist-info/RECORD",
    }
    looked = found(tmp_path, zipped({"a.txt": b"a" * 59_999, "b.txt": b"bcd", "c.txt": b"e"}), "archive")
    assert [(name, len(text)) for name, text in looked.texts] == [("a.txt", 59_999), ("b.txt", 1)]


@pytest.mark.parametrize(("size", "shown"), [(65_535, True), (65_536, True), (65_537, False)])
def test_a_large_text_in_a_wheel_is_not_shown(tmp_path: Path, size: int, shown: bool) -> None:
    looked = found(tmp_path, wheel({"helper/a.py": b"x" * size}), "wheel")
    assert ("helper/a.py" in {name for name, _ in looked.texts}) == shown


def test_compiled_code_and_entry_points_are_named(tmp_path: Path) -> None:
    points = b"[console_scripts]\nx = helper:x\n[pytest11]\nx = helper\n"
    content = wheel({"helper/fast.so": b"\x7fELF", "helper-1.0.dist-info/entry_points.txt": points})
    notes = " ".join(found(tmp_path, content, "wheel").notes)
    assert "compiled code, which nobody can read: 1 files" in notes
    assert "through: pytest11." in notes
