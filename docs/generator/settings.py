"""docs/reference/settings.md: every setting of hub.settings."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

import hub
from docs.generator.markdown import code, listed, table
from docs.generator.markdown import page as whole_page
from hub.settings import PREFIX, Settings

# Pairs that do not fit together; what the settings themselves say about them goes on the page.
_WRONG_TOGETHER: tuple[dict[str, Any], ...] = (
    {"seat_uid_base": 300001, "project_gid_base": 300001},
    {"recheck_seconds": 10, "freeze_seconds": 10},
    {"public_url": "http://lockedroom.localhost:8000/path"},
)


def page() -> str:
    """The page."""
    rows = [
        (code(PREFIX + name.upper()), _default(field), _allowed(field), _meaning(name, field))
        for name, field in Settings.model_fields.items()
    ]
    return whole_page(
        "Settings",
        "Each setting is an environment variable. A relative path counts from the folder in which the command "
        "is started, so start every command in the same folder or give full paths.",
        table(("Variable", "Default", "Allowed", "Meaning"), rows),
        "A wrong value ends every command with one sentence. Besides the limits above:",
        listed(_sentences()),
    )


def unused() -> list[str]:
    """Settings that no code of the hub looks at."""
    return [name for name in Settings.model_fields if name not in _attributes_read()]


def _meaning(name: str, field: FieldInfo) -> str:
    said = field.description or ""
    return f"{said} **Not in force yet: nothing reads it.**" if name in unused() else said


def _default(field: FieldInfo) -> str:
    return "none" if field.default is None else code(field.default)


def _allowed(field: FieldInfo) -> str:
    said = []
    for one in field.metadata:
        for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
            if hasattr(one, name):
                said.append(f"{sign} {getattr(one, name)}")
        if getattr(one, "pattern", None):
            said.append(f"form {code(one.pattern)}")
    if get_origin(field.annotation) is not None and all(
        isinstance(a, str) for a in get_args(field.annotation)
    ):
        said.append(", ".join(code(a) for a in get_args(field.annotation)))
    return "; ".join(said)


def _sentences() -> list[str]:
    said = []
    for wrong in _WRONG_TOGETHER:
        try:
            Settings(**wrong)
        except ValidationError as error:
            said += [f"{e['msg'].removeprefix('Value error, ')}." for e in error.errors(include_url=False)]
    return said


@cache
def _attributes_read() -> frozenset[str]:
    found: set[str] = set()
    for source in Path(hub.__file__).parent.rglob("*.py"):
        tree = ast.parse(source.read_text("utf-8"))
        found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return frozenset(found)
