from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx


def test_an_echo_holds_the_request_as_it_arrived(api: httpx.Client) -> None:
    """Path and query undecoded, header fields one by one, the body as text and as bytes."""
    body = b"\x00\xff text"
    answer = api.request(
        "PATCH",
        "/echo/a%2Fb%20c/%2e%2e?x=%20y&x=1+2",
        content=body,
        headers=[("x-twice", "1"), ("x-twice", "2")],
    ).json()
    assert answer["method"] == "PATCH"
    assert answer["path"].startswith("/echo/a%2Fb%20c/")
    assert answer["query"] == "x=%20y&x=1+2"
    assert [value for name, value in answer["headers"] if name == "x-twice"] == ["1", "2"]
    assert base64.b64decode(answer["body_base64"]) == body
    assert answer["body"].endswith(" text")
    assert answer["http_version"] == "1.1"


def test_a_body_that_is_too_large_is_413(api: httpx.Client) -> None:
    """Nobody can fill the memory of the notebook that runs the demo."""
    answer = api.post("/echo", content=b"x" * (16 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("code", [200, 201, 204, 205, 301, 304, 404, 418, 429, 500, 503, 599])
def test_any_status_can_be_had(api: httpx.Client, code: int) -> None:
    """With a body where the code allows one, on one and the same connection."""
    answer = api.get(f"/status/{code}")
    assert answer.status_code == code
    assert answer.content == b"" if code in {204, 205, 304} else answer.json() == {"status": code}


def test_a_status_may_carry_retry_after(api: httpx.Client) -> None:
    """For clients that wait; codes that end no request are refused."""
    assert api.post("/status/503?retry_after=7").headers["retry-after"] == "7"
    assert [api.get(f"/status/{code}").status_code for code in (100, 600)] == [400, 400]


def test_a_slow_answer_takes_as_long_as_asked(api: httpx.Client) -> None:
    """Not less."""
    start = time.monotonic()
    assert api.get("/slow?seconds=0.1").json() == {"seconds": 0.1}
    assert time.monotonic() - start >= 0.1


@pytest.mark.parametrize("count", [0, 1, 65_536, 200_001])
def test_bytes_are_counted_out(api: httpx.Client, count: int) -> None:
    """As many as asked for, from 0 to 255 over and over, with their length told."""
    answer = api.get(f"/bytes/{count}")
    assert answer.headers["content-length"] == str(count)
    assert answer.content == (bytes(range(256)) * (count // 256 + 1))[:count]


def test_too_many_bytes_are_refused(api: httpx.Client) -> None:
    """Status 400 with the limit."""
    assert "268435456" in api.get("/bytes/268435457").json()["error"]["message"]


def test_a_compressed_answer_is_compressed(api: httpx.Client) -> None:
    """It is smaller on the wire than its text, and says how it was made."""
    answer = api.get("/gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["gzipped"] is True
    assert int(answer.headers["content-length"]) < len(answer.content)


def test_redirects_lead_to_the_end(api: httpx.Client) -> None:
    """As many as asked for, of the kind asked for."""
    answer = api.get("/redirect/3?status=307", follow_redirects=True)
    assert answer.json() == {"redirected": True}
    assert [step.status_code for step in answer.history] == [307, 307, 307]
    assert [api.get(path).status_code for path in ("/redirect/101", "/redirect/1?status=304")] == [
        400,
        400,
    ]


def test_cookies_are_set_and_come_back(api: httpx.Client) -> None:
    """Several at once; a value that would break the header is refused."""
    assert api.get("/cookies/set?flavour=oat&size=2").json() == {
        "set": {"flavour": "oat", "size": "2"}
    }
    assert api.get("/cookies").json() == {"cookies": {"flavour": "oat", "size": "2"}}
    assert api.get("/cookies/set?flavour=a;b").status_code == 400
