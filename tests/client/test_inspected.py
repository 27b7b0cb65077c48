from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.inspected import looked_at, sent_for
from notebook_kit.execution.asked import SentRequest
from notebook_kit.redact import remember_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer
    from notebook_kit.execution import Run

KEY = "inspected-secret-012345"


@pytest.fixture
def client(demo: DemoServer) -> Iterator[nk.Client]:
    client = nk.Client(demo.url, headers={"x-api-key": nk.Secret(KEY)}, retry=0)
    yield client
    client.close()
    nk.forget()


def request_of(run: Run, position: int = 0) -> SentRequest:
    run.result(timeout=30)
    asked = run.inspect(position).request
    assert isinstance(asked, SentRequest)
    return asked


def test_a_request_is_made_of_its_row_again(client: nk.Client) -> None:
    """Of a row that went well the request is what the row makes, and is said to be that."""
    rows = [{"iata": "ZRH", "lang": "en"}]
    run = client.map("/airports/{iata}", rows, params={"l": nk.col("lang")}, progress=False)
    asked = request_of(run)
    assert asked.method == "GET"
    assert asked.url.endswith("/airports/ZRH?l=en")
    assert asked.params == (("l", "en"),)
    assert ("x-api-key", "****") in asked.headers
    assert asked.notes[0].startswith("Made of the row again")


def test_the_request_that_failed_is_the_one_that_was_sent(client: nk.Client) -> None:
    """An error keeps its answer, and that its request: nothing is made again."""
    asked_again: list[str] = []

    def lang(row: str) -> dict[str, str]:
        asked_again.append(row)
        return {"l": f"{len(asked_again)}"}

    run = client.map("/airports/{iata}", ["XXX"], params=lang, progress=False)
    asked = request_of(run)
    assert asked.params == (("l", "1"),)
    assert asked.notes == ()
    assert asked_again == ["XXX"]
    assert run.inspect(0).response.status_code == 404
    assert run.inspect(0).error is not None


def test_the_request_is_made_once_however_often_it_is_asked_for(client: nk.Client) -> None:
    """A user's function is called when the request is asked for first, and not again."""
    calls: list[str] = []

    def number(row: str) -> dict[str, int]:
        calls.append(row)
        return {"n": len(calls)}

    run = client.map("/airports/{iata}", ["ZRH"], params=number, progress=False)
    run.result(timeout=30)
    inspection = run.inspect(0)
    for _ in range(3):
        inspection.text()
    assert len(calls) == 2


def test_bodies_of_every_sort() -> None:
    """JSON is data, a form is names and values, text is text, and all without credentials."""
    nk.Secret("body-secret-value")

    def body(**content: Any) -> Any:
        return looked_at(httpx.Request("POST", "http://host/", **content)).body

    assert body(json={"password": "x", "n": [1, "body-secret-value"]}) == {
        "password": "****",
        "n": [1, "****"],
    }
    assert body(data={"a": "1", "token": "x"}) == {"a": "1", "token": "****"}
    assert body(data={"a": ["1", "2"]}) == {"a": ["1", "2"]}
    assert body(content=b"plain {'password': 'x'}") == "plain {'password': ****}"
    assert body(content=b"\xff\xfe") == b"\xff\xfe"
    assert body(content=b"a\0b") == b"a\0b"
    assert body() is None
    broken = {"content-type": "application/json"}
    assert body(content=b"{broken", headers=broken) == "{broken"
    assert body(content=b"[" * 100_000, headers=broken).startswith("[[")
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    assert "…" in json.dumps(body(json=deep), ensure_ascii=False)


def test_a_short_secret_is_hidden_in_its_own_field_of_a_body() -> None:
    """What is too short to be found by its value is hidden under the name it was given for."""
    remember_field("inspected-pin", nk.Secret("47-12"))
    body = {"inspected-pin": "47-12", "n": 1}
    assert looked_at(httpx.Request("POST", "http://h/", json=body)).body == {
        "inspected-pin": "****",
        "n": 1,
    }


