"""Look into one file that should come in: is it what its name claims, and what does it hold?

A program of its own that uses nothing but Python's standard library. ``examine`` runs it in isolation:

    python -I -S look_inside.py FILE NAME TYPE ALLOWED

``ALLOWED`` is a JSON object with ``entries``, ``bytes`` and ``suffixes``: the most files and unpacked bytes of an
archive, and the endings that its members may have. It prints a JSON object: ``problems`` keep the file out,
``notes`` are for whoever decides, ``entries`` lists names and sizes of what is packed in it, ``texts`` the
beginnings of texts among them.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import stat
import struct
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

_CHUNK = 1024 * 1024
_MOST_TEXT = 64 * 1024 * 1024
_SHOWN_PROBLEMS = 20
_NAME_CHARS = 300
# Of all texts that are packed in a file together, for whoever decides.
_TEXT_CHARS = 60_000
_SHOWN_BYTES = 64 * 1024
_RECORD_BYTES = 16 * 1024 * 1024
_HASHES = ("sha256", "sha384", "sha512")
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
# Where pip puts the parts of a wheel's .data folder. "data" is any place of the environment: kernels, server
# extensions and configuration of Jupyter among them.
_DATA_FOLDERS = ("purelib", "platlib", "scripts", "headers")
_STARTUP_MODULES = frozenset({"sitecustomize", "usercustomize"})
_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc")
# What packing programs add by themselves, and how long it may be: times and owners of files.
_EXTRA_FIELDS = {0x5455: 13, 0x5855: 12, 0x7875: 11, 0x000A: 32}
# Git names the commit that an archive was made from.
_COMMIT = re.compile(rb"[0-9a-f]{40}([0-9a-f]{24})?")
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_END_OF_ZIP = struct.Struct("<4s4H2IH")
_DESCRIBED_BEHIND = 0x8
_UTF_8 = 0x800
_WHEEL_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)(-\d[A-Za-z0-9_.]*)?"
    r"-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+\.whl"
)
_KEPT_CONTROLS = "\t\n\r\f"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


@dataclass
class Found:
    """What was seen in the file."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: list[tuple[str, int]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    _left: int = _TEXT_CHARS

    def show(self, name: str, content: bytes) -> None:
        """Keep the beginning of a text that is packed in it, as long as there is room on a page."""
        if self._left and not _text_problem(content):
            text = content.decode("utf-8-sig")[: self._left]
            self._left -= len(text)
            self.texts.append((name, text))

    def problem(self, sentence: str) -> None:
        """Something for which the file stays outside."""
        if len(self.problems) < _SHOWN_PROBLEMS and sentence not in self.problems:
            self.problems.append(sentence)


@dataclass(frozen=True)
class Allowed:
    """How much an archive may hold, and which endings its members may have."""

    entries: int
    bytes: int
    suffixes: tuple[str, ...]


def look(path: Path, name: str, kind: str, allowed: Allowed) -> Found:
    """Look into the file at ``path``, whose name is ``name`` and claims the type ``kind``."""
    found = Found()
    if kind in {"archive", "wheel"}:
        _packed(path, name, kind, allowed, found)
        return found
    content = path.read_bytes()
    if len(content) > _MOST_TEXT:
        found.problem("It is too large to be read as text.")
    elif text_problem := _text_problem(content):
        found.problem(f"It {text_problem}.")
    else:
        text = content.decode("utf-8-sig")
        unseen = sum(_unseen(c) for c in text)
        if unseen:
            found.notes.append(
                f"It holds {unseen} characters that cannot be seen or that change how others are drawn."
            )
        if kind == "notebook":
            _notebook(text, found)
    return found


