"""Heads and requests that are filled in are those that httpx would have built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.bound import Bound
from notebook_kit.client.fast.blank import Blank
from notebook_kit.client.fast.mould import Mould, is_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from notebook_kit.client.core import Core

BASES = ["http://127.0.0.1:8000", "https://api.example.com/v1/", "http://[::1]/a%20b"]
_PATHS = st.text("ab7/.~%2Fé? =&;:@,+!$'()*#\\\"<>[]|{}^`-_", max_size=14)


@pytest.fixture(scope="module", params=BASES)
def core(request: pytest.FixtureRequest) -> Iterator[Core]:
    """The core of a client that sends nothing."""
    client = nk.Client(request.param, headers={"x-api-key": nk.Secret("0123456789abcdef")})
    yield client._core
    client.close()


def _described(request: httpx.Request) -> dict[str, Any]:
    bound = Bound.of(request)
    assert bound is not None
    return {
        "line": (request.method, str(request.url), request.url.raw_path, request.url.query),
        "url": (repr(request.url), hash(request.url), request.url),
        "headers": request.headers.raw,
        "content": request.content,
        "attributes": sorted(vars(request)),
        "classes": (type(request), type(request.url), type(request.headers), type(request.stream)),
        "timeout": request.extensions["timeout"],
        "extensions": sorted(request.extensions),
        "bound": {**vars(bound), "_cookies": id(bound._cookies)},
    }


@given(path=_PATHS, method=st.sampled_from(["GET", "HEAD", "POST", "DELETE"]))
def test_a_request_that_is_filled_in_is_the_one_that_is_built(
    core: Core, path: str, method: str
) -> None:
    """URL, headers, body, time limits and what binds its credentials are the same."""
    blank = Blank.of(lambda text: core._built(method, text, {}))
    assert blank is not None
    filled = blank.request(path)
    if filled is not None:
        assert _described(filled) == _described(core._built(method, path, {}))


def test_common_paths_are_filled_in(core: Core) -> None:
    """The form is used for what people ask for, and its URLs are not read each time."""
    blank = Blank.of(lambda text: core._built("GET", text, {}))
    assert blank is not None
    assert blank._can_splice
    for path in ("/users/7", "/a%20b/c.json", "/x:y/@me", "/"):
        assert blank.request(path) is not None
    for path in ("users", "/a b", "/a/../b", "//b", "/a?b=c", "/ü", "/a#b"):
        assert blank.request(path) is None


def test_two_requests_of_one_form_share_nothing(core: Core) -> None:
    """What is changed of one is not changed of the next."""
    first, second = core.build("GET", "/a", {}), core.build("GET", "/b", {})
    first.headers["x-new"] = "1"
    first.extensions["timeout"]["read"] = 1
    bound = Bound.of(first)
    assert bound is not None
    bound.apply(first)
    for other in (second, core.build("GET", "/c", {})):
        assert "x-new" not in other.headers
        assert other.extensions["timeout"]["read"] == 60
        assert "x-new" not in Bound.of(other)._names  # type: ignore[union-attr]


def test_cookies_that_have_come_are_sent(core: Core) -> None:
    """A form is not used while there are cookies."""
    core.cookies.set("a", "b")
    try:
        assert core.build("GET", "/a", {}).headers["cookie"] == "a=b"
    finally:
        core.cookies.clear()
    assert "cookie" not in core.build("GET", "/a", {}).headers


@given(path=_PATHS)
def test_heads_of_rows_are_those_of_requests(core: Core, path: str) -> None:
    """A path that is put into the mould gives the bytes that its request would give."""
    lane = core.lane
    assert lane is not None
    mould = Mould.of(lane, "", lambda text: core.build("GET", text, {}))
    assert mould is not None
    order = mould.order(path, None)
    if order is not None:
        whole = lane.transport.order(core._built("GET", path, {}))
        assert order == whole._replace(request=None)


@given(word=st.text("abz09 %./é-_", max_size=6) | st.integers() | st.booleans() | st.none())
@pytest.mark.parametrize("template", ["/a/{}", "/a/{}.json", "/a%2{}", "/a?b={}", "{}", "/.{}"])
def test_words_give_what_their_paths_give(core: Core, template: str, word: Any) -> None:
    """A word or number is put into the head only where its whole path would give that head."""
    lane = core.lane
    assert lane is not None
    mould = Mould.of(lane, "", lambda text: core.build("GET", text, {}))
    assert mould is not None
    make = mould.for_words(template.format)
    order = None if make is None else make(word, None)
    if order is not None:
        assert order == mould.order(template.format(word), None)
        assert (
            lane.transport.order(core._built("GET", template.format(word), {})).head == order.head
        )


def test_a_word_is_no_half_of_an_encoding(core: Core) -> None:
    """No words are put behind the beginning of an encoded character."""
    lane = core.lane
    assert lane is not None
    mould = Mould.of(lane, "", lambda text: core.build("GET", text, {}))
    assert mould is not None
    assert mould.for_words("/a%2{}".format) is None
    assert mould.for_words("/a/{}".format) is not None


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/a", True), ("/a?b=c", True), ("/a//b", False), ("/" + "a" * 9_000, False), ("a", False)],
)
def test_what_is_kept(path: str, *, kept: bool) -> None:
    """Long and odd paths are left to httpx."""
    assert is_kept(path) is kept


def test_parameters_of_all_requests_are_put_behind_paths_only() -> None:
    """A path with a query of its own is left to httpx where a client adds parameters."""
    client = nk.Client("http://127.0.0.1:8000", params={"v": "1"})
    core = client._core
    assert core.lane is not None
    mould = Mould.of(core.lane, "", lambda text: core.build("GET", text, {}))
    assert mould is not None
    order = mould.order("/a", None)
    assert order is not None
    assert order.head.startswith(b"GET /a?v=1 HTTP/1.1\r\n")
    assert mould.order("/a?b=c", None) is None
    client.close()
