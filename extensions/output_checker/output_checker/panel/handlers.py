"""The three addresses of the panel, below ``output-checker/`` of the Jupyter server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from pydantic import BaseModel, ConfigDict, ValidationError
from tornado import web

from output_checker.errors import PlainError
from output_checker.panel.overview import mark, overview
from output_checker.panel.paths import files_beneath
from output_checker.panel.settings import ReleasePanel
from output_checker.staging import bundle as form
from output_checker.staging.precheck import PreCheck, pre_check
from output_checker.staging.writing import stage

_MOST_BODY_BYTES = 256 * 1024


class Chosen(BaseModel):
    """Files that a person has chosen, as paths of the file browser."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    paths: list[str]


class ToStage(Chosen):
    """The same, with what the person says about them."""

    context: str | None = None


class Staged(BaseModel):
    """The bundle that was written, and what happens next."""

    bundle: str
    sentence: str = "Staged: the airlock takes its own copy within seconds and answers here."


Sent = TypeVar("Sent", bound=BaseModel)


class PanelHandler(APIHandler):  # type: ignore[misc]
    """What the three share: the panel's settings, and refusals as ``{"message": sentence}``."""

    panel: ReleasePanel

    def initialize(self, panel: ReleasePanel) -> None:
        """Keep the panel's settings."""
        self.panel = panel

    async def answer(self, work: Callable[[], BaseModel]) -> None:
        """Do ``work`` beside the server's loop and send what it returns, or its sentence with status 400."""
        try:
            found = await asyncio.to_thread(work)
        except PlainError as refused:
            self.set_status(400)
            await self.finish({"message": form.printable(refused.sentence)})
        else:
            await self.finish(_cleaned(found.model_dump(mode="json")))

    def sent(self, wanted: type[Sent]) -> Sent:
        """The request's body. Raises PlainError where it is not what the panel sends."""
        body = self.request.body
        if len(body) > _MOST_BODY_BYTES:
            raise PlainError("This is too much at once: choose fewer files.")
        try:
            return wanted.model_validate_json(body)
        except ValidationError:
            raise PlainError("The panel's question was not understood: load the page again.") from None


class Requests(PanelHandler):
    """``GET output-checker/requests``: replies and waiting bundles; 304 while nothing has changed."""

    _mark: str | None = None

    @web.authenticated
    async def get(self) -> None:
        """Send the overview, or that it is the same as before."""
        inbox, outbox = Path(self.panel.inbox), Path(self.panel.outbox)
        # Taken before reading: what changes in between is seen the next time.
        self._mark = f'"{await asyncio.to_thread(mark, inbox, outbox)}"'
        self.set_etag_header()
        if self.check_etag_header():
            self.set_status(304)
            await self.finish()
            return
        await self.answer(lambda: overview(inbox, outbox))

    def compute_etag(self) -> str | None:
        """The mark, instead of tornado's hash over the answer."""
        return self._mark


class Check(PanelHandler):
    """``POST output-checker/check``: the pre-check of some files."""

    @web.authenticated
    async def post(self) -> None:
        """Send what the checker says."""
        await self.answer(self._check)

    def _check(self) -> PreCheck:
        files = files_beneath(self.panel.root, self.sent(Chosen).paths)
        with self.panel.one_check():
            return pre_check(files, self.panel.precheck_seconds)


class Stage(PanelHandler):
    """``POST output-checker/stage``: write a bundle into the outbox."""

    @web.authenticated
    async def post(self) -> None:
        """Stage, all of it or nothing."""
        await self.answer(self._stage)

    def _stage(self) -> Staged:
        wanted = self.sent(ToStage)
        files = files_beneath(self.panel.root, wanted.paths)
        bundle = stage(files, outbox=self.panel.outbox, context=(wanted.context or "").strip() or None)
        return Staged(bundle=bundle)


def add_handlers(application: web.Application, panel: ReleasePanel) -> None:
    """Add the three addresses to a Jupyter server."""
    base = url_path_join(application.settings["base_url"], "output-checker")
    kept = {"panel": panel}
    application.add_handlers(
        ".*$",
        [
            (url_path_join(base, "requests"), Requests, kept),
            (url_path_join(base, "check"), Check, kept),
            (url_path_join(base, "stage"), Stage, kept),
        ],
    )


def _cleaned(value: Any) -> Any:
    """Without characters that are invisible or change how others are drawn, wherever text stands in it."""
    if isinstance(value, str):
        return form.printable(value, keep="\n\t")
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    return value
