"""The desk's addresses for files that should come in."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from output_checker.errors import PlainError
from tornado.web import HTTPError, stream_request_body

from hub.airlock.business import LookAgain
from hub.airlock.ingress import business, moments, records
from hub.airlock.ingress.policy import Type
from hub.airlock.ingress.upload import MOST_WHY_CHARS, CannotComeIn, Incoming, check_why
from hub.airlock.permissions import NotAllowed
from hub.airlock.policies import CommentNeeded
from hub.pages.desk import ingress_views as views
from hub.pages.desk.handlers import Sentence, SignedIn
from hub.pages.desk.ingress_views import IngressReview
from hub.pages.desk.upload_form import FILE_FIELD, BadForm, UploadForm

if TYPE_CHECKING:
    pass

# A body that is too large is still read to its end, as far as this: a browser shows an answer only after that.
_MOST_READ = 512 * 1024 * 1024
_FORM_BYTES = 128 * 1024
# How slowly a body may come: this many seconds, and bytes a second.
_PATIENCE_S, _SLOWEST = 60.0, 32 * 1024
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


class UploadPage(SignedIn):
    """The form."""

    async def get(self) -> None:
        """An empty form."""
        await self.ask()

    async def ask(self, fault: PlainError | None = None, about: str = FILE_FIELD, **typed: str) -> None:
        """The form, with what was typed and what was wrong with it."""
        now, loaded = self.desk.clock(), self.desk.ingress_policy.now()
        projects = await self.reading(lambda s: views.open_projects(s, self.person, now))
        if not projects:
            raise NotAllowed(
                "No project of yours is open at the moment, so there is no room to bring a file into."
            )
        await self.show(
            "ingress_form.html",
            projects=projects,
            types=[(Type(name), rule) for name, rule in loaded.policy.types.items()],
            key=secrets.token_hex(16),
            fault=fault.sentence if fault else None,
            about=about,
            why=typed.get("why", ""),
            project=typed.get("project", "" if len(projects) > 1 else projects[0].slug),
            most_why=MOST_WHY_CHARS,
        )


@stream_request_body
class Upload(UploadPage):
    """A file arrives. Its bytes go to the airlock's own copy as they come; nothing is held in memory."""

    _form: UploadForm | None = None
    _incoming: Incoming | None = None
    _fault: Exception | None = None
    _counted = False

    def check_xsrf_cookie(self) -> None:
        """Host and origin at once; the form's own token is a field, compared before a byte of the file is taken."""
        self.refuse_strangers()

    async def prepare(self) -> None:
        """Let the person in, then the body."""
        await super().prepare()
        if self._finished or self.request.method != "POST":
            return
        now, policy = self.desk.clock(), self.desk.ingress_policy.now().policy
        length = self.request.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _MOST_READ:
            raise HTTPError(413) from Sentence("The file is far too large, so it was not taken.")
        size = int(length)
        if self.person in self.desk.uploading:
            raise HTTPError(409) from Sentence(
                "You are uploading another file: please wait until it is there."
            )
        self.desk.uploading.add(self.person)
        self._counted = True
        connection: Any = self.request.connection
        connection.set_max_body_size(_MOST_READ)
        connection.set_body_timeout(_PATIENCE_S + size / _SLOWEST)
        try:
            if size > policy.most_bytes + _FORM_BYTES:
                raise CannotComeIn(
                    f"The file is too large: no file may have more than {policy.most_bytes:,} bytes."
                )
            files, waiting = await self.reading(lambda s: records.waiting_of(s, self.person))
            held = await self.reading(lambda s: records.bytes_held(s, self.person, policy.retention, now))
            uploads = await self.reading(lambda s: records.uploaded_within_an_hour(s, self.person, now))
            moments.check_upload(
                policy.waiting, files=files + 1, size=waiting, held=held, uploads=uploads + 1
            )
            self._form = UploadForm(self.request.headers.get("Content-Type", ""), self._begin, self._take)
        except PlainError as fault:
            self._fault = fault

    def data_received(self, chunk: bytes) -> None:
        """The next bytes. After a fault the rest is read and thrown away."""
        if self._fault is not None or self._form is None:
            return
        try:
            self._form.write(chunk)
        except (PlainError, HTTPError, OSError) as fault:
            self._fault = fault
            self._discard()

    def _begin(self, name: str) -> None:
        self._check_token()
        self._incoming = Incoming(self.desk.ingress_copies, name, self.desk.ingress_policy.now().policy)

    def _take(self, chunk: bytes) -> None:
        assert self._incoming is not None
        self._incoming.write(chunk)

    def _check_token(self) -> None:
        """The hub's own kind of XSRF token, out of the form's field."""
        assert self._form is not None
        self.request.arguments["_xsrf"] = [self._form.fields.get("_xsrf", "").encode("utf-8")]
        self.hub_auth.check_xsrf_cookie(self)

    async def post(self) -> None:
        """The body is there: record it, or show the form again with what was wrong."""
        typed = self._form.fields if self._form else {}
        why, project = typed.get("why", ""), typed.get("project", "")
        about = FILE_FIELD
        try:
            if self._fault is not None:
                raise self._fault
            assert self._form is not None
            self._check_token()
            if self._incoming is None or not self._form.whole:
                raise BadForm("The file did not arrive whole: choose it again.")
            about = "why"
            check_why(why)
            about = "project"
            if not project:
                raise CannotComeIn("Choose the project into whose room the file should come.")
            about = FILE_FIELD
            # From here on a browser that leaves disturbs nothing.
            incoming, self._incoming = self._incoming, None
            await self._record(incoming, typed.get("upload", ""), project, why)
        except (CannotComeIn, BadForm, moments.TooMuch) as fault:
            self._discard()
            self.set_status(400)
            await self.ask(fault, about, why=why, project=project)
            return
        self.back()

    async def _record(self, incoming: Incoming, key: str, project: str, why: str) -> None:
        try:
            if not _KEY.fullmatch(key):
                raise BadForm("This is not the desk's form: open it again, and choose the file there.")
            uploaded = await asyncio.get_running_loop().run_in_executor(None, incoming.finish)
            now, policy = self.desk.clock(), self.desk.ingress_policy.now().policy
            await self.writing(
                lambda s: business.receive(
                    s,
                    person=self.person,
                    project=project,
                    upload_key=key,
                    uploaded=uploaded,
                    why=why,
                    policy=policy,
                    place=partial(self.desk.ingress_copies.place, uploaded.folder),
                    now=now,
                )
            )
        finally:
            incoming.discard()

    def on_finish(self) -> None:
        """Whatever came of it, nothing is left of the upload but what was recorded."""
        self._discard()
        if self._counted:
            self._counted = False
            self.desk.uploading.discard(self.person)

    def on_connection_close(self) -> None:
        """The browser left, perhaps in the middle of the file."""
        super().on_connection_close()
        self.on_finish()

    def _discard(self) -> None:
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None