def _text_problem(content: bytes) -> str | None:
    """Why bytes are not text, as the end of a sentence."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not UTF-8 text: save it as UTF-8"
    if _CONTROLS.search(text):
        return "holds control characters, so it is not text"
    return None


def _unseen(character: str) -> bool:
    return character not in _KEPT_CONTROLS + "\ufeff" and unicodedata.category(character) in {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    }


def _notebook(text: str, found: Found) -> None:
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        found.problem("It is not a notebook: it cannot be read as JSON.")
        return
    cells = content.get("cells") if isinstance(content, dict) else None
    if (
        not isinstance(cells, list)
        or not all(isinstance(cell, dict) for cell in cells)
        or not isinstance(content.get("nbformat"), int)
    ):
        found.problem("It is not a notebook of the form that Jupyter has used since 2015 (nbformat 4).")
        return
    outputs = sum(bool(cell.get("outputs")) for cell in cells)
    found.notes.append(f"It has {len(cells)} cells.")
    if outputs:
        found.notes.append(f"{outputs} of its cells hold outputs, which may draw what nobody here has read.")


def _packed(path: Path, name: str, kind: str, allowed: Allowed, found: Found) -> None:
    try:
        with path.open("rb") as reader:
            if reader.read(4) != b"PK\x03\x04":
                found.problem("It is not a zip file.")
                return
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > allowed.entries:
                found.problem(f"It holds {len(members)} files; at most {allowed.entries} may be in it.")
                return
            _names(members, found)
            if found.problems:
                return
            if kind == "wheel":
                _wheel(archive, members, name, allowed, found)
            else:
                _archive(archive, members, allowed, found)
            if not found.problems:
                _every_byte(path, archive, members, found)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ):
        found.problem("It is a damaged zip file, or packed in a way that is not read here.")


def _names(members: list[zipfile.ZipInfo], found: Found) -> None:
    """Names, kinds and packing of all members, before anything is unpacked."""
    seen: set[str] = set()
    for member in members:
        shown = _shown(member.orig_filename)
        if problem := _name_problem(member):
            found.problem(f"It holds a file whose name {problem}: {shown}")
        folded = unicodedata.normalize("NFC", member.filename.rstrip("/")).casefold()
        if folded in seen:
            found.problem(f"Two files in it have the same name, or differ in capitals only: {shown}")
        seen.add(folded)
        mode = stat.S_IFMT(member.external_attr >> 16)
        if mode not in {0, stat.S_IFREG, stat.S_IFDIR}:
            found.problem(
                f"It holds something that is not an ordinary file (a link, a pipe or a device): {shown}"
            )
        if member.flag_bits & 0x1:
            found.problem(f"It holds an encrypted file: {shown}")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            found.problem(f"It is packed in a way that is not read here: {shown}")


def _name_problem(member: zipfile.ZipInfo) -> str | None:
    name = member.orig_filename
    parts = name.removesuffix("/").split("/")
    if name != member.filename or any(_unseen(c) or c < " " for c in name):
        return "contains characters that cannot be seen"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "begins at the root"
    if "\\" in name:
        return "contains a backslash"
    if any(part in {"", ".", ".."} for part in parts):
        return "leads out of the archive"
    if len(name.encode("utf-8", "replace")) > _NAME_CHARS:
        return "is too long"
    return None


def _shown(name: str) -> str:
    return "".join(c for c in name if not _unseen(c) and c >= " ")[:80]


class _TooLarge(Exception):
    """More was unpacked than may be."""


@dataclass
class _Unpacker:
    """Reads members one by one, and never more bytes of all together than are allowed."""

    archive: zipfile.ZipFile
    left: int

    def read(self, member: zipfile.ZipInfo, *, most: int | None = None) -> bytes:
        """The whole content of a small member."""
        content = bytearray()
        for chunk in self.chunks(member):
            content += chunk
            if most is not None and len(content) > most:
                raise _TooLarge
        return bytes(content)

    def chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content in pieces; the archive's own checksum is compared at the end."""
        with self.archive.open(member) as reader:
            while chunk := reader.read(min(_CHUNK, self.left + 1)):
                self.left -= len(chunk)
                if self.left < 0:
                    raise _TooLarge
                yield chunk


def _archive(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], allowed: Allowed, found: Found
) -> None:
    unpacker = _Unpacker(archive, allowed.bytes)
    try:
        for member in members:
            if member.is_dir():
                continue
            shown, suffix = _shown(member.filename), PurePosixPath(member.filename).suffix.lower()
            if member.file_size > _MOST_TEXT:
                found.problem(f"A file in it is too large to be read as text: {shown}")
                continue
            content = unpacker.read(member)
            found.entries.append((member.filename, len(content)))
            if suffix and suffix not in allowed.suffixes:
                found.problem(f"It holds a file of a type that may not come in: {shown}")
            elif problem := _text_problem(content):
                found.problem(f"A file in it {problem}: {shown}")
            else:
                found.show(member.filename, content)
    except _TooLarge:
        found.problem(_TOO_LARGE.format(allowed.bytes))


_TOO_LARGE = "Unpacked it has more than {} bytes."


