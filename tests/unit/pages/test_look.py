"""The style sheet that make builds, and the design system's components under our own strictness."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError

from hub.hub_config import check
from hub.pages.look import NHS, StyleNotBuilt, assets, load_look
from hub.settings import Settings


@pytest.fixture(scope="module")
def css() -> str:
    """The style sheet as it is served."""
    return load_look().style.content.decode()


def test_the_style_brings_no_font_no_logo_and_nothing_from_elsewhere(css: str) -> None:
    assert "@font-face" not in css
    assert "@import" not in css
    assert not re.search(r"frutiger|logo|nhsuk-header", css, re.IGNORECASE)
    for address in re.findall(r"url\(\s*[\"']?([^)\"']*)", css):
        assert re.match(r"/[a-z]", address), f"{address} is not a place of our own"
    assert "//" not in css


def test_the_style_has_the_components_that_the_pages_use(css: str) -> None:
    for name in ("button", "card", "error-summary", "input", "skip-link", "summary-list", "table", "tag"):
        assert f".nhsuk-{name}" in css
    assert "font-family:system-ui" in css


def test_the_mark_is_our_own_and_names_no_other_place() -> None:
    mark = load_look().mark.content.decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert mark.startswith("<svg")
    assert "//" not in mark
    assert "href" not in mark
    assert "NHS" not in mark


def test_a_files_name_changes_with_its_content(tmp_path: Path) -> None:
    style = tmp_path / "style.css"
    style.write_text("a{}")
    first = load_look(style)
    style.write_text("b{}")
    second = load_look(style)
    assert first.style.name != second.style.name
    assert second.find(first.style.name) is None
    assert second.find(second.style.name) == second.style
    assert second.addresses("/desk/").style == f"/desk/{second.style.name}"


def test_a_hub_without_the_style_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "STYLE", tmp_path / "no.css")
    with pytest.raises(StyleNotBuilt, match="run `make`"):
        check(Settings())


def test_components_take_text_as_text_and_forgive_nothing_of_ours() -> None:
    pages = Environment(autoescape=True, undefined=StrictUndefined)
    pages.globals["nhs"] = NHS
    evil = "\"'><script>alert(1)</script>"
    for call in (
        'nhs.tag({"text": said})',
        'nhs.button({"text": said, "attributes": {"data-x": said}})',
        'nhs.input({"id": "a", "name": "a", "label": {"text": said}, "value": said, "errorMessage": {"text": said}})',
        'nhs.textarea({"id": "a", "name": "a", "label": {"text": said}, "value": said})',
        'nhs.error_summary({"titleText": said, "errorList": [{"text": said, "href": said}]})',
        'nhs.summary_list({"rows": [{"key": {"text": said}, "value": {"text": said}}]})',
        'nhs.details({"summaryText": said, "text": said})',
        'nhs.inset_text({"text": said})',
        'nhs.warning_callout({"heading": said, "text": said})',
        'nhs.back_link({"href": said, "text": said})',
        'nhs.skip_link({"href": said, "text": said})',
    ):
        shown = pages.from_string("{{ " + call + " }}").render(said=evil)
        assert shown.strip().startswith("<"), "a component is HTML"
        assert "&lt;script&gt;" in shown
        assert "<script" not in shown
        assert "'>" not in shown
        with pytest.raises(UndefinedError, match="missing"):
            pages.from_string("{{ " + call.replace("said", "missing") + " }}").render()
