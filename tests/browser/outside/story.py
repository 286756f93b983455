"""An author's days on a real hub, in a real Chromium, while all that reaches that browser is tapped."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import select

from hub.airlock import tokens
from hub.airlock.locks import release_lock
from hub.airlock.states import State
from hub.governance.people import grant_role, revoke_role
from hub.governance.roles import Role
from hub.pages.look import load_look
from hub.rooms.disk import unmount_all
from hub.store.clock import utc_now
from hub.store.models import AirlockRequest
from tests.browser.outside.addresses import Rule, addresses, desk_rules, hub_rules
from tests.browser.outside.tap import Connection, Tap
from tests.browser.outside.tour import Tour
from tests.browser.site import eventually
from tests.journey.browser_session import Browser
from tests.journey.running_hub import ACTOR, RunningHub, first_ids, free_ports

AUTHOR, CHECKER = "Chromium of the author", "Chromium of an output checker"
CLIENT = "aiohttp"  # the kernel's messages, which belong inside
HERE = Path(__file__).parent
T = TypeVar("T")
# Far from the seats of another hub that the same test run has open.
_IDS_APART = 2000
# What stands for a part of an address, by the part as the application's rule writes it.
_HUB_SAMPLES = {
    "[^/]+": ("alice", "broken"),
    "[^/]*": ("one", "broken"),
    "[a-z0-9-]+": ("one", "broken"),
    "/.*": ("", "/one/", "/broken/lab"),
    r"\d+": ("403", "404", "500", "503"),
    ".*": ("nowhere", "css/style.min.css", "js/home.js"),
    r"robots\.txt": ("robots.txt",),
    r"favicon\.ico": ("favicon.ico",),
}
_HUB_WHOLE = {
    r"/hub/api/authorizations/cookie/([^/]+)(?:/([^/]+))?$": (
        "/hub/api/authorizations/cookie/jupyterhub-hub-login",
        "/hub/api/authorizations/cookie/jupyterhub-hub-login/x",
    ),
    r"(?!/hub/).*$": ("/", "/metrics", "/user/alice/one/", "/services/airlock/"),
    r"(.*)$": ("/hub/nowhere",),
}
_DESK = "/services/desk/"
_SIGNS_OUT = "/hub/logout"
_EVENTS = "/hub/api/users/alice/servers/broken/progress"


@dataclass
class Story:
    """The hub, its people, and what was planted. Alice's rooms: ``one``, and ``broken``, which cannot start."""

    state: Path
    chromium: Chromium
    words: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    expected: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    before_release: list[Connection] = field(default_factory=list)
    asked_of_desk: dict[Rule, list[str]] = field(default_factory=dict)
    panel: str = ""
    room_replies: str = ""
    downloaded: bytes = b""
    _stack: ExitStack = field(default_factory=ExitStack)

    # The places.

    @property
    def home(self) -> str:
        """The hub's page of rooms."""
        return f"{self.hub.public_url}/hub/home"

    @property
    def desk(self) -> str:
        """The desk's page."""
        return self.hub.public_url.replace("//", "//desk.") + _DESK

    @property
    def inside(self) -> str:
        """The host name of the open room's door, the one place where the room is shown to the author."""
        return "alice--one.lockedroom.localhost"

    def start(self) -> None:
        """The tap, and a hub behind it."""
        (proxy_port,) = free_ports(1)
        self.tap = self._stack.enter_context(Tap(proxy_port))
        first_seat, first_project = first_ids()
        environment = {
            "LOCKEDROOM_PROXY_PORT": str(proxy_port),
            "LOCKEDROOM_SEAT_UID_BASE": str(first_seat + _IDS_APART),
            "LOCKEDROOM_PROJECT_GID_BASE": str(first_project + _IDS_APART),
        }
        self._stack.callback(unmount_all, self.state)
        self.hub = RunningHub(self.state, port=self.tap.port, environment=environment)
        self._stack.callback(self.hub.stop)
        people: dict[str, tuple[Role, ...]] = {
            "alice": (),
            "carol": (Role.OUTPUT_CHECKER,),
            "dan": (Role.OUTPUT_CHECKER,),
        }
        self.passwords = {
            n: self.hub.add_person(n, n.title(), *roles).password for n, roles in people.items()
        }
        for project in ("one", "broken"):
            self.hub.add_project(project, project.title(), tier="low", members=["alice"])
        # A loop of its own: Playwright's synchronous form keeps the main thread's.
        self._thread = self._stack.enter_context(ThreadPoolExecutor(1))
        self.hub.start()
        self.author = self._stack.enter_context(self.chromium.new_context(user_agent=AUTHOR, bypass_csp=True))
        self.author.set_default_timeout(60_000)
        self.tour = Tour(self.author)

    def close(self) -> None:
        """Stop everything."""
        self._stack.close()

    def walk(self) -> None:
        """All of it."""
        page = self.author.new_page()
        self._sign_in(page, "alice")
        self._open_room(page)
        self._in_rooms(self._plant)
        self._wait_for_the_airlock(page)
        self._a_start_that_fails(page)
        self.panel = self._read_panel()
        self._look_round()
        for which in ("released", "rejected", "withdrawn"):
            self._press(page, f"requests/{self.number(which)}/submit")
        self._press(page, f"requests/{self.number('withdrawn')}/withdraw")
        self._decide("carol", "rejected", "reject")
        self._decide("carol", "released", "approve")
        self._look_round()
        # Held up after the second approval, so that there is time to look.
        with release_lock(self.hub.store, ["project:one"], seconds=900, clock=utc_now):
            self._decide("dan", "released", "approve")
            assert self.state_of("released") == State.APPROVED
            self._look_round()
            self._ask_for_everything()
            self._look_round_as_an_output_checker_too()
            assert self.state_of("released") == State.APPROVED
            self.before_release = self.tap.copy()
        page = self.author.new_page()
        self._open_room(page)
        self._fetch(page)
        self._look_round()
        self.room_replies = self._in_rooms(_read_replies)

    # What lies where.

    def number(self, which: str) -> int:
        """The number that the airlock gave to one of the bundles that are walked through the desk."""
        name = self.words[f"{which}: file name"]
        return next(number for number, names in self._requests().items() if f"{name}.csv" in names)

    def state_of(self, which: str) -> str:
        """The state of one of those bundles."""
        with self.hub.store.read() as session:
            return session.get_one(AirlockRequest, self.number(which)).state

    def one_of_each_state(self) -> list[int]:
        """The number of one request in each state that there is now."""
        with self.hub.store.read() as session:
            return list({r.state: r.number for r in session.scalars(select(AirlockRequest))}.values())

    def _requests(self) -> dict[int, list[str]]:
        with self.hub.store.read() as session:
            return {r.number: [f.name for f in r.files] for r in session.scalars(select(AirlockRequest))}

    def _states(self) -> Counter[str]:
        with self.hub.store.read() as session:
            return Counter(session.scalars(select(AirlockRequest.state)))

    # What people do.

    def _sign_in(self, page: Page, person: str) -> None:
        page.goto(f"{self.hub.public_url}/hub/login")
        page.get_by_label("Name").fill(person)
        page.get_by_label("Password").fill(self.passwords[person])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/home")

    def _open_room(self, page: Page) -> None:
        page.goto(self.home)
        page.locator("a[href$='/spawn/alice/one']").click()
        page.wait_for_url("**/user/alice/one/lab**", timeout=60_000)

    def _wait_for_the_airlock(self, page: Page) -> None:
        """Looks at the desk again and again meanwhile."""

        def settled() -> bool:
            page.goto(self.desk)
            self.reached = self._states()
            return self.reached.total() == self.expected.total() and not self.reached[State.TAKEN]

        assert eventually(settled, within_s=300), (self.reached, self.expected)

    def _read_panel(self) -> str:
        """What the room's side panel says of the blocked bundle."""
        page = self.author.new_page()
        self._open_room(page)
        page.locator(".lm-TabBar-tab[title=Release]").click()
        card = page.get_by_role("listitem").filter(has_text=f"Request {self.number('blocked')}")
        card.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        said = card.inner_text()
        page.close()
        return said

    def _press(self, page: Page, action: str) -> None:
        page.goto(self.desk)
        page.locator(f"form[action$='{action}'] button").click()
        page.wait_for_url(self.desk)

    def _decide(self, checker: str, which: str, decision: str) -> None:
        """The checker's comment quotes what the author may not see, and is itself nothing that leaves the desk."""
        said = self.words[f"{checker}: comment of {decision}"] = secrets.choice("bcdfg") + "".join(
            secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(23)
        )
        context = self.chromium.new_context(user_agent=CHECKER)
        page = context.new_page()
        self._sign_in(page, checker)
        page.goto(f"{self.desk}requests/{self.number(which)}/review")
        page.locator("textarea[name='comment']").fill(f"{said}: {self.words[f'{which}: file name']}.csv")
        button = page.locator(
            f"button[formaction$='/{decision}'], form[action$='/{decision}'] button:not([formaction])"
        )
        button.first.click()
        page.wait_for_url(self.desk)
        context.close()

    def _fetch(self, page: Page) -> None:
        assert eventually(lambda: self.state_of("released") == State.RELEASED, within_s=60)
        action = f"requests/{self.number('released')}/files/0/download"
        page.goto(self.desk)
        with page.expect_download() as fetching:
            page.locator(f"form[action$='{action}'] button").click()
        self.downloaded = Path(fetching.value.path()).read_bytes()

    def _in_rooms(self, work: Callable[[Browser], Awaitable[T]]) -> T:
        async def run() -> T:
            async with Browser(self.hub.public_url, "alice") as browser:
                await browser.sign_in(self.passwords["alice"])
                return await work(browser)

        return self._thread.submit(lambda: asyncio.run(run())).result()

    async def _plant(self, browser: Browser) -> None:
        for project, script in (("one", "hostile_outbox.py"), ("broken", "breaking_start.py")):
            await browser.open_room(project)
            kernel = await browser.kernel(project)
            ran = await kernel.run((HERE / script).read_text(), within_s=300)
            assert ran.error is None, f"{ran.error}\n{ran.text[-3000:]}"
            planted = json.loads(ran.text.strip().splitlines()[-1])
            self.words |= planted["words"]
            self.hashes |= planted.get("sha256", {})
            self.expected += Counter(planted.get("expected", []))
            await kernel.close()
        await browser.close_room("broken")

    def _a_start_that_fails(self, page: Page) -> None:
        page.goto(self.home)
        page.locator("a[href$='/spawn/alice/broken']").click(no_wait_after=True)
        page.wait_for_url("**/spawn-pending/**", wait_until="commit")
        # What the hub's API says of it meanwhile: events until the start has failed.
        asked = [_EVENTS, "/hub/api/user", "/hub/api/users/alice"]
        self.tour.ask(self.home, asked, ["GET"])
        expect(page.get_by_role("heading", name="The room could not be opened")).to_be_visible(timeout=60_000)
        self.tour.navigate(self.hub.public_url, ["/hub/home", "/hub/user/alice/broken/lab"])

    # All that can be asked for.

    def desk_paths(self, numbers: Iterable[int]) -> dict[Rule, list[str]]:
        """Every address of the desk, for requests of alice's and for two that are not hers."""
        asked = [str(number) for number in [*numbers, 1, 999_999_999]]
        samples = _files() | {"[1-9][0-9]{0,9}": asked, "[0-9]{1,4}": ["0", "1", "9999"]}
        return {rule: addresses(rule, samples, {}) for rule in desk_rules(self.hub)}

    def hub_paths(self) -> dict[Rule, list[str]]:
        """Every address of the hub."""
        return {rule: addresses(rule, _files() | _HUB_SAMPLES, _HUB_WHOLE) for rule in hub_rules(self.hub)}

    def _look_round(self) -> None:
        """Read every address of the desk, and the hub's pages about rooms."""
        statuses = self.tour.ask(self.desk, _flat(self.desk_paths(self._requests())), ["GET", "HEAD"])
        assert "200" in statuses and "redirect" not in statuses, Counter(statuses)
        self.tour.navigate(self.hub.public_url, ["/hub/home", "/hub/spawn", "/hub/user/alice/one/lab"])

    def _look_round_as_an_output_checker_too(self) -> None:
        """Somebody who decides on others' requests is still an author as to their own."""
        for change in (grant_role, revoke_role):
            with self.hub.store.write() as session:
                change(session, name="alice", role=Role.OUTPUT_CHECKER, actor=ACTOR, now=utc_now())
            if change is grant_role:
                self._sign_in_again()
                self._look_round()

    def _ask_for_everything(self) -> None:
        """Every address with every method, with the right secrets in the forms; only the approved request stays."""
        stays = f"{_DESK}requests/{self.number('released')}/withdraw"
        self.asked_of_desk = self.desk_paths(self.one_of_each_state())
        desk = [path for path in _flat(self.asked_of_desk) if path != stays]
        self.tour.navigate(self.desk.removesuffix(_DESK), desk)
        with self.hub.store.read() as session:
            request = session.get_one(AirlockRequest, self.number("released"))
            key, digest, seen = (
                tokens.load_key(self.hub.settings.keys),
                request.files[0].sha256,
                request.binding,
            )
        token = tokens.make(key, self.number("released"), 0, digest)
        self.tour.ask(self.desk, desk, form={"seen": seen or "", "token": token, "comment": "x"})
        self.tour.ask(self.desk, desk, ["POST"], secret="wrong")
        hub = [path for path in _flat(self.hub_paths()) if path != _SIGNS_OUT]
        self.tour.navigate(self.hub.public_url, hub)
        self.tour.ask(self.home, hub)
        self.tour.ask(self.home, hub, ["POST", "PUT", "PATCH"], json="{}")
        self.tour.ask(self.home, [_SIGNS_OUT])
        self._sign_in_again()

    def _sign_in_again(self) -> None:
        self.author.clear_cookies()
        page = self.author.new_page()
        self._sign_in(page, "alice")
        page.goto(self.desk)
        page.close()


async def _read_replies(browser: Browser) -> str:
    """What the airlock says in the room, as the magic shows it."""
    await browser.open_room("one")
    kernel = await browser.kernel("one")
    ran = await kernel.run("%replies")
    await kernel.close()
    return ran.text


def _files() -> dict[str, Sequence[str]]:
    look = load_look()
    return {"[a-z0-9.-]{1,64}": (look.style.name, look.mark.name, "nowhere.css")}


def _flat(paths: dict[Rule, list[str]]) -> list[str]:
    return list(dict.fromkeys(path for of_one in paths.values() for path in of_one))