def _every_byte(path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], found: Found) -> None:
    """Only when all members were read: whether they, and what a zip needs to hold them, are the whole file."""
    with path.open("rb") as reader:
        end = _end_of_members(reader, members)
        whole = end is not None and _list_follows(reader, end, len(members), archive.comment)
    if archive.comment and not _COMMIT.fullmatch(archive.comment):
        whole = False
    if not whole:
        found.problem(
            "It holds more than the files that are listed in it, such as a comment or bytes between them: "
            "unpack it and pack it anew."
        )
    elif archive.comment:
        found.notes.append(f"It says that it was made from the commit {archive.comment.decode()}.")


def _end_of_members(reader: BinaryIO, members: list[zipfile.ZipInfo]) -> int | None:
    """Where the last member ends, if each begins where the one before it ends and holds nothing beside its content."""
    at = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        reader.seek(at)
        mark, _, flags, _, _, _, *told, name, extra = _LOCAL_HEADER.unpack(reader.read(_LOCAL_HEADER.size))
        said = [member.CRC, member.compress_size, member.file_size]
        behind = bool(flags & _DESCRIBED_BEHIND)
        named = reader.read(name).decode("utf-8" if flags & _UTF_8 else "cp437")
        if (
            (mark, flags, named) != (b"PK\x03\x04", member.flag_bits, member.orig_filename)
            or member.header_offset != at
            or (told != said and not (behind and told == [0, 0, 0]))
            or member.comment
            or not _only_known(member.extra)
            or not _only_known(reader.read(extra))
            or not _fills(reader, member)
        ):
            return None
        at += _LOCAL_HEADER.size + name + extra + member.compress_size
        if behind:
            reader.seek(at)
            plain, marked = struct.pack("<3I", *said), struct.pack("<4s3I", b"PK\x07\x08", *said)
            after = reader.read(len(marked))
            if after != marked and not after.startswith(plain):
                return None
            at += len(marked) if after == marked else len(plain)
    return at


def _only_known(extra: bytes) -> bool:
    """Whether the fields beside a name are small ones that say when and whose a file was, each once."""
    seen: set[int] = set()
    while extra:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind in seen or not length <= min(_EXTRA_FIELDS.get(kind, -1), len(extra) - 4):
            return False
        seen.add(kind)
        extra = extra[4 + length :]
    return True


def _fills(reader: BinaryIO, member: zipfile.ZipInfo) -> bool:
    """Whether a member's content, unpacked, takes all of the place that it has in the file."""
    if member.is_dir():
        return member.compress_size == member.file_size == 0
    if member.compress_type == zipfile.ZIP_STORED:
        return member.compress_size == member.file_size
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    for start in range(0, member.compress_size, _CHUNK):
        piece = reader.read(min(_CHUNK, member.compress_size - start))
        while piece:
            size += len(inflate.decompress(piece, _CHUNK))
            piece = inflate.unconsumed_tail
            if size > member.file_size:
                return False
    size += len(inflate.flush())
    return inflate.eof and not inflate.unused_data and size == member.file_size


def _list_follows(reader: BinaryIO, at: int, count: int, comment: bytes) -> bool:
    """Whether from ``at`` to the end of the file there is the list of members and nothing else."""
    end = reader.seek(-_END_OF_ZIP.size - len(comment), io.SEEK_END)
    mark, *_, listed, length, offset, _ = _END_OF_ZIP.unpack(reader.read(_END_OF_ZIP.size))
    return (mark, listed, offset, offset + length) == (b"PK\x05\x06", count, at, end)


def _wheel(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str, allowed: Allowed, found: Found
) -> None:
    parsed = _WHEEL_NAME.fullmatch(name)
    if parsed is None:
        found.problem("Its name is not that of a wheel, such as package-1.0-py3-none-any.whl.")
        return
    files = {member.filename: member for member in members if not member.is_dir()}
    info = _info_folder(files, parsed["name"], parsed["version"])
    if info is None:
        found.problem("It has not exactly one folder of the form package-1.0.dist-info that fits its name.")
        return
    for needed in ("METADATA", "WHEEL", "RECORD"):
        if f"{info}/{needed}" not in files:
            found.problem(f"It has no {needed}, so it is not a whole wheel.")
    if found.problems:
        return
    for file in files:
        _startup(file, found)
    unpacker = _Unpacker(archive, allowed.bytes)
    try:
        record = _record(unpacker.read(files[f"{info}/RECORD"], most=_RECORD_BYTES), found)
        _compare(unpacker, files, info, record, found)
        if entry_points := files.get(f"{info}/entry_points.txt"):
            _entry_points(unpacker.read(entry_points, most=_CHUNK), found)
    except _TooLarge:
        found.problem(_TOO_LARGE.format(allowed.bytes))
    compiled = [file for file in files if PurePosixPath(file).suffix.lower() in _COMPILED]
    if compiled:
        found.notes.append(f"It holds compiled code, which nobody can read: {len(compiled)} files.")


