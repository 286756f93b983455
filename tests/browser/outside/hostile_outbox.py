"""Run inside a room: stages files, and puts bundles into the outbox that no honest room would.

Every text that can be chosen is a random word of its own. The last line printed is a JSON object: ``words``,
by the field in which each was planted; ``expected``, the state that each bundle should reach; and ``sha256`` of
each file, since a hash is chosen as well by whoever chooses the content.
"""

import hashlib
import io
import json
import os
import pathlib
import secrets
import struct
import zipfile
import zlib

from IPython import get_ipython

OUTBOX = pathlib.Path("/outbox")
WORK = pathlib.Path("/tmp/work")
LETTERS = "bcdfghjklmnpqrstvwxz"  # no vowels: nothing reads as a name, a place or a month

words = {}
expect = []
sha256 = {}


def word(field):
    """A new random word, noted under the field that it will stand in."""
    assert field not in words, field
    words[field] = "".join(secrets.choice(LETTERS) for _ in range(24))
    return words[field]


def hashed(content):
    """Its sha-256, noted."""
    digest = hashlib.sha256(content).hexdigest()
    sha256[f"sha-256 of file {len(sha256)}"] = digest
    return digest


def table(field, count=1200):
    """A table with words in its header and its cells; safe while ``count`` is large."""
    header, first, second = (word(f"{field}: {part}") for part in ("header", "cell", "second cell"))
    return f"{header},count\n{first},{count}\n{second},340\n".encode()


def by_stage(state, files, context=None):
    """Stage files as a person does, with the magic."""
    WORK.mkdir(exist_ok=True)
    for name, content in files.items():
        (WORK / name).write_bytes(content)
        hashed(content)
    said = f' --context "{context}"' if context else ""
    get_ipython().run_line_magic("stage", " ".join(str(WORK / name) for name in files) + said)
    expect.append(state)


def by_hand(state, files=None, name=None, manifest=None, beside=None, entries=None):
    """A bundle made without the extension. ``manifest`` changes bundle.json or replaces it."""
    files = (
        {word(f"bundle {len(expect)}: file name") + ".csv": b"g,count\na,1200\nb,340\n"}
        if files is None
        else files
    )
    described = {
        "format": 1,
        "files": [
            {"index": i, "name": n, "size": len(c), "sha256": hashed(c)}
            for i, (n, c) in enumerate(files.items())
        ],
    }
    if callable(manifest):
        manifest(described)
    hidden = OUTBOX / f".by-hand-{len(expect)}"
    (hidden / "files").mkdir(parents=True)
    for i, content in enumerate(files.values()):
        (hidden / "files" / str(i)).write_bytes(content)
    raw = manifest if isinstance(manifest, bytes) else json.dumps(described).encode()
    (hidden / "bundle.json").write_bytes(raw)
    if beside is not None:
        beside(hidden)
    if entries is not None:
        entries(hidden / "files")
    hidden.rename(OUTBOX / (name or f"by-hand-{len(expect)}"))
    expect.append(state)


def notebook():
    """A notebook with a word in everything that can hold text."""
    output = {
        "output_type": "display_data",
        "data": {
            "text/plain": [word("notebook: output")],
            "text/html": f"<b>{word('notebook: html output')}</b>",
        },
        "metadata": {word("notebook: output metadata"): 1},
    }
    stream = {"output_type": "stream", "name": "stdout", "text": word("notebook: stream")}
    error = {
        "output_type": "error",
        "ename": word("notebook: error name"),
        "evalue": word("notebook: error value"),
        "traceback": [word("notebook: traceback")],
    }
    cells = [
        {
            "cell_type": "code",
            "id": word("notebook: cell id"),
            "execution_count": 1,
            "metadata": {"tags": [word("notebook: tag")]},
            "source": word("notebook: source"),
            "outputs": [output, stream, error],
        },
        {
            "cell_type": "markdown",
            "id": "b",
            "metadata": {},
            "source": word("notebook: markdown"),
            "attachments": {word("notebook: attachment name"): {"image/png": word("notebook: attachment")}},
        },
    ]
    metadata = {
        "kernelspec": {"name": word("notebook: kernel"), "display_name": word("notebook: kernel title")},
        "language_info": {"name": word("notebook: language")},
        "title": word("notebook: title"),
        "authors": [{"name": word("notebook: author")}],
        word("notebook: metadata key"): word("notebook: metadata"),
    }
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def picture():
    """A PNG of one pixel with a text chunk."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    text = b"Comment\0" + word("picture: text chunk").encode()
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"tEXt", text), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def workbook():
    """What an Excel file is: an archive of XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.comment = word("workbook: comment").encode()
        shared = f"<sst><si><t>{word('workbook: cell')}</t></si></sst>"
        archive.writestr("xl/sharedStrings.xml", shared)
        archive.writestr("xl/workbook.xml", f"<sheet name='{word('workbook: sheet')}'/>")
        archive.writestr(f"xl/{word('workbook: member name')}.xml", "<x/>")
        archive.writestr("docProps/core.xml", f"<creator>{word('workbook: creator')}</creator>")
    return held.getvalue()


def parquet():
    """A Parquet table."""
    import polars

    held = io.BytesIO()
    polars.DataFrame({word("parquet: column"): [word("parquet: cell")]}).write_parquet(held)
    return held.getvalue()


def change(**more):
    return lambda described: described.update(more)


def change_file(**more):
    return lambda described: described["files"][0].update(more)


