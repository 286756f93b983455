"""docs/reference/data-formats.md: the files and answers that other programs read, from their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from output_checker.check import check_bytes
from output_checker.policy import DEFAULT_POLICY, load_policy
from output_checker.report import Report
from output_checker.staging import bundle, reply
from pydantic import BaseModel

from datasets.manifest import (
    ExtractManifest,
    HealthManifest,
    IdentifiersManifest,
    OptOutManifest,
    SourceManifest,
)
from docs.generator.markdown import code, markdown, table
from docs.generator.markdown import page as whole_page
from hub.governance.approvals import ApprovalFile
from hub.ledger import heads

EXAMPLE = "severity,2022,2023\nFatal,12,3\nSerious,140,151\n"


def page() -> str:
    """The page."""
    return whole_page(
        "Data formats",
        "## The checker's answer",
        "`output-checker check FILE --json` prints this form. `severity` is `info`, `review` or `block`; `verdict` "
        "is `clear`, `review` or `block`; `fix` and `sha256` may be null. The table",
        f"```\n{EXAMPLE.strip()}\n```",
        "is answered with",
        f"```json\n{example()}\n```",
        "## A bundle in the outbox",
        f"A folder `/outbox/NAME` with `{bundle.MANIFEST}` and `{bundle.FILES}/0`, `{bundle.FILES}/1` and so on. "
        f"At most {bundle.MAX_FILES} files of {bundle.MAX_FILE_BYTES:,} bytes each and "
        f"{bundle.MAX_BUNDLE_BYTES:,} bytes together; `{bundle.MANIFEST}` at most {bundle.MAX_MANIFEST_BYTES:,} "
        f"bytes. A name that begins with a full stop is still being written.",
        *_schema(bundle.Bundle),
        "## The airlock's replies",
        f"`{reply.INBOX}/{reply.REPLIES}/NUMBER.json`, and the same for reading as `NUMBER.md`.",
        *_schema(reply.Reply),
        "## An approval",
        "What `lockedroom project approve` reads, as YAML or JSON.",
        *_schema(ApprovalFile),
        "## The manifest of an extract",
        "`/data/manifest.json` in a room.",
        *_schema(ExtractManifest),
        "## The manifest of imported police records",
        "It stays in the data zone.",
        *_schema(SourceManifest),
        "## The manifest of an imported health source",
        "It stays in the data zone. What the tables hold is in [health sources](health-sources.md).",
        *_schema(HealthManifest),
        "## The manifest of split-off identifiers",
        "It stays in the data zone, beside the identifiers.",
        *_schema(IdentifiersManifest),
        "## The manifest of an opt-out list",
        "It stays in the data zone, beside the list.",
        *_schema(OptOutManifest),
        "## Signed heads",
        "A file of signed heads holds one JSON object a line. `signature` is an Ed25519 signature in base64 over the "
        "JSON list of format, seq, hash, at and key, without spaces.",
        *_schema(heads._Line),
    )


def example() -> str:
    """The checker's real answer about a small table."""
    policy = load_policy(DEFAULT_POLICY)
    return Report(policy.name, (check_bytes(EXAMPLE.encode(), Path("table.csv"), policy),)).to_json()


def _schema(model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    yield from _object(model.__name__.strip("_"), schema, is_part=False)
    for name, part in schema.get("$defs", {}).items():
        yield from _object(name, part, is_part=True)


def _object(name: str, schema: dict[str, Any], *, is_part: bool) -> Iterator[str]:
    said = " ".join(markdown(schema.get("description", "")).split())
    if said and is_part:
        yield f"**{name}**: {said}"
    elif said or is_part:
        yield said or f"**{name}**"
    required = schema.get("required", [])
    rows = [
        (code(field), _form(form), "" if field in required else "may be missing", form.get("description"))
        for field, form in schema.get("properties", {}).items()
    ]
    yield table(("Field", "Form", "", "Meaning"), rows)


def _form(form: dict[str, Any]) -> str:
    if "$ref" in form:
        return f"{form['$ref'].rpartition('/')[2]}"
    if "anyOf" in form:
        return " or ".join(_form(one) for one in form["anyOf"])
    if "const" in form:
        return code(form["const"])
    if "enum" in form:
        return " or ".join(code(value) for value in form["enum"])
    if form.get("type") == "array":
        return f"list of {_form(form['items'])}{_bounds(form, 'minItems', 'maxItems')}"
    if form.get("type") == "object":
        inner = form.get("additionalProperties")
        for pattern, one in form.get("patternProperties", {}).items():
            return f"object: names of form {code(pattern)}, each {_form(one)}"
        return f"object: names, each {_form(inner)}" if isinstance(inner, dict) else "object"
    if "pattern" in form:
        return f"text of form {code(form['pattern'])}"
    if form.get("format") == "date-time":
        return "time"
    kinds = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "null",
    }
    kind = kinds.get(form.get("type", ""), "any value")
    limits = _bounds(form, "minLength", "maxLength") + _bounds(form, "minimum", "maximum")
    return kind + limits + (f", below {form['exclusiveMaximum']}" if "exclusiveMaximum" in form else "")


def _bounds(form: dict[str, Any], least: str, most: str) -> str:
    said = [f"{words} {form[key]}" for words, key in (("at least", least), ("at most", most)) if key in form]
    return f", {', '.join(said)}" if said else ""
