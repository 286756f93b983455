"""The NHS design system's components, to be called from our own templates as ``nhs.tag({...})``.

Their templates ask for parameters that nobody gave, and for parameters of those. So they have an
environment of their own that lets this pass; a value that is missing in a page of ours still raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader, Undefined, UndefinedError
from markupsafe import Markup

# The templates that both faces of the service share.
TEMPLATES = Path(__file__).parent / "templates"

# Our name, the component's folder, its macro. The header is ours: theirs holds the NHS logo.
_COMPONENTS = (
    ("back_link", "back-link", "backLink"),
    ("button", "button", "button"),
    ("details", "details", "details"),
    ("error_summary", "error-summary", "errorSummary"),
    ("file_upload", "file-upload", "fileUpload"),
    ("input", "input", "input"),
    ("inset_text", "inset-text", "insetText"),
    ("radios", "radios", "radios"),
    ("skip_link", "skip-link", "skipLink"),
    ("summary_list", "summary-list", "summaryList"),
    ("tag", "tag", "tag"),
    ("textarea", "textarea", "textarea"),
    ("warning_callout", "warning-callout", "warningCallout"),
)


def _load() -> SimpleNamespace:
    environment = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = SimpleNamespace()
    for name, folder, macro in _COMPONENTS:
        module = environment.get_template(f"nhsuk/components/{folder}/macro.jinja").module
        setattr(found, name, _strict(name, getattr(module, macro)))
    return found


def _strict(name: str, macro: Callable[[Mapping[str, Any]], Markup]) -> Callable[[Mapping[str, Any]], Markup]:
    def component(params: Mapping[str, Any]) -> Markup:
        _refuse_missing(name, params)
        return macro(params)

    return component


def _refuse_missing(place: str, value: Any) -> None:
    if isinstance(value, Undefined):
        raise UndefinedError(f"The value for {place} is missing.")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _refuse_missing(f"{place}.{name}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_missing(place, inner)


NHS = _load()
