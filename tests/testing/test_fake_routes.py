"""Which requests a script is for, and what is said of those that none is for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FakeAPI, FakeRequest
from notebook_kit.testing.fake_words import unexpected


def asked(method: str, target: str, **given: Any) -> FakeRequest:
    """A request at the usual place."""
    headers = httpx.Headers(given.pop("headers", {}))
    return FakeRequest(method, f"http://fake.test{target}", headers, given.pop("content", b""))


@pytest.mark.parametrize(
    ("path", "target", "fields"),
    [
        ("/users/{id}", "/users/7", {"id": "7"}),
        ("/users/{id}", "/users/a%2Fb", {"id": "a/b"}),
        ("/users/{id}", "/users/7/x", None),
        ("/users/{id}.json", "/users/7.json", {"id": "7"}),
        ("/files/{rest:path}", "/files/a/b%20c", {"rest": "a/b c"}),
        ("/Zürich", "/Z%C3%BCrich", {}),
        ("/a:b", "/a%3Ab", {}),
        ("/a.b", "/aXb", None),
    ],
)
def test_paths(path: str, target: str, fields: dict[str, str] | None) -> None:
    """A field is one segment or a part of one; literal parts are compared decoded."""
    route = FakeAPI().get(path)
    request = asked("GET", target)
    assert route.fits(request) is (fields is not None)
    if fields is not None:
        assert route.fields_of(request) == fields


def test_parameters_headers_and_bodies_narrow_a_script() -> None:
    """What is named must be as it is named; what is not may be anything."""
    fake = FakeAPI()
    by_page = fake.get("/x", params={"page": 2})
    assert by_page.fits(asked("GET", "/x?page=2&size=5"))
    assert not by_page.fits(asked("GET", "/x?page=3"))
    by_key = fake.get("/x", headers={"X-Key": "a"})
    assert by_key.fits(asked("GET", "/x", headers={"x-key": "a"}))
    assert not by_key.fits(asked("GET", "/x"))
    by_body = fake.post("/x", json={"a": None})
    assert by_body.fits(asked("POST", "/x", content=b'{ "a": null }'))
    assert not by_body.fits(asked("POST", "/x", content=b"no JSON"))


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (asked("GET", "/user/7"), "did you mean GET /users/{id}?"),
        (asked("DELETE", "/jobs"), "/jobs is scripted for POST only"),
        (asked("POST", "/jobs", content=b"[]"), "POST /jobs is scripted, but its body is another"),
        (asked("GET", "/list?page=1"), "but its parameter 'page' is another"),
        (asked("GET", "/keyed"), "but its header 'x-key' is another"),
        (asked("PURGE", "/nothing/like/it"), "write fake.on('PURGE', '/nothing/like/it').answers"),
    ],
)
def test_what_is_said_of_a_request_that_fits_none(request_: FakeRequest, why: str) -> None:
    """What is nearest to it, and what to write."""
    fake = FakeAPI()
    routes = [
        fake.get("/users/{id}"),
        fake.post("/jobs", json={"a": 1}),
        fake.get("/list", params={"page": 2}),
        fake.get("/keyed", headers={"x-key": "a"}),
    ]
    said = str(unexpected(request_, routes, base=fake.url))
    assert why in said
    assert str(request_) in said


def test_a_base_path_is_left_out_of_what_is_to_be_written() -> None:
    """As it is left out of scripts."""
    fake = FakeAPI("http://fake.test/v1")
    assert fake.get("/x").fits(asked("GET", "/v1/x"))
    said = str(unexpected(asked("GET", "/v1/y"), [], base=fake.url))
    assert "fake.get('/y')" in said


def test_messages_hold_no_secrets() -> None:
    """Neither of the URL nor of what was wrapped."""
    key = nk.Secret("planted-secret-value")
    request = asked("GET", f"/{key.reveal()}?token=another-planted-one")
    said = str(unexpected(request, [], base="http://fake.test"))
    assert "planted" not in said


def test_origins_are_told_apart() -> None:
    """A path is one of the fake's own origin, so a request elsewhere is not expected."""
    elsewhere = FakeRequest("GET", "http://other.test/x", httpx.Headers(), b"")
    fake = FakeAPI()
    assert not fake.get("/x").fits(elsewhere)
    assert fake.get("http://other.test/x").fits(elsewhere)


@pytest.mark.parametrize("path", ["users", "/users?page=1", "/{id}/{id}"])
def test_paths_that_cannot_be_read_are_refused(path: str) -> None:
    """Where they are written."""
    with pytest.raises(nk.ConfigurationError):
        FakeAPI().get(path)


def test_what_is_no_answer_is_refused() -> None:
    """Where it is scripted, and not in the midst of a test."""
    route = FakeAPI().get("/x")
    with pytest.raises(nk.ConfigurationError, match=r"write \.answers"):
        route.gives(42)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="one body too many"):
        route.answers({}, text="x")
    with pytest.raises(nk.ConfigurationError, match="one body too many"):
        route.answers(None, text="x")
    with pytest.raises(nk.ConfigurationError, match="cannot be written as JSON"):
        route.answers({1, 2})
    for status in (99, 600, "200", True):
        with pytest.raises(nk.ConfigurationError, match="status="):
            route.answers(status=status)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="write one of refused, lost"):
        route.fails("explode")  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="after="):
        route.answers(after=-1)


def test_misspelt_options_are_refused() -> None:
    """With what was meant."""
    fake = FakeAPI()
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'params'"):
        fake.get("/x", param={})  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'status'"):
        fake.get("/x").answers(stat=404)  # type: ignore[call-arg]


def test_null_is_a_body() -> None:
    """None is written as JSON; no body is what is not given."""
    route = FakeAPI().get("/x").answers(None).answers()
    first, second = route.next(asked("GET", "/x")), route.next(asked("GET", "/x"))
    assert (first.pieces, second.pieces) == ((b"null",), ())  # type: ignore[union-attr]


def test_a_body_that_is_no_json_says_so() -> None:
    """With an error of the package."""
    with pytest.raises(nk.DecodeError, match="no JSON"):
        asked("POST", "/x", content=b"{").json()