def test_a_body_that_is_not_kept() -> None:
    """An upload is written while it is sent: its length is told, where it is known."""
    upload = looked_at(httpx.Request("POST", "http://host/", files={"f": b"abc"}))
    assert upload.body is None
    assert upload.size is not None
    assert upload.size > 3
    assert upload.notes == ("Its body is written while it is sent, and is not kept.",)

    async def pieces() -> Any:
        yield b"a"

    assert looked_at(httpx.Request("POST", "http://host/", content=pieces())).size is None
    long = looked_at(httpx.Request("POST", "http://host/", content=bytes(6_000_000)))
    assert (long.body, long.size) == (None, 6_000_000)
    assert "too long" in long.notes[0]


def test_credentials_are_in_no_part_of_it(client: nk.Client, demo: DemoServer) -> None:
    """Neither address nor headers, neither body nor repr show a key."""
    run = client.map(
        "/airports/{iata}",
        ["ZRH"],
        params={"api_key": "abc", "q": KEY},
        headers={"Cookie": "id=1", "x-echo": KEY, "Authorization": "Bearer abcdefgh"},
        auth=("user", "pass-word-0123"),
        progress=False,
    )
    asked = request_of(run)
    told = f"{asked.url} {asked.params} {asked.headers} {asked.body} {run.inspect(0)}"
    for secret in (KEY, "id=1", "abcdefgh", "pass-word-0123", "=abc"):
        assert secret not in told
    assert any("auth=" in note for note in asked.notes)


def test_what_goes_with_a_row_of_its_own(client: nk.Client) -> None:
    """A key that each row has is among the headers, also when the request is made again."""
    run = client.map("/airports/{iata}", ["ZRH"], idempotency_key=True, progress=False)
    names = [name.lower() for name, _ in request_of(run).headers]
    assert "idempotency-key" in names
    own = client.map("/airports/{iata}", ["ZRH"], idempotency_key=lambda row: "k", progress=False)
    assert "idempotency-key" not in [name.lower() for name, _ in request_of(own).headers]


def test_a_row_that_cannot_be_sent_says_why(client: nk.Client) -> None:
    """Where no request can be made, there is none, and the text says why."""
    run = client.map("/airports/{iata}", [{"iata": ""}], progress=False)
    run.result(timeout=30)
    inspection = run.inspect(0)
    assert inspection.request is None
    assert inspection.attempts.empty
    assert "What was asked cannot be shown: {iata} is empty" in inspection.text()


def test_a_cached_answer_has_no_attempt(client: nk.Client) -> None:
    """What was known is told as such, with the request that was not sent."""
    client.map("/airports/{iata}", ["GVA"], cache="1 min", progress=False).result(timeout=30)
    run = client.map("/airports/{iata}", ["GVA"], cache="1 min", progress=False)
    assert request_of(run).url.endswith("/airports/GVA")
    assert "None: the answer came from the cache." in run.inspect(0).text()


def test_the_first_of_several_requests_is_the_one_that_was_made(demo: DemoServer) -> None:
    """Behind a redirect the request of the row is told, not the last hop."""
    first = httpx.Request("GET", "http://host/a")
    hop = httpx.Response(302, request=first)
    last = httpx.Response(404, request=httpx.Request("GET", "http://host/b"), history=[hop])
    assert sent_for(last) is first
    assert sent_for(None) is None
    assert sent_for(object()) is None
    assert sent_for(httpx.Response(200)) is None


def test_retries_are_told_one_by_one(client: nk.Client, demo: DemoServer) -> None:
    """What a server that fails first did is in the table of attempts."""
    demo.switches.flaky_first_tries = 1.0
    try:
        retry = nk.Retry(max_attempts=3, base_delay=0.01)
        run = client.map("/flaky/airports/{iata}", ["ZRH"], retry=retry, progress=False)
        run.result(timeout=30)
    finally:
        demo.switches.flaky_first_tries = 0.0
    attempts = run.inspect(0).attempts
    assert len(attempts) == run.outcome(0).attempts
    assert len(attempts) > 1
    assert attempts["came"].iloc[-1] == "answered"
    assert attempts["status_code"].iloc[-1] == 200
