"""Every address that the hub and the desk answer, read from their own applications, filled with samples."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tornado.routing import PathMatches, Router, RuleRouter
from tornado.web import Application

from hub.airlock.quarantine import Quarantine
from hub.jupyterhub_app import Hub
from hub.pages.desk.app import Desk, make_app
from hub.store.clock import utc_now
from tests.journey.running_hub import ROOT, RunningHub

# A group of a pattern, ( … ) without another one in it, with or without a name, perhaps optional.
_GROUP = re.compile(r"\((?:\?P<\w+>)?(?!\?)((?:[^()\\]|\\.)*)\)\??")


class NoSample(AssertionError):
    """An address has a part for which no sample is known: say in the story what a browser would put there."""


@dataclass(frozen=True)
class Rule:
    """One rule of an application: the pattern of its addresses, and the class that answers them."""

    pattern: str
    handler: str


def desk_rules(hub: RunningHub) -> list[Rule]:
    """The rules of the desk."""
    desk = Desk(
        store=hub.store,
        quarantine=Quarantine(hub.state / "airlock"),
        state=hub.state,
        key=b"",
        hub_auth=None,
        prefix="/services/desk/",
        public_url=hub.public_url,
        rooms=hub.public_url,
        clock=utc_now,
    )
    return list(_rules_of(make_app(desk).default_router))


def hub_rules(hub: RunningHub) -> list[Rule]:
    """The rules of JupyterHub as our configuration makes it, static files among them."""
    with mock.patch.dict(os.environ, hub.environment):
        app: Any = Hub()
        app.load_config_file(str(ROOT / "jupyterhub_config.py"))
        app.authenticator = app.authenticator_class(parent=app)
        app.init_handlers()
    static = Path(app.data_files_path) / "static"
    application = Application(app.handlers, static_path=str(static), static_url_prefix="/hub/static/")
    return list(_rules_of(application.default_router))


def _rules_of(router: RuleRouter) -> Iterator[Rule]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules_of(rule.target)
        else:
            assert isinstance(rule.matcher, PathMatches) and not isinstance(rule.target, Router)
            yield Rule(rule.matcher.regex.pattern, rule.target.__name__)


def addresses(
    rule: Rule, samples: Mapping[str, Sequence[str]], whole: Mapping[str, Sequence[str]]
) -> list[str]:
    """The rule's paths, with each of its groups filled with each sample. Raises NoSample.

    ``samples`` maps a group, as the pattern writes it but without its name, to what is put there; ``whole``
    maps a whole pattern to its paths, where filling groups will not do.
    """
    if rule.pattern in whole:
        return list(whole[rule.pattern])
    pattern = rule.pattern.rstrip("$")
    parts: list[Sequence[str]] = []
    end = 0
    for group in _GROUP.finditer(pattern):
        choices = group[1].split("|") if re.fullmatch(r"\w+(\|\w+)+", group[1]) else samples.get(group[1])
        if choices is None:
            raise NoSample(f"{rule.handler} answers {rule.pattern}: no sample is known for ({group[1]})")
        parts += [[_literal(rule, pattern[end : group.start()])], choices]
        end = group.end()
    parts.append([_literal(rule, pattern[end:])])
    return ["".join(chosen) for chosen in itertools.product(*parts)]


def _literal(rule: Rule, text: str) -> str:
    plain = re.sub(r"\\([./-])", r"\1", text).replace("/?", "/")
    if re.search(r"[\\()\[\]*+?{}|^$]", plain):
        raise NoSample(f"{rule.handler} answers {rule.pattern}: it cannot be filled group by group")
    return plain
