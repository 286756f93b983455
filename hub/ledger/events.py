"""Every kind of ledger event: one line of meaning, and what its payload says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class EventKind(StrEnum):
    """The kinds there are. An entry of another kind cannot be written."""

    LEDGER_OPENED = "ledger.opened"
    HEAD_SIGNED = "head.signed"
    PERSON_ADDED = "person.added"
    PERSON_PASSWORD_SET = "person.password_set"  # noqa: S105 - the name of an event
    PERSON_DISABLED = "person.disabled"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    PROJECT_CREATED = "project.created"
    PROJECT_CLOSED = "project.closed"
    PROJECT_EXTENDED = "project.extended"
    APPROVAL_RECORDED = "approval.recorded"
    MEMBER_ADDED = "member.added"
    MEMBER_ENDED = "member.ended"
    OPT_OUT_TAKEN = "optout.taken"
    DATA_IMPORTED = "data.imported"
    DATA_LINKED = "data.linked"
    EXTRACT_MADE = "extract.made"
    SIGNIN_SUCCEEDED = "signin.succeeded"
    SIGNIN_FAILED = "signin.failed"
    SEAT_OPENED = "seat.opened"
    SEAT_REFUSED = "seat.refused"
    SEAT_FOUND = "seat.found"
    SEAT_CLOSED = "seat.closed"
    ROOM_PROVED = "room.proved"
    DOOR_ENTERED = "door.entered"
    DOOR_LEFT = "door.left"
    DOOR_CLOSED = "door.closed"
    DOOR_REFUSED = "door.refused"
    DOOR_COUNTED = "door.counted"
    CELL_PASSED = "cell.passed"
    FILE_ASKED = "file.asked"
    TEXTS_EXPIRED = "texts.expired"
    TEXTS_READ = "texts.read"
    DOOR_GAP = "door.gap"
    BUNDLE_TAKEN = "bundle.taken"
    BUNDLE_REFUSED = "bundle.refused"
    BUNDLE_CHECKED = "bundle.checked"
    REQUEST_SUBMITTED = "request.submitted"
    REQUEST_WITHDRAWN = "request.withdrawn"
    REVIEW_RECORDED = "review.recorded"
    REVIEWS_VOIDED = "review.voided"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REJECTED = "request.rejected"
    OUTPUT_RELEASED = "output.released"
    OUTPUT_DOWNLOADED = "output.downloaded"
    INGRESS_RECEIVED = "ingress.received"
    INGRESS_EXAMINED = "ingress.examined"
    INGRESS_REFUSED = "ingress.refused"
    INGRESS_WITHDRAWN = "ingress.withdrawn"
    INGRESS_REVIEWED = "ingress.reviewed"
    INGRESS_VOIDED = "ingress.voided"
    INGRESS_APPROVED = "ingress.approved"
    INGRESS_REJECTED = "ingress.rejected"
    INGRESS_EXPIRED = "ingress.expired"
    INGRESS_PLACED = "ingress.placed"


@dataclass(frozen=True)
class EventSpec:
    """What one kind means. ``fields`` are always in the payload (null if unknown); ``optional`` ones may be."""

    meaning: str
    fields: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)


_SEAT = {"seat": "the seat, person.project"}
_TALLY = {
    "requests": "requests that passed since the last such entry",
    "messages": "messages that passed, both ways",
    "bytes_in": "bytes towards the room",
    "bytes_out": "bytes to the browser",
}
_REQUEST = {"request": "the request's number"}
_INGRESS = {"ingress": "the number of the request to bring a file in"}

EVENTS: Mapping[EventKind, EventSpec] = MappingProxyType(
    {
        EventKind.LEDGER_OPENED: EventSpec(
            "The ledger begins here.",
            {"ledger": "a random name, so that no two ledgers share a hash"},
        ),
        EventKind.HEAD_SIGNED: EventSpec(
            "The ledger's end, this entry included, was signed to be published outside the database.",
            {"key": "fingerprint (SHA-256) of the public key that signed"},
        ),
        EventKind.PERSON_ADDED: EventSpec(
            "A person got an account.",
            {"person": "the account's name", "full_name": "the person's name as written"},
        ),
        EventKind.PERSON_PASSWORD_SET: EventSpec(
            "A person's password was set; the password itself is nowhere written.",
            {"person": "the account's name"},
        ),
        EventKind.PERSON_DISABLED: EventSpec(
            "A person's account was closed.", {"person": "the account's name", "reason": "why, in words"}
        ),
        EventKind.ROLE_GRANTED: EventSpec(
            "A person was given a role.", {"person": "the account's name", "role": "the role"}
        ),
        EventKind.ROLE_REVOKED: EventSpec(
            "A role was taken from a person.", {"person": "the account's name", "role": "the role"}
        ),
        EventKind.PROJECT_CREATED: EventSpec(
            "A project was set up.",
            {
                "number": "the project's number, from which its OS group comes",
                "title": "the project's title",
                "tier": "how sensitive its data are",
                "policy": "the disclosure policy for its outputs",
                "starts_at": "first moment, UTC",
                "ends_at": "end, UTC",
            },
        ),
        EventKind.PROJECT_CLOSED: EventSpec(
            "A project was closed before or at its end.", {"reason": "why, in words"}
        ),
        EventKind.PROJECT_EXTENDED: EventSpec(
            "A project got a later end.",
            {"before": "the end it had, UTC", "ends_at": "the end it has now, UTC"},
        ),
        EventKind.APPROVAL_RECORDED: EventSpec(
            "The data that a project may have were approved.",
            {
                "sha256": "hash of the approval in canonical JSON",
                "source": "the data source",
                "tables": "approved tables, each with its columns",
                "row_conditions": "how many conditions narrow the rows of each table",
            },
            {
                "tier": "the project's tier from now on",
                "tier_before": "the tier it had until now",
                "policy": "the disclosure policy for its outputs from now on",
            },
        ),
        EventKind.MEMBER_ADDED: EventSpec(
            "A person became a member of a project.",
            {
                "person": "the account's name",
                "seat_number": "number of the seat, from which its OS user comes",
                "starts_at": "first moment, UTC",
                "ends_at": "end, UTC",
            },
        ),
        EventKind.MEMBER_ENDED: EventSpec(
            "A membership was ended before its last day.",
            {"person": "the account's name", "reason": "why, in words"},
        ),
        EventKind.OPT_OUT_TAKEN: EventSpec(
            "A national data opt-out list was given and is in force from now on.",
            {
                "list": "hash that names the list; made with a key, so that it does not tell who is in it",
                "persons": "how many persons are in it",
                "before": "the list that was in force until now, or null",
            },
        ),
        EventKind.DATA_IMPORTED: EventSpec(
            "A source was imported into the data zone.",
            {
                "source": "the data source",
                "snapshot": "hash that names what was imported",
                "rows": "rows of each table",
                "synthetic": "whether the data are synthetic",
            },
            {
                "optout": "the opt-out list whose persons were left out; only for health sources",
                "opted_out": "rows of each table that were left out; only for health sources",
            },
        ),
        EventKind.DATA_LINKED: EventSpec(
            "The sources in use were linked.",
            {
                "snapshot": "hash that names the linked records",
                "sources": "each source that was linked, and its snapshot",
                "optout": "the opt-out list whose persons were left out",
                "model": "hash of the trained model that scored pairs of casualties and patients",
                "threshold": "least probability of a link between the two",
                "rows": "rows of each table, links among them",
                "synthetic": "for each source, whether its records are synthetic",
            },
        ),
        EventKind.EXTRACT_MADE: EventSpec(
            "A project's extract was made in the data zone.",
            {
                "snapshot": "hash that names the extract",
                "source": "the data source and its snapshot",
                "rows": "rows of each table",
                "approval": "hash of the approval that was carried out",
            },
            {
                "tier": "the project's tier",
                "real": "sources whose real records are in the extract; the others' are synthetic",
            },
        ),
        EventKind.SIGNIN_SUCCEEDED: EventSpec("A person signed in."),
        EventKind.SIGNIN_FAILED: EventSpec(
            "A sign-in failed.",
            {
                "person": "the account's name; null when there is no such account (what was typed is not kept)",
                "reason": "wrong password, no password set, account closed, or unknown name",
                "unrecorded": "failures under unknown names since the last such entry that have no entry of their own",
            },
        ),
        EventKind.SEAT_OPENED: EventSpec(
            "A seat's room was started.",
            {
                **_SEAT,
                "backend": "what isolates the room; with Docker the engine's version and the image's id",
                "extract": "hash of the data mounted, or null",
            },
            {
                "limits": "limits in force and those that could not be had",
                "tier": "the project's tier",
                "window": "the window's limits, where the seat has one",
            },
        ),
        EventKind.SEAT_REFUSED: EventSpec(
            "A person asked for a seat and was refused.",
            {"person": "the account's name", "reason": "the sentence the person was told"},
        ),
        EventKind.SEAT_FOUND: EventSpec(
            "A hub that started again found a seat's room running, and took it over.", _SEAT
        ),
        EventKind.SEAT_CLOSED: EventSpec("A seat's room was stopped.", {**_SEAT, "reason": "why"}),
        EventKind.ROOM_PROVED: EventSpec(
            "Rooms were attacked by the escape suite, in a room made for it.",
            {
                "backend": "what isolates the rooms; with Docker the engine's version and the image's id",
                "environment": "the rooms' programs: the id of the image, or the name that the lock's hash gives",
                "kernel": "the kernel's release",
                "suite": "how many attempts the suite has, and a hash of its files",
                "held": "how many attempts the room held against",
                "not_held": "how many it did not hold against",
                "not_tried": "how many could not be tried",
                "failed": "names of those that did not hold, and of those not tried for no known reason",
            },
        ),
        EventKind.DOOR_ENTERED: EventSpec(
            "A person came through a seat's door.", _SEAT, {"kind": "which door: lab or window"}
        ),
        EventKind.DOOR_LEFT: EventSpec(
            "A person left: nothing of theirs was open at the door any more.", _SEAT, _TALLY
        ),
        EventKind.DOOR_CLOSED: EventSpec("A door closed on its person.", {**_SEAT, "reason": "why"}, _TALLY),
        EventKind.DOOR_REFUSED: EventSpec(
            "A door refused a request or a message.",
            {
                **_SEAT,
                "person": "who was refused; null where nobody was signed in",
                "reason": "the sentence they were told",
                "unrecorded": "such refusals since the last such entry that have no entry of their own",
            },
        ),
        EventKind.DOOR_COUNTED: EventSpec(
            "How much passed a seat's door since the last such entry.", {**_SEAT, **_TALLY}
        ),
        EventKind.CELL_PASSED: EventSpec(
            "Code passed the door towards the room (not: was run).",
            {**_SEAT, "digest": "keyed hash of the source text", "number": "the door's running number"},
            {"length": "length of the source text in bytes", "channel": "the message's channel"},
        ),
        EventKind.FILE_ASKED: EventSpec(
            "A request for a file or folder of the room passed the door (not: what was in it).",
            {
                **_SEAT,
                "digest": "keyed hash of the path",
                "number": "the door's running number",
                "act": "read, write, move or delete",
            },
        ),
        EventKind.TEXTS_EXPIRED: EventSpec(
            "Texts that had passed a project's doors were deleted, because their time was over.",
            {"days": "the days whose texts were deleted", "keep_days": "how many days texts are kept"},
        ),
        EventKind.TEXTS_READ: EventSpec(
            "Somebody read texts that had passed a project's doors.",
            {"texts": "how many", "persons": "whose texts", "reason": "why, in words"},
        ),
        EventKind.DOOR_GAP: EventSpec(
            "Numbered events of a door did not arrive.",
            {**_SEAT, "expected": "the next number that was due", "received": "the number that came"},
        ),
        EventKind.BUNDLE_TAKEN: EventSpec(
            "The airlock took its own copy of a staged bundle.",
            {
                **_SEAT,
                "bundle": "the airlock's number for it",
                "sha256": "hash of each file, of the airlock's copy",
            },
            {"verdict": "the checker's verdict", "policy": "the policy it was checked with", "bytes": "size"},
        ),
        EventKind.BUNDLE_REFUSED: EventSpec(
            "The airlock refused a staged bundle.",
            {**_SEAT, "reason": "why, in the airlock's own words"},
            {"bundle": "the airlock's number for it"},
        ),
        EventKind.BUNDLE_CHECKED: EventSpec(
            "The output checker looked at the airlock's own copy of a bundle.",
            {
                "bundle": "the airlock's number for it",
                "verdict": "clear, review or block",
                "policy": "the policy it was checked with",
                "binds": "hash of what was checked: files, policy and checker",
            },
            {
                "policy_sha256": "hash of the policy's rules",
                "checker": "version and hash of the checker",
                "isolation": "what kept the checker apart while it read the files",
            },
        ),
        EventKind.REQUEST_SUBMITTED: EventSpec(
            "An author asked for outputs to be released.",
            {**_REQUEST, "bundle": "the airlock's number for the bundle"},
            {"sha256": "hash of each file"},
        ),
        EventKind.REQUEST_WITHDRAWN: EventSpec("An author took a request back.", {**_REQUEST}),
        EventKind.REVIEW_RECORDED: EventSpec(
            "An output checker decided on a request.",
            {**_REQUEST, "decision": "approve or reject", "binds": "hash of what the decision is about"},
        ),
        EventKind.REVIEWS_VOIDED: EventSpec(
            "The decisions on a request no longer count, because what they were about changed.",
            {**_REQUEST, "reason": "what changed"},
        ),
        EventKind.REQUEST_APPROVED: EventSpec(
            "A request has the approvals it needs.",
            {**_REQUEST},
            {"tier": "the project's tier", "approvals": "how many people it asks for"},
        ),
        EventKind.REQUEST_REJECTED: EventSpec("A request was rejected.", {**_REQUEST}),
        EventKind.OUTPUT_RELEASED: EventSpec(
            "Outputs were checked once more and released to their author.",
            {**_REQUEST, "sha256": "hash of each file released"},
            {"binds": "hash of what was approved and checked once more"},
        ),
        EventKind.OUTPUT_DOWNLOADED: EventSpec(
            "The author took the released outputs, which can be done once.",
            {**_REQUEST, "sha256": "hash of the bytes sent"},
            {"file": "the file's place in the request, from 0"},
        ),
        EventKind.INGRESS_RECEIVED: EventSpec(
            "A member of a project uploaded a file that should come into their room.",
            {
                **_INGRESS,
                **_SEAT,
                "type": "the type that its name claims",
                "bytes": "size",
                "sha256": "hash of the airlock's copy",
            },
        ),
        EventKind.INGRESS_EXAMINED: EventSpec(
            "The airlock's copy of an uploaded file was scanned and looked into, and may be decided on.",
            {
                **_INGRESS,
                "scan": "clean, or not scanned",
                "scanner": "the scanner and the day of its signatures, or null",
                "binds": "hash of what a decision binds to: file, policy, scan and what was found inside",
                "policy_sha256": "hash of the policy for what comes in",
                "isolation": "what kept the file apart while it was looked into",
            },
        ),
        EventKind.INGRESS_REFUSED: EventSpec(
            "The airlock does not let an uploaded file in.",
            {
                **_INGRESS,
                "reason": "why, in the airlock's own words",
                "sha256": "hash of the airlock's copy when it was received",
                "scan": "clean, infected or not scanned; null if it was not looked into",
            },
        ),
        EventKind.INGRESS_WITHDRAWN: EventSpec(
            "An author took a request to bring a file in back.", {**_INGRESS}
        ),
        EventKind.INGRESS_REVIEWED: EventSpec(
            "Somebody from outside the project decided on a file that should come in.",
            {**_INGRESS, "decision": "approve or reject", "binds": "hash of what was decided on"},
        ),
        EventKind.INGRESS_VOIDED: EventSpec(
            "Decisions on a file that should come in no longer count.", {**_INGRESS, "reason": "what changed"}
        ),
        EventKind.INGRESS_APPROVED: EventSpec(
            "A request to bring a file in has the approvals it needs.", {**_INGRESS}
        ),
        EventKind.INGRESS_REJECTED: EventSpec("A request to bring a file in was rejected.", {**_INGRESS}),
        EventKind.INGRESS_EXPIRED: EventSpec(
            "A request to bring a file in ended because its time was over.", {**_INGRESS}
        ),
        EventKind.INGRESS_PLACED: EventSpec(
            "A file was hashed once more and put into the inbox of a seat.",
            {
                **_INGRESS,
                **_SEAT,
                "sha256": "hash of the bytes in the inbox",
                "binds": "hash of what was approved",
                "folder": "the folder in the inbox",
            },
        ),
    }
)


def check_payload(kind: EventKind, payload: Mapping[str, object]) -> None:
    """Raise ValueError unless the payload says what its kind promises, no more and no less."""
    spec = EVENTS[kind]
    missing = spec.fields.keys() - payload.keys()
    unknown = payload.keys() - spec.fields.keys() - spec.optional.keys()
    if missing or unknown:
        raise ValueError(f"{kind}: missing {sorted(missing)}, not declared {sorted(unknown)}")