def _info_folder(files: dict[str, zipfile.ZipInfo], name: str, version: str) -> str | None:
    folders = {file.split("/")[0] for file in files if file.split("/")[0].endswith(".dist-info")}
    if len(folders) != 1:
        return None
    (folder,) = folders
    its_name, _, its_version = folder.removesuffix(".dist-info").partition("-")
    return folder if (_plain(its_name), its_version) == (_plain(name), version) else None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _startup(file: str, found: Found) -> None:
    """What would run at the start of Python or Jupyter, or stand in the place of something that does."""
    parts = file.split("/")
    shown = _shown(file)
    if len(parts) > 1 and parts[0].endswith(".data"):
        if parts[1] not in _DATA_FOLDERS:
            found.problem(f"It puts files outside the package, where Jupyter looks at its start: {shown}")
            return
        if parts[1] not in {"purelib", "platlib"}:
            return
        parts = parts[2:]
    if file.lower().endswith(".pth"):
        found.problem(f"It holds a .pth file, which Python runs at its start: {shown}")
    top = parts[0].split(".")[0] if parts else ""
    if top in _STARTUP_MODULES:
        found.problem(f"It holds a module that Python runs at its start: {shown}")
    elif top in sys.stdlib_module_names and not parts[0].endswith((".dist-info", ".data")):
        found.problem(f"It holds a module named like one of Python's own: {shown}")


def _record(content: bytes, found: Found) -> dict[str, tuple[str, str]]:
    """Path → (hash, size), as the wheel's RECORD has them."""
    record: dict[str, tuple[str, str]] = {}
    try:
        for row in csv.reader(io.StringIO(content.decode("utf-8"))):
            if len(row) != 3 or row[0] in record:
                raise ValueError
            record[row[0]] = (row[1], row[2])
    except (ValueError, csv.Error):
        found.problem("Its RECORD cannot be read.")
    return record


def _compare(
    unpacker: _Unpacker,
    files: dict[str, zipfile.ZipInfo],
    info: str,
    record: dict[str, tuple[str, str]],
    found: Found,
) -> None:
    without_hash = {f"{info}/RECORD", *(f"{info}/{name}" for name in _SIGNATURES)}
    for listed in record.keys() - files.keys():
        found.problem(f"Its RECORD lists a file that is not there: {_shown(listed)}")
    for file, member in files.items():
        said, size_said = record.get(file, ("", ""))
        algorithm, _, value = said.partition("=")
        digest = hashlib.new(algorithm if algorithm in _HASHES else "sha256")
        size, beginning = 0, bytearray()
        for chunk in unpacker.chunks(member):
            digest.update(chunk)
            size += len(chunk)
            if size <= _SHOWN_BYTES:
                beginning += chunk
        found.entries.append((file, size))
        if size <= _SHOWN_BYTES and file != f"{info}/RECORD":
            found.show(file, bytes(beginning))
        if file in without_hash:
            continue
        if algorithm not in _HASHES:
            found.problem(f"Its RECORD has no hash of a file: {_shown(file)}")
        elif value != base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() or size_said != str(
            size
        ):
            found.problem(f"A file in it is not the one that its RECORD describes: {_shown(file)}")


def _entry_points(content: bytes, found: Found) -> None:
    groups = re.findall(r"^\[([^\]\n]{1,80})\]", content.decode("utf-8", "replace"), re.MULTILINE)
    others = sorted({_shown(group) for group in groups} - {"console_scripts", "gui_scripts"})
    if others:
        found.notes.append(f"Other programs may load it by themselves, through: {', '.join(others[:10])}.")


def main() -> None:
    """Look into one file and print what was found."""
    path, name, kind, allowed = sys.argv[1:5]
    given = json.loads(allowed)
    found = look(Path(path), name, kind, Allowed(given["entries"], given["bytes"], tuple(given["suffixes"])))
    said = {"problems": found.problems, "notes": found.notes, "entries": found.entries, "texts": found.texts}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
