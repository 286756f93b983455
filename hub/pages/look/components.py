"""The NHS design system's components, to be called from our own templates as ``nhs.tag({...})``.

Their templates ask for parameters that nobody gave, and for parameters of those. So they have an
environment of their own that lets this pass; the pages' own templates keep ``StrictUndefined``, and a
value of theirs that is missing still raises where a component uses it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from jinja2 import ChainableUndefined, Environment, PackageLoader

# The templates that both faces of the service share.
TEMPLATES = Path(__file__).parent / "templates"

# Our name, the component's folder, its macro. The header is ours: theirs holds the NHS logo.
_COMPONENTS = (
    ("back_link", "back-link", "backLink"),
    ("button", "button", "button"),
    ("details", "details", "details"),
    ("error_summary", "error-summary", "errorSummary"),
    ("input", "input", "input"),
    ("inset_text", "inset-text", "insetText"),
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
        setattr(found, name, getattr(module, macro))
    return found


NHS = _load()