# As a person stages. The first three are walked through the desk by the test.
for which in ("released", "rejected", "withdrawn", "only staged"):
    by_stage("staged", {word(f"{which}: file name") + ".csv": table(which)}, word(f"{which}: context"))
small = word("blocked: file name") + ".csv"
by_stage("blocked", {small: table("blocked", 3)}, word("blocked: context"))
by_stage("blocked", {f"{word('notebook: file name')}.ipynb": notebook()}, word("notebook: context"))
several = {word("several: file name") + ".csv": table("several")}
several[word("several: file name of a text") + ".txt"] = word("several: text").encode()
by_stage("blocked", several, word("several: context"))

# One of each kind, named by its suffix or by a suffix that nobody knows.
kinds = {
    "picture": (".png", picture()),
    "workbook": (".xlsx", workbook()),
    "parquet": (".parquet", parquet()),
    "markup": (
        ".html",
        f"<!doctype html><title>{word('markup: title')}</title>{word('markup: text')}".encode(),
    ),
    "json": (".json", json.dumps({word("json: key"): word("json: value")}).encode()),
    "text": (".txt", word("text: text").encode()),
    "not utf-8": (
        ".csv",
        b"\xff\xfe" + (word("utf-16: header") + ",n\n" + word("utf-16: cell") + ",120\n").encode("utf-16-le"),
    ),
    "pdf": (".pdf", b"%PDF-1.4 " + word("pdf: text").encode()),
    "ragged": (".csv", f'a,b\n{word("ragged: cell")},1,2,3\n"{word("ragged: open quote")}\n'.encode()),
    "empty": (".csv", b""),
    "binary": ("." + word("binary: suffix"), b"\0\1" + word("binary: text").encode()),
}
for kind, (suffix, content) in kinds.items():
    by_hand("blocked", {word(f"{kind}: file name") + suffix: content})

# bundle.json as no extension writes it.
by_hand("staged", manifest=change(context=word("by hand: context") + "\n" + word("by hand: context line 2")))
by_hand("staged", name=word("by hand: name of a bundle"))
by_hand("refused", manifest=change(**{word("manifest: unknown key"): word("manifest: unknown value")}))
by_hand(
    "refused", manifest=change_file(**{word("manifest: unknown key of a file"): word("manifest: its value")})
)
by_hand("refused", manifest=change(format=word("manifest: format")))
by_hand("refused", manifest=change(context={"a": word("manifest: context as an object")}))
by_hand("refused", manifest=change(context="\u202e" + word("manifest: context with a hidden character")))
by_hand("refused", manifest=change_file(sha256=word("manifest: sha256")))
by_hand(
    "refused",
    manifest=change_file(sha256=word("manifest: sha256 in hexadecimal").encode().hex().ljust(64, "0")),
)
by_hand("refused", manifest=change_file(size=word("manifest: size")))
by_hand("refused", manifest=change_file(index=word("manifest: index")))
by_hand("refused", manifest=change_file(name="../" + word("manifest: name with a path")))
by_hand("refused", manifest=change_file(name=word("manifest: name with a hidden character") + "\u200b.csv"))
by_hand("refused", manifest=b'{"format": 1, "' + word("manifest: not json").encode())
repeated = word("manifest: key twice")
by_hand(
    "refused",
    manifest=json.dumps({"format": 1, "files": [], repeated: 1}).encode()[:-1]
    + f', "{repeated}": 2}}'.encode(),
)
by_hand("refused", manifest=word("manifest: no object at all").encode() * 10)
deep = word("manifest: deep")
by_hand("refused", manifest=b'{"a":' * 20 + f'"{deep}"'.encode() + b"}" * 20)

# Names and things beside the files.
by_hand("refused", name=word("by hand: capital name of a bundle").upper())
by_hand("refused", name=f"<script>{word('by hand: markup as the name of a bundle')}<!--")
by_hand("refused", beside=lambda top: (top / word("beside: file name")).write_text(word("beside: file text")))
by_hand(
    "refused",
    beside=lambda top: (top / word("beside: folder name") / word("beside: folder in it")).mkdir(parents=True),
)
by_hand("refused", entries=lambda files: (files / word("entries: file name")).write_text("x"))
by_hand("refused", entries=lambda files: (files / word("entries: folder name")).mkdir())


def linked(files):
    (files / "0").unlink()
    (files / "0").symlink_to(f"/workspace/home/{word('entries: target of a link')}")


def named_twice(files):
    os.link(files / "0", OUTBOX / f".{word('entries: second name of a file')}")


by_hand("refused", entries=linked)
by_hand("refused", entries=named_twice)
for make in (
    lambda: (OUTBOX / word("outbox: file name")).write_text(word("outbox: file text")),
    lambda: (OUTBOX / word("outbox: link")).symlink_to(f"/etc/{word('outbox: target of a link')}"),
    lambda: (OUTBOX / (word("outbox: folder name") + "\n")).mkdir(),
):
    make()
    expect.append("refused")
# What the airlock does not look at, and where replies lie if the outbox is taken for the inbox.
(OUTBOX / f".{word('outbox: hidden name')}").mkdir()
(OUTBOX / ".airlock").mkdir(exist_ok=True)
(OUTBOX / ".airlock" / f"{word('outbox: reply name')}.json").write_text(word("outbox: reply text"))
print("\n" + json.dumps({"words": words, "expected": expect, "sha256": sha256}))
