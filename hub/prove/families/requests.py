"""What a person's browser, or a room's own page in it, asks of the door and of the hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from hub.door import headers, origin, routes, uploads
from hub.governance import Refused, admission
from hub.governance.members import add_member
from hub.governance.people import add_person
from hub.governance.projects import create_project
from hub.governance.tiers import load_tiers
from hub.prove.attempt import Attempt, Family, Judged, Judgement
from hub.prove.judges import held, not_held, unclear
from hub.prove.stage import CouldNotTry, Stage
from hub.store import prepare_store
from hub.store.clock import utc_now

_OWN_HOST = "attacker--proof.lockedroom.localhost:8000"
_OWN_ORIGIN = f"http://{_OWN_HOST}"
_ACTOR = "console:proof"


@dataclass(frozen=True)
class _Asked:
    """What was asked for, and the refusal of each, or ``None``."""

    refusals: tuple[tuple[str, str | None], ...]


def _all_refused(seen: object) -> Judgement:
    if not isinstance(seen, _Asked) or not seen.refusals:
        return unclear(seen)
    passed = [what for what, refusal in seen.refusals if refusal is None]
    if passed:
        return not_held(f"let through: {', '.join(passed[:3])}")
    return held(f"all {len(seen.refusals)} refused")


def _routes(*asked: tuple[str, str, str], websocket: bool = False) -> Callable[[Stage], object]:
    """The door's own decision about each (method, path, query)."""

    def act(stage: Stage) -> _Asked:
        if isinstance(routes.decide("GET", "/api/status", "", websocket=False), routes.Refused):
            raise CouldNotTry("the door refuses everything")
        found = []
        for method, path, query in asked:
            decision = routes.decide(method, path, query, websocket=websocket)
            found.append(
                (f"{method} {path}", decision.reason if isinstance(decision, routes.Refused) else None)
            )
        return _Asked(tuple(found))

    return act


