"""Which addresses of a room pass the door: a list, and no way around it by spelling."""

from __future__ import annotations

import contextlib
from unittest.mock import Mock
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, HTTPError, RequestHandler

from hub.door.routes import Kind, Passed, Refused, decide, query_for_room

KERNEL = "6a1f3c1e-0000-4000-8000-1234567890ab"


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/", ""),
        ("GET", "/lab", "reset"),
        ("GET", "/lab/tree/home/analysis.ipynb", ""),
        ("GET", "/static/lab/main.3f2a.js", "v=3f2a"),
        ("GET", "/lab/api/settings/@jupyterlab/apputils-extension:themes", ""),
        ("PUT", "/lab/api/settings/%40jupyterlab%2Dapputils", ""),
        ("GET", "/doc/tree/home/a.ipynb", ""),
        ("GET", "/lab/workspaces/auto-x/tree/home", ""),
        ("GET", "/lab/api/translations/en", ""),
        ("GET", "/lab/api/build", ""),
        ("GET", "/lab/api/themes/@jupyterlab/theme-dark-high-contrast-extension/index.css", ""),
        ("GET", "/lab/extensions/@lockedroom/output-checker/static/remoteEntry.1f.js", ""),
        ("GET", "/lab/extensions/jupyterlab_pygments/static/568.js", ""),
        ("GET", "/kernelspecs/python3/logo-svg.svg", ""),
        ("GET", "/kernelspecs/python3/logo-64x64.png", ""),
        ("GET", "/api/kernelspecs", ""),
        ("GET", "/api/contents/home/a%20b.ipynb", "type=notebook&content=1"),
        ("PUT", "/api/contents/home/a.ipynb", ""),
        ("POST", f"/api/kernels/{KERNEL}/interrupt", ""),
        ("DELETE", f"/api/sessions/{KERNEL}", ""),
        ("POST", "/output-checker/check", ""),
        ("HEAD", "/lab", ""),
    ],
)
def test_what_jupyterlab_needs_passes(method: str, path: str, query: str) -> None:
    assert decide(method, path, query, websocket=False) == Passed(Kind.HTTP)


@pytest.mark.parametrize(
    "path",
    [
        "/files/home/table.csv",
        "/custom/custom.css",
        "/kernelspecs/mine/patients.csv",
        "/kernelspecs/mine/logo-svg.svg.csv",
        "/lab/extensions/mine/static/patients.csv",
        "/lab/extensions/@mine/x/patients.csv",
        "/lab/api/themes/mine/patients.csv",
        "/lab/api/extensions",
        "/lab/patients.csv",
        "/view/home/page.html",
        "/nbconvert/html/home/a.ipynb",
        "/api/nbconvert",
        "/lsp/ws/pylsp",
        "/api/resolvePath/home",
        "/metrics",
        "/api/shutdown",
        "/login",
        "/logout",
        "/tree",
        "/notebooks/home/a.ipynb",
        "/proxy/8000/",
        "/api/kernels/../../files/x",
        "/api/unknown",
        "/doc2",
        "/labs",
        "/Files/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_addresses_that_hand_out_files_and_unknown_ones_are_refused(method: str, path: str) -> None:
    assert isinstance(decide(method, path, "", websocket=False), Refused)


@pytest.mark.parametrize(
    "query",
    [
        "format=base64",
        "content=1&format=base64",
        "format=text&format=base64",
        "FORMAT=base64",
        "format=Base64",
        "%66ormat=%62ase64",
        "format=base64&x=%zz",
        "format=base64%20",
        "format=%20base64",
        "format=%09base64",
        "format=base64+",
        "format=base64%0d%0a",
        "format=base64%C2%A0",
        "format=ba%00se64",
        "%20format=base64",
        "format=",
        "format=text%20",
        "format=TEXT",
        "format=json",
    ],
)
def test_contents_as_bytes_are_refused_however_it_is_spelt(query: str) -> None:
    decision = decide("GET", "/api/contents/home/x.parquet", query, websocket=False)
    assert isinstance(decision, Refused)
    assert "airlock" in decision.reason


@pytest.mark.parametrize(
    ("method", "path", "query", "sent"),
    [
        ("GET", "/api/contents/home/x.parquet", "", "format=text"),
        ("GET", "/api/contents/home/x.parquet", "content=1&type=file", "content=1&type=file&format=text"),
        ("GET", "/api/contents/home/x.parquet", "FORMAT=text", "FORMAT=text&format=text"),
        ("GET", "/api/contents/home/x.csv", "format=text&format=text", "format=text&format=text"),
        ("GET", "/api/contents/home/x.csv", "format=text", "format=text"),
        ("GET", "/api/contents/home/x.csv", "content=0", "content=0"),
        ("PUT", "/api/contents/home/x.csv", "", ""),
        ("GET", "/api/kernels", "x=1", "x=1"),
    ],
)
def test_contents_go_as_text_where_the_page_does_not_say_how(
    method: str, path: str, query: str, sent: str
) -> None:
    assert query_for_room(method, path, query) == sent


@example(query="format=text")
@example(query="format=base64+")
@given(query=st.text(alphabet="format=base64&%20+0981ACDx \t\xa0", max_size=30).map("format=".__add__))
def test_no_other_format_reaches_the_room_by_its_own_reading(query: str) -> None:
    """Tornado, with which the room reads a query, takes the last value, without blanks and control characters."""
    path = "/api/contents/home/x.parquet"
    if isinstance(decide("GET", path, query, websocket=False), Passed):
        line = RequestStartLine("GET", f"{path}?{query_for_room('GET', path, query)}", "HTTP/1.1")
        request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "room"}), connection=Mock())
        with contextlib.suppress(HTTPError):  # it is not UTF-8, which the room refuses
            read = RequestHandler(Application(), request).get_query_argument("format", None)
            assert read in {None, "text"}


