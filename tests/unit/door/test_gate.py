"""The gate of a door: who comes in, to which addresses, and who does not."""

from __future__ import annotations

import asyncio

import pytest

from tests.journey.browser_session import NAVIGATION
from tests.unit.door.asking import status
from tests.unit.door.conftest import SCOPE, Place


async def test_the_owner_comes_in_and_the_answer_is_the_doors(place: Place) -> None:
    place.sign_in()
    async with place.ask() as answer:
        assert (answer.status, await answer.text()) == (200, "the room")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert "Server" not in answer.headers
    [request] = place.seen
    assert {name.lower() for name in request.headers} <= {"host", "accept", "user-agent"}
    assert request.headers["Host"] == "localhost"


async def test_without_a_session_a_page_leads_to_the_sign_in_and_nothing_else_does(place: Place) -> None:
    async with place.ask(**{n.replace("-", "_"): v for n, v in NAVIGATION.items()}) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith(
            "http://lockedroom.localhost:1/hub/api/oauth2/authorize?"
        )
    assert await status(place, "lab", Sec_Fetch_Mode="cors") == 403
    assert await status(place, "lab", "POST", Origin=place.door.settings.origin, Accept="text/html") == 403
    assert await status(place, "lab", "HEAD", Accept="text/html") == 403
    assert place.seen == []


@pytest.mark.parametrize("way", ["header", "bearer", "address", "plain cookie", "another door's cookie"])
async def test_a_token_counts_only_in_the_doors_own_signed_cookie(place: Place, way: str) -> None:
    name = place.door.auth.cookie_name
    headers, path = {}, "lab"
    match way:
        case "header":
            headers = {"Authorization": "token alices"}
        case "bearer":
            headers = {"Authorization": "Bearer alices"}
        case "address":
            path = "lab?token=alices"
        case "plain cookie":
            headers = {"Cookie": f"{name}=alices"}
        case "another door's cookie":
            place.door.cookie_secret, place.sign_in()
            headers = {"Cookie": place.cookie[:-4] + "0000"}
            place.cookie = ""
    assert await status(place, path, **headers) == 403
    assert place.seen == []


async def test_another_person_is_refused_with_a_sentence(place: Place) -> None:
    place.sign_in("mallorys")
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 403
        assert "belongs to somebody else" in await answer.text()
    assert place.seen == []


async def test_the_owner_with_a_token_for_something_else_is_not_let_in(place: Place) -> None:
    place.hub.scopes = [SCOPE.replace("road-safety", "other")]
    place.sign_in()
    assert await status(place) == 403


async def test_after_signing_out_the_cookie_stops_within_seconds(place: Place) -> None:
    place.sign_in()
    assert await status(place) == 200
    del place.hub.tokens["alices"]
    await asyncio.sleep(1.2)  # JupyterHub keeps whole seconds
    assert await status(place) == 403


async def test_a_hub_that_does_not_answer_lets_nobody_in_and_says_nothing_of_itself(place: Place) -> None:
    place.sign_in()
    place.hub.answers = False
    async with place.ask(Accept="text/html") as answer:
        assert answer.status == 503
        words = await answer.text()
    assert "The hub does not answer" in words
    assert "127.0.0.1" not in words
    assert "API" not in words


@pytest.mark.parametrize("path", ["files/x", "lab/..%2ffiles/x", "metrics", "api/contents/x?format=base64"])
async def test_a_closed_address_is_refused_before_the_room_hears_of_it(place: Place, path: str) -> None:
    place.sign_in()
    assert await status(place, path) == 403
    assert place.seen == []


async def test_another_host_is_refused(place: Place) -> None:
    place.sign_in()
    assert await status(place, "lab", Host="lockedroom.localhost") == 403
    assert await status(place, "oauth_callback?code=alices-code&state=x", Host="lockedroom.localhost") == 403


@pytest.mark.parametrize("path", ["api", "api/"])
async def test_the_hubs_question_is_answered_to_the_hub_and_to_nobody_behind_the_proxy(
    place: Place, path: str
) -> None:
    assert await status(place, path) == 200
    for header in ("X_Forwarded_For", "x_forwarded_host", "X_Forwarded_Proto"):
        assert await status(place, path, **{header: "x"}) == 404
