"""Answers that cannot be read, and answers that are pickled, give no secret away."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from IPython.core.ultratb import VerboseTB

import notebook_kit as nk
from notebook_kit.testing import FakeAPI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY: Final = nk.Secret("planted-answer/0123456789")
SHORT: Final = nk.Secret("pin7")
#: Not wrapped, and secret by the name of its field.
PLAIN: Final = "planted-by-name-4711"


@pytest.fixture
def fake() -> Iterator[FakeAPI]:
    with FakeAPI() as fake:
        fake.get("/page").answers(content=b"<html>planted-body-of-an-answer" + b"z" * 50_000)
        fake.get("/nan").answers(content=b'{"of": "planted-body-of-an-answer", "n": NaN}')
        fake.get("/lines").answers(text="planted-body-of-an-answer\n" * 3)
        fake.get("/moved").answers(status=302, headers={"location": "/page"}, text="gone")
        yield fake


@pytest.fixture
def client(fake: FakeAPI) -> Iterator[nk.Client]:
    client = nk.Client(
        fake.url.replace("://", f"://user:{PLAIN}@"),
        transport=fake,
        headers={"x-key-of-mine": KEY, "x-pin": SHORT, "x-api-key": PLAIN},
        params={"k": KEY, "pin": SHORT, "token": PLAIN},
        cookies={"c": KEY},
    )
    yield client
    client.close().wait()


def _verbose(act: Callable[[], object]) -> tuple[BaseException, str]:
    """Return what a cell raises, and what IPython's Verbose mode writes of it."""
    with pytest.raises((nk.NotebookKitError, httpx.HTTPStatusError)) as caught:
        act()
    error = caught.value
    render: Any = VerboseTB()
    return error, render.text(type(error), error, error.__traceback__)


def _awaited(client: nk.Client, path: str) -> nk.Response:
    async def ask() -> nk.Response:
        return await client.get(path)

    return asyncio.run(ask())


WAYS: Final[dict[str, Callable[[nk.Client, str], nk.Response]]] = {
    "result": lambda client, path: client.get(path).result(),
    "sync": lambda client, path: client.sync.get(path),
    "awaited": _awaited,
}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("path", ["/page", "/nan"])
@pytest.mark.parametrize("way", WAYS)
def test_frames_of_what_is_no_json_hold_nothing(
    client: nk.Client, way: str, path: str, *, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The body is in no frame of the package, however the answer was asked for."""
    monkeypatch.setattr(nk.options, "full_tracebacks", full)
    answer = WAYS[way](client, path)
    for keywords in ({}, {"parse_int": str}):
        error, told = _verbose(lambda given=keywords: answer.json(**given))  # type: ignore[misc]
        assert isinstance(error, nk.DecodeError)
        # In the words of the error stands a piece of it, on purpose.
        assert told.count("planted-body-of-an-answer") <= 2 * str(error).count("planted-body")
        assert "document" not in told or "document = " not in told
        assert len(told) < 30_000


def test_frames_of_a_stream_hold_nothing(client: nk.Client) -> None:
    """A line that is no JSON is in no frame either."""
    error, told = _verbose(lambda: list(client.stream("/lines").json_lines()))
    assert told.count("planted-body-of-an-answer") <= 2 * str(error).count("planted-body")


def test_a_status_is_raised_without_the_secrets_of_the_url(client: nk.Client) -> None:
    """`raise_for_status` quotes the URL; neither its words nor its frames show what is in it."""
    answer = client.get("/moved").result()
    error, told = _verbose(answer.raise_for_status)
    for secret in (KEY.reveal(), PLAIN, httpx.QueryParams({"k": KEY.reveal()})["k"]):
        assert secret not in told
        assert secret not in str(error)
    assert "302" in str(error)
    fine = client.get("/lines").result()
    assert fine.raise_for_status() is fine


def test_a_pickled_answer_holds_no_credential(client: nk.Client) -> None:
    """As a Secret is not pickled: of headers, parameters, cookies and the URL it has stars."""
    answer = client.get("/lines", headers={"accept": "text/x"}).result()
    for thing in (answer, answer.request, {"result": [answer]}):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            kept = pickle.dumps(thing, protocol)
            for secret in (KEY.reveal(), PLAIN, "pin7", "planted-answer", "dXNlcjpwbGFudGVk"):
                assert secret.encode() not in kept
    back = pickle.loads(pickle.dumps(answer))  # noqa: S301 - written a moment ago
    assert back.text == answer.text
    assert back.request.headers["accept"] == "text/x"
    assert back.request.headers["x-key-of-mine"] == "****"
    assert back.request.url.params["token"] == "****"
    assert repr(back.request) == repr(answer.request)


def test_a_pickled_body_holds_no_secret(fake: FakeAPI) -> None:
    """What was wrapped is struck out of it too; bytes that are no text stay what they are."""
    fake.post("/echo").answers({})
    with nk.Client(fake.url, transport=fake) as client:
        sent = client.post("/echo", json={"a": KEY, "n": 1}).request
        raw = client.post("/echo", content=b"\xff\xfe").request
    back = pickle.loads(pickle.dumps(sent))  # noqa: S301 - written a moment ago
    assert back.content == b'{"a":"****","n":1}'
    assert pickle.loads(pickle.dumps(raw)).content == b"\xff\xfe"  # noqa: S301 - as above


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_request_is_whole(client: nk.Client, make: Callable[[Any], Any]) -> None:
    """It stays in the process, and may be sent again."""
    answer = client.get("/lines").result()
    made = make(answer.request)
    assert made.headers == answer.request.headers
    assert made.url == answer.request.url
    assert made.headers is not answer.request.headers
    assert make(answer).request.headers["x-api-key"] == PLAIN
