"""What may not be opened is refused with a sentence: other projects, other people's seats, options."""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.world import SeatUnderTest, World
from tests.journey.browser_session import Refused


def spawn(world: World, person: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """Ask the hub's API, as the person's own browser, to start something."""
    status, said = world.background.wait(world.browser(person).hub_api("POST", path, body or {}))
    return status, said if isinstance(said, str) else str(said.get("message", ""))


def test_a_seat_without_a_project_is_refused_with_a_sentence(world: World) -> None:
    status, said = spawn(world, "alice", "users/alice/server")
    assert status == 400 and said == "Choose a project: rooms open for a project."


@pytest.mark.parametrize("options", [{"memory": "64G"}, {"profile": ["x"]}])
def test_options_of_a_request_are_refused_with_a_sentence(world: World, options: dict[str, Any]) -> None:
    status, said = spawn(world, "bob", "users/bob/servers/one", options)
    if status == 400 and "already running" in said:
        world.seat("bob", "one").close()
        status, said = spawn(world, "bob", "users/bob/servers/one", options)
    assert status == 400 and said == "A room takes no options."
    world.seat("bob", "one")  # refused once, they are not kept for the next start


@pytest.mark.parametrize("project", ["two", "no-such-project", "One", "..", "one%2f..%2ftwo"])
def test_a_project_one_is_no_member_of_is_refused_with_a_sentence(world: World, project: str) -> None:
    status, said = spawn(world, "bob", f"users/bob/servers/{project}")
    assert status in {400, 403, 404}
    assert "Traceback" not in said
    if project in {"two", "no-such-project"}:
        assert status == 403 and said.endswith(".") and len(said.split()) > 3, said


def test_the_page_that_opens_a_room_says_the_same(world: World) -> None:
    with pytest.raises(Refused, match="member"):
        world.background.wait(world.browser("bob").open_room("two"))


def test_another_person_cannot_start_or_stop_my_seat(world: World, alice_one: SeatUnderTest) -> None:
    hub_api = world.browser("bob").hub_api
    for method, path in (
        ("POST", "users/alice/servers/two"),
        ("DELETE", "users/alice/servers/one"),
        ("POST", "users/alice/server"),
        ("GET", "users/alice"),
        ("GET", "users"),
        ("POST", "users/bob/tokens"),
    ):
        status, _ = world.background.wait(hub_api(method, path, None if method == "GET" else {}))
        assert status in {403, 404}, (method, path, status)
    assert alice_one.api_status() == 200


def test_another_person_cannot_enter_my_seat(world: World, alice_one: SeatUnderTest) -> None:
    bob = world.browser("bob")
    page = world.background.wait(bob.visit(alice_one.browser.seat_url("one")))
    assert page.status == 403
    page = world.background.wait(bob.visit(f"{world.hub.public_url}/hub/user/alice/one/"))
    assert page.status in {403, 404}
    for path in ("api/status", "api/contents", "lab"):

        async def ask(path: str = path) -> int:
            async with bob.http.get(
                alice_one.browser.seat_url("one") + path, allow_redirects=False
            ) as answer:
                return int(answer.status)

        assert world.background.wait(ask()) in {302, 403}


def test_another_member_of_the_project_cannot_use_my_kernel(world: World, alice_one: SeatUnderTest) -> None:
    import aiohttp

    bob = world.browser("bob")
    (kernel, *_) = world.background.wait(alice_one.browser.room_api("one", "GET", "api/kernels"))
    url = alice_one.browser.seat_url("one").replace("http", "ws", 1) + f"api/kernels/{kernel['id']}/channels"

    async def connect() -> int:
        try:
            async with bob.http.ws_connect(url, headers={"Origin": alice_one.browser.seat_origin("one")}):
                return 101
        except aiohttp.WSServerHandshakeError as error:
            return error.status

    assert world.background.wait(connect()) == 403
