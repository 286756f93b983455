"""Signing in at a door: the way to the hub and back, begun here and taken once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journey.browser_session import NAVIGATION
from tests.unit.door.asking import status
from tests.unit.door.conftest import PREFIX, Place


async def begin(place: Place) -> tuple[str, str]:
    """(the state that goes with the browser to the hub, the cookies that the door set)."""
    async with place.ask(**{n.replace("-", "_"): v for n, v in NAVIGATION.items()}) as answer:
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        return state, "; ".join(cookie.split(";")[0] for cookie in answer.headers.getall("Set-Cookie"))


async def come_back(place: Place, code: str, state: str | None, cookies: str) -> tuple[int, str, str]:
    query = f"oauth_callback?code={code}" + (f"&state={state}" if state is not None else "")
    sent = {n.replace("-", "_"): v for n, v in NAVIGATION.items()}
    async with place.ask(query, **sent, **({"Cookie": cookies} if cookies else {})) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_signing_in_leads_back_to_the_page_that_was_asked_for(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "alices-code", state, cookies))[:2] == (302, PREFIX + "lab")


@pytest.mark.parametrize(
    "wrong", ["state", "no state", "no cookie", "another browser's cookie", "code", "no code"]
)
async def test_a_callback_that_was_not_begun_here_signs_nobody_in(place: Place, wrong: str) -> None:
    state, cookies = await begin(place)
    other_state, other_cookies = await begin(place)
    code = "alices-code"
    sent: tuple[str, str | None, str] = (code, state, cookies)
    match wrong:
        case "state":
            sent = (code, other_state, cookies)
        case "no state":
            sent = (code, None, cookies)
        case "no cookie":
            sent = (code, state, "")
        case "another browser's cookie":
            sent = (code, state, other_cookies)
        case "code":
            sent = ("guessed", state, cookies)
        case "no code":
            sent = ("", state, cookies)
    code_, location, words = await come_back(place, *sent)
    assert code_ in {400, 403, 500}
    assert location == ""
    assert "The door is closed" in words
    assert "Traceback" not in words
    assert "oauth" not in words.lower()


async def test_a_code_works_once(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "alices-code", state, cookies))[0] == 302
    assert (await come_back(place, "alices-code", state, cookies))[0] in {400, 403, 500}


async def test_somebody_else_who_signs_in_here_gets_no_further(place: Place) -> None:
    state, cookies = await begin(place)
    assert (await come_back(place, "mallorys-code", state, cookies))[0] == 302
    place.sign_in("mallorys")
    assert await status(place) == 403