class WithdrawIngress(SignedIn):
    """The author takes back."""

    async def post(self, number: str) -> None:
        """One request, by number."""
        now, policy = self.desk.clock(), self.desk.ingress_policy.now().policy
        await self.writing(
            lambda s: business.withdraw(s, int(number), person=self.person, policy=policy, now=now)
        )
        with contextlib.suppress(OSError):  # then the porter removes it
            await asyncio.get_running_loop().run_in_executor(
                None, self.desk.ingress_copies.remove, int(number)
            )
        self.back()


class ForApprovers(SignedIn):
    """Addresses of one request for those who decide on it."""

    async def found(self, number: str) -> IngressReview:
        """The request as it is now. Raises a sentence for whoever may not see it."""
        desk, now = self.desk, self.desk.clock()
        loaded = desk.ingress_policy.now()
        return await self.reading(
            lambda s: views.ingress_review(s, self.person, int(number), desk.ingress_copies, loaded, now)
        )

    def again(self, said: PlainError) -> str | None:
        """The request, where it has to be looked at again."""
        number = self.path_args[0] if self.path_args else ""
        return f"{self.desk.prefix}ingress/{number}/review" if isinstance(said, LookAgain) else None


class ReviewIngress(ForApprovers):
    """Somebody from outside the project looks at a file."""

    async def get(self, number: str) -> None:
        """What it is, what was found, and a part of it."""
        await self.show("ingress_review.html", it=await self.found(number), comment="", fault=None)


class DecideIngress(ForApprovers):
    """Somebody from outside the project decides, on exactly what they saw."""

    async def post(self, number: str, decision: str) -> None:
        """Approve or reject."""
        now, loaded = self.desk.clock(), self.desk.ingress_policy.now()
        seen, comment = self.get_body_argument("seen", ""), self.get_body_argument("comment", "")
        decide = partial(
            business.approve if decision == "approve" else business.reject,
            number=int(number),
            person=self.person,
            seen=seen,
            comment=comment,
            loaded=loaded,
            now=now,
        )
        try:
            await self.writing(decide)
        except CommentNeeded as fault:
            found = await self.found(number)
            if found.binding != seen:
                raise LookAgain(business.LOOK_AGAIN) from fault
            if not found.can_reject:
                raise
            self.set_status(400)
            await self.show("ingress_review.html", it=found, comment=comment, fault=fault.sentence)
            return
        self.back()
