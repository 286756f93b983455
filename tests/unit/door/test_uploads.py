"""An upload of JupyterLab's file browser does not pass the door; what it saves does."""

from __future__ import annotations

import json

import pytest
from aiohttp import web as aioweb

from hub.door.uploads import REFUSAL, refusal
from tests.unit.door.conftest import Place

PATH = "/api/contents/home/x.py"
NOTEBOOK = {"cells": [{"source": "base64 chunk \\u"}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}


def sent(**model: object) -> bytes:
    return json.dumps(model).encode()


@pytest.mark.parametrize(
    "body",
    [
        sent(type="file", format="base64", name="x.py", content="eA=="),
        sent(type="file", format="base64", name="x.py", chunk=1, content="eA=="),
        sent(type="file", format="base64", name="x.py", chunk=-1, content="eA=="),
        sent(type="notebook", format="base64", content="e30="),
        sent(type="file", format="text", chunk=0, content=""),
        b'{"type": "file", "form\\u0061t": "b\\u0061se64", "content": ""}',
        b'  {"format": "text", "format": "base64", "content": ""}',
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
def test_uploads_are_refused(method: str, body: bytes) -> None:
    assert refusal(method, PATH, body) == REFUSAL
    assert refusal(method, "/api/content%73/home/x.py", body) == REFUSAL


@pytest.mark.parametrize(
    "body",
    [
        sent(type="file", format="text", content="import base64\nchunk = 1\n"),
        sent(type="notebook", format="json", content=NOTEBOOK),
        sent(type="notebook", format="json", content={**NOTEBOOK, "format": "base64", "chunk": 1}),
        sent(type="directory"),
        sent(type="file", ext=".txt"),
        sent(copy_from="home/base64.py"),
        sent(path="home/chunk.py"),
        sent(type="file", format=None, chunk=None, content="base64"),
        b"",
        b"base64",
        b"[" * 100_000 + b"base64",
        b'["base64"]',
        b"\xff base64",
    ],
)
def test_what_is_saved_made_and_moved_passes(body: bytes) -> None:
    for method in ("PUT", "POST", "PATCH"):
        assert refusal(method, PATH, body) is None


def test_only_contents_are_looked_at() -> None:
    body = sent(format="base64", content="eA==")
    assert refusal("PUT", "/lab/api/settings/x", body) is None
    assert refusal("GET", PATH, body) is None


async def test_at_the_door_an_upload_is_answered_with_a_sentence_and_never_reaches_the_room(
    place: Place,
) -> None:
    reached = []

    async def take(request: aioweb.Request) -> aioweb.StreamResponse:
        reached.append(await request.read())
        return aioweb.Response(text="{}")

    place.room = take
    place.sign_in()
    headers = {"Cookie": place.cookie, "Origin": place.door.settings.origin}
    upload, save = (
        sent(type="file", format="base64", content="eA=="),
        sent(type="file", format="text", content="x"),
    )
    async with place.http.put(place.url + "api/contents/x", data=upload, headers=headers) as answer:
        assert (answer.status, (await answer.json())["message"]) == (403, REFUSAL)
    async with place.http.put(place.url + "api/contents/x", data=save, headers=headers) as answer:
        assert answer.status == 200
    assert reached == [save]