def _get(*paths: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(("GET", *path.partition("?")[::2]) for path in paths)


def _origins(*asked: tuple[str, dict[str, str]], websocket: bool = False) -> Callable[[Stage], object]:
    """The door's own decision about who asks."""

    def decide(method: str, sent: dict[str, str]) -> str | None:
        return origin.refusal(
            method,
            {"Host": _OWN_HOST} | sent,
            own_origin=_OWN_ORIGIN,
            own_host=_OWN_HOST,
            websocket=websocket,
        )

    def act(stage: Stage) -> _Asked:
        if decide("POST", {"Origin": _OWN_ORIGIN}) is not None:
            raise CouldNotTry("the door refuses the seat's own page")
        return _Asked(tuple((f"{method} {sent}", decide(method, sent)) for method, sent in asked))

    return act


def _uploads(stage: Stage) -> _Asked:
    bodies = [
        {"type": "file", "format": "base64", "content": "AAAA"},
        {"type": "file", "format": "text", "chunk": 1, "content": "a"},
    ]
    asked = [(method, json.dumps(body).encode()) for method in ("PUT", "POST") for body in bodies]
    asked.append(("PUT", b'{"format": "\\u0062ase64", "content": "AAAA"}'))
    return _Asked(
        tuple(
            (f"{method} {body!r}", uploads.refusal(method, "/api/contents/x", body)) for method, body in asked
        )
    )


def _headers_of_a_room(stage: Stage) -> _Asked:
    sent = [
        ("Set-Cookie", "jupyterhub-session-id=evil; Domain=lockedroom.localhost"),
        ("Service-Worker-Allowed", "/"),
        ("Clear-Site-Data", '"*"'),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Security-Policy", "default-src *"),
        ("Location", "https://evil.example/"),
        ("Refresh", "0; url=https://evil.example/"),
        ("Link", "<https://evil.example/>; rel=preload"),
        ("Content-Disposition", "attachment"),
    ]
    passed = {name for name, _ in headers.to_browser(sent, prefix="/user/attacker/proof/", mark="m")}
    return _Asked(tuple((name, None if name in passed else "left out") for name, _ in sent))


def _headers_of_a_person(stage: Stage) -> _Asked:
    sent = [
        ("Cookie", "jupyterhub-user-attacker=secret"),
        ("Authorization", "token secret"),
        ("X-XSRFToken", "secret"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Proxy-Authorization", "secret"),
    ]
    passed = {name for name, _ in headers.to_room(sent, mark="m")}
    return _Asked(tuple((name, None if name in passed else "left out") for name, _ in sent))


def _admissions(*asked: tuple[str, str]) -> Callable[[Stage], object]:
    """Governance's own decision, from a store with two people and two projects."""

    def act(stage: Stage) -> _Asked:
        now = utc_now()
        ends = now + timedelta(days=1)
        file = stage.root / "governance.sqlite"
        store = prepare_store(f"sqlite:///{file}")
        try:
            with store.write() as session:
                for person in ("attacker", "neighbour"):
                    add_person(
                        session, name=person, full_name=person, password_hash=None, actor=_ACTOR, now=now
                    )
                for project, member in (("proof", "attacker"), ("other", "neighbour")):
                    create_project(
                        session, slug=project, title=project, tier=load_tiers().lowest.name, policy_name="sacro",
                        starts_at=now, ends_at=ends, actor=_ACTOR, now=now,
                    )  # fmt: skip
                    add_member(
                        session,
                        project=project,
                        person=member,
                        starts_at=now,
                        ends_at=ends,
                        actor=_ACTOR,
                        now=now,
                    )
            with store.read() as session:

                def refusal(person: str, project: str) -> str | None:
                    decision = admission(session, person=person, project=project, now=now)
                    return decision.reason if isinstance(decision, Refused) else None

                if refusal("attacker", "proof") is not None:
                    raise CouldNotTry("governance refuses a member as well")
                return _Asked(
                    tuple((f"{person} in {project}", refusal(person, project)) for person, project in asked)
                )
        finally:
            store.close()
            for left in stage.root.glob("governance.sqlite*"):
                left.unlink()

    return act


FAMILY = Family(
    "requests",
    "What a person's browser, or a room's own page in it, asks of the door and of the hub.",
    (
        Attempt(
            "files by Jupyter's own routes",
            "Fetch a file through each of Jupyter's routes that hand out files.",
            _routes(
                *_get(
                    "/files/home/x.csv",
                    "/view/home/x.csv",
                    "/nbconvert/html/home/x.ipynb",
                    "/api/nbconvert",
                    "/lsp/ws/pylsp",
                    "/api/resolvePath",
                    "/metrics",
                    "/logout",
                    "/login",
                )
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "files as base64",
            "Ask Jupyter's contents for the bytes of a file, the format written in several ways.",
            _routes(
                *_get(
                    "/api/contents/home/x.parquet?format=base64",
                    "/api/contents/home/x.parquet?type=file&format=BASE64",
                    "/api/contents/home/x?format=text&format=base64",
                    "/api/contents/home/x?FORMAT=base64",
                    "/api/contents/home/x?%66ormat=base64",
                    "/api/contents/home/x?format=base64%20",
                    "/api/contents/home/x?format=%09base64",
                    "/api/contents/home/x?format=base64+",
                    "/api/contents/home/x?format=",
                )
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "uploads",
            "Bring a file in past the airlock, by the file browser's own ways of uploading.",
            _uploads,
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "closed routes by other spellings",
            "Reach closed routes by paths that two programs read differently.",
            _routes(
                *_get(
                    "/api/../files/x",
                    "/lab/%2e%2e/files/x",
                    "/api/contents/..%2f..%2ffiles/x",
                    "/static//../files/x",
                    "/lab/..%5cfiles",
                    "//files/x",
                    "/%66iles/x",
                    "/lab/x%0d%0aSet-Cookie:%20a=b",
                    "/lab/%00",
                )
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "Jupyter's own switches",
            "Shut the server down, and write where JupyterLab only reads.",
            _routes(
                ("POST", "/api/shutdown", ""),
                ("POST", "/api/security/csp-report", ""),
                ("PUT", "/lab/api/extensions", ""),
                ("POST", "/lab/api/extensions", ""),
                ("DELETE", "/static/x", ""),
                ("CONNECT", "/api/status", ""),
                ("TRACE", "/api/status", ""),
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "other websockets",
            "Open websockets that JupyterLab does not need.",
            _routes(*_get("/lsp/ws/pylsp", "/api/kernels/../channels", "/proxy/8080", "/x"), websocket=True),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "requests of other sites",
            "Write to the seat, and load from it, from a page of another site, seat, or the hub.",
            _origins(
                ("POST", {"Origin": "https://evil.example"}),
                ("POST", {"Origin": "null"}),
                ("POST", {}),
                ("DELETE", {"Origin": "http://attacker--other.lockedroom.localhost:8000"}),
                ("GET", {"Origin": "http://lockedroom.localhost:8000"}),
                (
                    "GET",
                    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
                ),
                (
                    "GET",
                    {
                        "Sec-Fetch-Site": "cross-site",
                        "Sec-Fetch-Mode": "navigate",
                        "Sec-Fetch-Dest": "iframe",
                    },
                ),
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "websockets of other sites",
            "Open a kernel's websocket from a page of another seat, and from none.",
            _origins(
                ("GET", {"Origin": "http://attacker--other.lockedroom.localhost:8000"}),
                ("GET", {}),
                websocket=True,
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "another seat's host name",
            "Ask one seat's door under the name of another, of the hub, and of the address.",
            _origins(
                ("GET", {"Host": "neighbour--proof.lockedroom.localhost:8000"}),
                ("GET", {"Host": "lockedroom.localhost:8000"}),
                ("GET", {"Host": "127.0.0.1:8000"}),
                ("GET", {"Host": ""}),
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "service worker",
            "Install a program in the browser that outlives the room.",
            _origins(("GET", {"Service-Worker": "script"})),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "headers of a hostile room",
            "Set cookies, lift policies and lead elsewhere by the headers of the room's answers.",
            _headers_of_a_room,
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "what a room learns of a person",
            "Get a person's cookies and tokens by the headers of their requests.",
            _headers_of_a_person,
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "forged project names",
            "Open a room for projects that are not one's own or not there, by names of every kind.",
            _admissions(
                ("attacker", "other"),
                ("attacker", "no-such-project"),
                ("attacker", ".."),
                ("attacker", "../other"),
                ("attacker", "proof/../other"),
                ("attacker", "Proof"),
                ("attacker", "proof\n"),
                ("attacker", "proof\0"),
                ("attacker", ""),
                ("attacker", "p" * 31),
                ("attacker", "proof' or '1'='1"),
                ("attacker", "\uff50roof"),
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
        Attempt(
            "another person's seat",
            "Open another person's room, or one's own under a name that resembles another's.",
            _admissions(
                ("neighbour", "proof"),
                ("nobody", "proof"),
                ("attacker.proof", "proof"),
                ("../attacker", "proof"),
                ("Attacker", "proof"),
                ("attacker ", "proof"),
                ("xn", "proof"),
                ("", "proof"),
            ),
            _all_refused,
            Judged.OUTSIDE,
        ),
    ),
)