@pytest.mark.parametrize("query", ["format=text", "content=0", "type=file&note=base64", ""])
def test_contents_as_text_pass(query: str) -> None:
    assert isinstance(decide("GET", "/api/contents/home/x.txt", query, websocket=False), Passed)


@pytest.mark.parametrize(
    "path",
    [
        "/lab/..%2ffiles/x",
        "/lab/..%2Ffiles/x",
        "/lab%2f..%2ffiles",
        "/lab/%2e%2e/files/x",
        "/lab/%2E./files/x",
        "/lab/../files/x",
        "/lab/./x",
        "/lab/..",
        "/lab//files",
        "//files/x",
        "/lab/%5c..%5cfiles",
        "/lab/\\files",
        "/lab/%00",
        "/lab/%0d%0aX: y",
        "/lab/\x01",
        "/lab/%7f",
        "/lab/%1f",
    ],
)
@pytest.mark.parametrize("websocket", [True, False])
def test_a_path_that_two_parsers_could_read_differently_is_refused(path: str, websocket: bool) -> None:
    assert isinstance(decide("GET", path, "", websocket=websocket), Refused)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/api/kernels/{KERNEL}/channels", Kind.KERNEL),
        ("/terminals/websocket/1", Kind.SOCKET),
        ("/api/events/subscribe", Kind.SOCKET),
    ],
)
def test_the_three_websockets_of_jupyterlab_pass(path: str, kind: Kind) -> None:
    assert decide("GET", path, "", websocket=True) == Passed(kind)


@pytest.mark.parametrize(
    "path",
    [
        "/lsp/ws/pylsp",
        "/api/kernels//channels",
        f"/api/kernels/{KERNEL}/channels/x",
        f"/api/kernels/{'a' * 65}/channels",
        "/api/kernels/a%2Fb/channels",
        "/terminals/websocket/1/2",
        "/lab",
        "/proxy/5900/websockify",
    ],
)
def test_other_websockets_are_refused(path: str) -> None:
    assert isinstance(decide("GET", path, "", websocket=True), Refused)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
def test_methods_that_jupyterlab_does_not_use_are_refused(method: str) -> None:
    assert isinstance(decide(method, "/api/contents", "", websocket=False), Refused)


@pytest.mark.parametrize("path", ["/lab", "/static/x.js", "/api/kernelspecs", "/api/status"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_is_only_read_takes_no_writes(path: str, method: str) -> None:
    assert isinstance(decide(method, path, "", websocket=False), Refused)


_TRAPS = st.sampled_from(
    ["%2f", "%2F", "%5c", "%00", "%0a", "%0D", "\\", "//", "/../", "/./", "/%2e%2e/", "%01"]
)
_BEGINNINGS = st.sampled_from(["/lab/", "/static/", "/api/contents/", "/api/kernels/", "/output-checker/"])


@given(start=_BEGINNINGS, before=st.text(max_size=20), trap=_TRAPS, after=st.text(max_size=20))
def test_no_text_around_a_trap_makes_it_pass(start: str, before: str, trap: str, after: str) -> None:
    path = start + quote(before, safe="") + trap + quote(after, safe="")
    assert isinstance(decide("GET", path, "", websocket=False), Refused)


@given(path=st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=40), query=st.text(max_size=40))
def test_every_text_gets_a_decision_and_what_passes_stays_below_its_first_part(path: str, query: str) -> None:
    decision = decide("GET", "/" + path, query, websocket=False)
    if isinstance(decision, Passed):
        first = unquote("/" + path).split("/")[1]
        assert first in {"", "lab", "doc", "static", "kernelspecs", "api", "output-checker"}
