"""What is given where an endpoint is unavailable: a mirror, a kept answer, a value."""

from __future__ import annotations

import asyncio
import copy
import math
import pickle
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer, reset_before_headers
from tests.client.kept import QUICK, Hand, both_transports, client_of, counting, numbered
from tests.client.origins import Origin, comes_true, refusal
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.testing import Behaviour, ReceivedRequest

KEY: Final = nk.Secret("home-0123456789")
FACES: Final = ["await", "result", "block", "map"]


class Down(Origin):
    """A server that is unavailable."""

    def __init__(self, status: int = 503) -> None:
        super().__init__(lambda _number, _: answer(status=status))


def asked(client: nk.Client, face: str, path: str = "/x") -> tuple[Any, str]:
    """Ask in one of the ways there are; return what came, as JSON, and where from."""
    if face == "map":
        frame = client.map("/{it}", [path.removeprefix("/")], progress=False).result()
        assert frame["status"].tolist() == ["ok"]
        assert frame["error"].isna().all()
        return frame["result"][0], frame["source"][0]
    if face == "block":
        with client as api:
            response = api.get(path)
    elif face == "await":

        async def main() -> nk.Response:
            return await client.get(path)

        response = asyncio.run(main())
    else:
        response = client.get(path).result()
    return response.json(), response.source


@pytest.fixture
def down() -> Iterator[Origin]:
    with Down() as origin:
        yield origin


@pytest.fixture
def mirror() -> Iterator[Origin]:
    with counting() as origin:
        yield origin


# The three, on both faces and both transports


@both_transports
@pytest.mark.parametrize("face", FACES)
def test_another_server(down: Origin, mirror: Origin, face: str, transport: str) -> None:
    """When the tries are over, the mirror is asked, once."""
    client = client_of(f"{down.url}/v1", transport, fallback=f"{mirror.url}/other/v2")
    assert asked(client, face) == ({"n": 1}, "fallback")
    client.close()
    assert down.count == 3
    assert [request.target for request in mirror.requests] == ["/other/v2/x"]


@both_transports
@pytest.mark.parametrize("face", FACES)
def test_a_stale_answer(face: str, transport: str) -> None:
    """An answer that is too old to be given again will do when there is no other."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else reset_before_headers()

    with Origin(rule) as origin:
        fallback = nk.Fallback(stale="1 day")
        client = client_of(origin.url, transport, cache="5 min", fallback=fallback)
        hand = Hand(client)
        client.get("/x").result()
        hand.move(86_000)
        assert asked(client, face) == ({"n": 1}, "fallback")
        client.close()
    assert origin.count == 4


@both_transports
@pytest.mark.parametrize("face", FACES)
def test_a_value(down: Origin, face: str, transport: str) -> None:
    """A value is the answer of a call, and the result of a row."""
    fallback = nk.Fallback(value={"city": None})
    client = client_of(down.url, transport, fallback=fallback)
    assert asked(client, face) == ({"city": None}, "fallback")
    client.close()
    assert down.count == 3


@pytest.mark.parametrize("face", FACES)
def test_a_value_that_json_does_not_have(down: Origin, face: str) -> None:
    """NaN and infinities stand for what is missing: they come back as they were given."""
    value = {"mean": math.nan, "range": [-math.inf, math.inf]}
    client = client_of(down.url, retry=0, fallback=nk.Fallback(value=value))
    came, source = asked(client, face)
    assert source == "fallback"
    assert math.isnan(came["mean"])
    assert came["range"] == [-math.inf, math.inf]
    client.close()


def test_several_are_tried_in_order(down: Origin) -> None:
    """A mirror that is down too, a kept answer that is not there, a value that holds."""
    with Down(500) as other:
        client = client_of(
            down.url,
            cache="5 min",
            fallback=[other.url, nk.Fallback(stale="1 day"), nk.Fallback(value=[])],
        )
        for face in FACES[:2] + FACES[3:]:
            assert asked(client, face) == ([], "fallback")
        client.close()
        assert other.count == 3


# What the answer says


def test_the_answer_says_so(down: Origin, mirror: Origin) -> None:
    """In its repr and its HTML, and with the error that led there."""
    with client_of(down.url, fallback=mirror.url) as api:
        response = api.get("/x")
    assert response.source == "fallback"
    assert isinstance(response.fallback_of, nk.ServerError)
    assert response.fallback_of.attempts == 3
    assert response.fallback_of.__traceback__ is None
    assert "from the fallback" in repr(response)
    assert "answered 503" in response._repr_html_()
    assert str(response.url).startswith(mirror.url)
    twin = pickle.loads(pickle.dumps(response))  # noqa: S301 - its own
    assert twin.source == "fallback"


def test_the_frame_says_so(down: Origin, mirror: Origin) -> None:
    """The row is good, and its tries are counted, that of the mirror too."""
    with client_of(down.url, fallback=mirror.url) as api:
        run = api._client.map("/{it}", ["a", "b"], progress=False)
        frame = run.result()
    assert frame["source"].tolist() == ["fallback"] * 2
    assert frame["status"].tolist() == ["ok"] * 2
    assert frame["attempts"].tolist() == [4, 4]
    assert frame["status_code"].tolist() == [200, 200]
    assert (frame["network_s"] > 0).all()
    assert run.snapshot().ok == 2
    assert not run.snapshot().errors
    assert len(run.errors) == 0
    assert (run.summary().fallbacks, run.summary().reused) == (2, 0)
    assert "2 fallbacks" in repr(run.summary())


def test_a_value_is_no_try(down: Origin) -> None:
    """Nothing was sent for it, and it has no status."""
    fallback = nk.Fallback(value=0)
    with client_of(down.url, fallback=fallback) as api:
        frame = api.map("/{it}", ["a"], progress=False)
    assert frame["attempts"].tolist() == [3]
    assert frame["status_code"].isna().all()


def test_each_has_a_value_of_its_own(down: Origin) -> None:
    """What one does with it, the others do not see."""
    given: dict[str, list[int]] = {"seen": []}
    with client_of(down.url, fallback=nk.Fallback(value=given)) as api:
        results = api.map("/{it}", ["a", "b"], progress=False)["result"]
    results[0]["seen"].append(1)
    assert results[1] == {"seen": []} == given


def test_a_row_may_have_the_whole_answer(down: Origin, mirror: Origin) -> None:
    """`parse="response"` gives the mirror's, with the error that led there."""
    with client_of(down.url, fallback=mirror.url) as api:
        response = api.map("/{it}", ["a"], parse="response", progress=False)["result"][0]
    assert response.source == "fallback"
    assert isinstance(response.fallback_of, nk.ServerError)


def test_what_fell_back_is_not_kept(mirror: Origin) -> None:
    """As soon as the server is back, it is asked again."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return answer(status=503) if number == 1 else numbered(number, request)

    with (
        Origin(rule) as origin,
        client_of(origin.url, cache="5 min", retry=0, fallback=mirror.url) as api,
    ):
        assert [api.get("/x").source for _ in range(3)] == ["fallback", "network", "cache"]


# When


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422, 425])
def test_a_request_that_is_wrong_is_wrong_everywhere(mirror: Origin, status: int) -> None:
    """Other errors of 4xx stay, in calls and maps."""
    with Down(status) as origin:
        client = client_of(origin.url, fallback=mirror.url)
        with pytest.raises(nk.APIError) as caught:
            client.get("/x").result()
        assert not hasattr(caught.value, "__notes__")
        frame = client.map("/{it}", ["x"], progress=False).result()
        assert frame["status_code"].tolist() == [status]
        client.close()
    assert mirror.count == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_statuses_of_a_server_that_is_unavailable(mirror: Origin, status: int) -> None:
    """5xx, and 429 when the tries are over."""
    with Down(status) as origin:
        client = client_of(origin.url, retry=0, fallback=mirror.url)
        assert client.get("/x").result().source == "fallback"
        assert asked(client, "map")[1] == "fallback"
        client.close()


def test_nobody_listens(mirror: Origin) -> None:
    """A connection that is refused leads to the mirror, for a POST too: it was surely not sent."""
    with socket.socket() as closed:
        # Bound and not listening: who connects is refused.
        closed.bind(("127.0.0.1", 0))
        client = client_of(f"http://127.0.0.1:{closed.getsockname()[1]}", fallback=mirror.url)
        assert client.post("/x", json={"a": 1}).result().source == "fallback"
        frame = client.map("/{it}", ["y"], method="POST", json={"b": 2}, progress=False).result()
        assert frame["source"].tolist() == ["fallback"]
        client.close()
    assert [request.body for request in mirror.requests] == [b'{"a":1}', b'{"b":2}']


@at_any_pace
def test_a_time_limit(pace: float, mirror: Origin) -> None:
    """A server that does not answer in time is unavailable."""
    with Origin(lambda _number, _: nk.testing.never_answer()) as origin:
        client = client_of(origin.url, retry=0, attempt_timeout=0.1 * pace, fallback=mirror.url)
        assert client.get("/x").result().source == "fallback"
        assert asked(client, "map")[1] == "fallback"
        client.close()


def test_when_the_time_of_a_row_is_over_no_mirror_is_asked(mirror: Origin) -> None:
    """What needs no time is still given."""
    with Origin(lambda _number, _: nk.testing.never_answer()) as origin:
        client = client_of(origin.url, fallback=[mirror.url, nk.Fallback(value=1)])
        frame = client.map("/{it}", ["x"], item_timeout=0.1, progress=False).result()
        assert frame["source"].tolist() == ["fallback"]
        assert frame["result"].tolist() == [1]
        client.close()
    assert mirror.count == 0


@at_any_pace
def test_a_mirror_that_is_silent_is_cut_off(pace: float, down: Origin) -> None:
    """The limits of an attempt and of a row hold for the mirror too."""
    with Origin(lambda _number, _: nk.testing.never_answer()) as silent:
        client = client_of(down.url, retry=0, fallback=[silent.url, nk.Fallback(value=1)])
        for limit in ("attempt_timeout", "item_timeout"):
            options: Any = {limit: 0.2 * pace}
            frame = client.map("/{it}", ["x"], progress=False, **options).result(timeout=60)
            assert frame["result"].tolist() == [1]
        assert client.get("/x", attempt_timeout=0.2 * pace).result(timeout=60).json() == 1
        client.close()
    assert silent.count == 3


def test_an_open_breaker_leads_to_the_fallback_at_once(down: Origin, mirror: Origin) -> None:
    """Nothing is sent to the server, and rows do not wait for it."""
    breaker = nk.Breaker(failure_threshold=2, reset_timeout="1 h")
    client = client_of(down.url, retry=0, breaker=breaker, fallback=mirror.url)
    for _ in range(5):
        assert client.get("/x").result().source == "fallback"
    assert down.count == 2
    run = client.map("/{it}", ["x"] * 20, progress=False)
    frame = run.result(timeout=20)
    assert set(frame["source"]) == {"fallback"}
    assert set(frame["attempts"]) == {1}
    assert down.count == 2
    client.close()


def test_a_row_without_a_fallback_waits_for_the_breaker(down: Origin) -> None:
    """Where no stale answer is kept the row waits for its server, as it would have done."""
    statuses = {"down": True}

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return answer(status=500) if statuses["down"] else numbered(number, request)

    with Origin(rule) as origin:
        breaker = nk.Breaker(failure_threshold=1, reset_timeout=0.3)
        fallback = nk.Fallback(stale="1 day")
        client = client_of(origin.url, retry=0, breaker=breaker, cache="5 min", fallback=fallback)
        with pytest.raises(nk.ServerError):
            client.get("/x").result()
        statuses["down"] = False
        frame = client.map("/{it}", ["a", "b"], progress=False).result(timeout=20)
        assert frame["source"].tolist() == ["network"] * 2
        client.close()


def test_no_fallback_for_what_cannot_be_sent(mirror: Origin, down: Origin) -> None:
    """A row that is no request is that row's error."""
    with client_of(down.url, fallback=mirror.url) as api:
        frame = api.map("/{it}", [None], progress=False)
    assert frame["error_type"].tolist() == ["ConfigurationError"]
    assert mirror.count == down.count == 0


def test_no_fallback_for_an_answer_that_cannot_be_read(mirror: Origin) -> None:
    """A body that is no JSON came, and is what it is."""
    with Origin(lambda _number, _: answer("no json {")) as origin:
        client = client_of(origin.url, fallback=mirror.url)
        frame = client.map("/{it}", ["x"], parse="json", progress=False).result()
        assert frame["error_type"].tolist() == ["DecodeError"]
        client.close()
    assert mirror.count == 0


def test_who_cancels_wants_nothing_else(mirror: Origin) -> None:
    """Neither a call nor a run that is cancelled falls back."""
    with Origin(lambda _number, _: nk.testing.never_answer()) as origin:

        async def main() -> None:
            async with client_of(origin.url, fallback=mirror.url) as client:
                waiting = asyncio.ensure_future(client.get("/x").send())
                run = client.map("/{it}", ["y"], progress=False)
                assert await asyncio.to_thread(comes_true, lambda: origin.count == 2)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
                run.cancel()
                assert (await run)["status"].tolist() == ["cancelled"]

        asyncio.run(main())
    assert mirror.count == 0


# For what


@pytest.mark.parametrize(
    ("method", "elsewhere"), [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False)]
)
def test_only_what_may_be_repeated_goes_elsewhere(
    mirror: Origin,
    method: str,
    elsewhere: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """A POST that may have been processed is not sent to another server."""
    with Down(500) as origin:
        client = client_of(origin.url, retry=0, fallback=mirror.url)
        if elsewhere:
            assert client.request(method, "/x").result().source == "fallback"
        else:
            with pytest.raises(nk.ServerError):
                client.request(method, "/x").result()
        frame = client.map("/{it}", ["x"], method=method, progress=False).result()
        assert frame["status"].tolist() == ["ok" if elsewhere else "failed"]
        client.close()
    assert mirror.count == 2 * elsewhere


def test_a_post_that_was_refused_goes_elsewhere(mirror: Origin) -> None:
    """It was surely not processed; nor does it matter where the user says that it is safe."""
    with Origin(lambda _number, _: refusal(0.01)) as origin:
        retry = nk.Retry(max_attempts=1, max_refusals=0)
        client = client_of(origin.url, retry=retry, fallback=mirror.url)
        assert client.post("/x").result().source == "fallback"
        client.close()
    with Down(500) as origin:
        retry = nk.Retry(max_attempts=1, unsafe=True)
        client = client_of(origin.url, retry=retry, fallback=mirror.url)
        assert client.post("/x").result().source == "fallback"
        client.close()


@pytest.mark.parametrize("writes", [False, True])
def test_a_value_for_what_writes_is_asked_for(*, writes: bool, down: Origin) -> None:
    """A POST that failed is not made good by a default, unless the user says so."""
    client = client_of(down.url, retry=0, fallback=nk.Fallback(value=0, writes=writes))
    frame = client.map("/{it}", ["x"], method="POST", progress=False).result()
    assert frame["status"].tolist() == ["ok" if writes else "failed"]
    client.close()


def test_a_stale_answer_to_a_post_that_reads() -> None:
    """What `cache=True` keeps may be given when it is old."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else answer(status=500)

    with Origin(rule) as origin:
        fallback = nk.Fallback(stale="1 day")
        client = client_of(origin.url, cache="5 min", fallback=fallback, retry=0)
        hand = Hand(client)
        client.post("/x", json=1, cache=True).result()
        hand.move(600)
        assert client.post("/x", json=1, cache=True).result().json() == {"n": 1}
        with pytest.raises(nk.ServerError):
            client.post("/x", json=1).result()
        hand.move(86_400)
        with pytest.raises(nk.ServerError) as caught:
            client.post("/x", json=1, cache=True).result()
        assert "at most 86400 s old" in caught.value.__notes__[0]
        client.close()


def test_a_body_that_was_read_cannot_go_elsewhere(mirror: Origin) -> None:
    """An async generator is sent once."""

    async def pieces() -> Any:
        yield b"once"

    with Down(503) as origin:
        client = client_of(origin.url, fallback=mirror.url)
        with pytest.raises(nk.ServerError) as caught:
            client.put("/x", content=pieces()).result()
        assert "cannot be made again" in caught.value.__notes__[0]
        client.close()
    assert mirror.count == 0


# Credentials


def test_credentials_stay_at_home(down: Origin, mirror: Origin) -> None:
    """Of the client and of the call: headers, parameters, cookies, users; its own go there."""
    client = client_of(
        down.url,
        headers={"x-api-key": KEY, "x-plain": "1"},
        params={"api_key": KEY, "v": "2"},
        cookies={"session": "home-cookie"},
        auth=("user", "home-password"),
        retry=0,
        fallback=nk.Fallback(base_url=mirror.url, headers={"authorization": "Bearer mirror"}),
    )
    more: Any = {"headers": {"x-own": nk.Secret("home-own"), "x-said": "3"}, "params": {"q": "ä%"}}
    client.get("/x", **more).result()
    client.map("/{it}", ["x"], progress=False, **more).result()
    client.close()
    assert mirror.count == 2
    for request in mirror.requests:
        assert b"home-" not in request.head
        assert request.header("authorization") == b"Bearer mirror"
        assert request.header("x-plain") == b"1"
        assert request.header("x-said") == b"3"
        assert request.header("host") == mirror.url.removeprefix("http://").encode()
        assert request.target == "/x?v=2&q=%C3%A4%25"


user: ContextVar[str] = ContextVar("user")


def _signed(request: httpx.Request) -> httpx.Request:
    request.headers["x-user"] = user.get()
    return request


@pytest.mark.parametrize("face", ["call", "map"])
def test_on_the_same_server_each_has_what_is_given_to_him(face: str) -> None:
    """Who asks is known there too: by what the client writes, or by ``auth=`` of his own."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        if request.target.startswith("/v1"):
            return answer(status=503)
        return answer(request.header("authorization") or request.header("x-user") or b"")

    def ask(**options: Any) -> str:
        if face == "map":
            run = client.map("/{it}", ["me"], parse="text", progress=False, **options)
            text: str = run.result()["result"][0]
            return text
        return client.get("/me", **options).result().text

    with Origin(rule) as origin:
        url = f"{origin.url}/v1"
        client = nk.Client(url, auth=_signed, cache="5 min", retry=0, fallback=f"{origin.url}/v2")
        for name in ("anna", "bert"):
            user.set(name)
            assert ask() == name
        assert ask(auth=("carl", "pw")) == "Basic Y2FybDpwdw=="
        client.close()


def test_what_asks_for_another_target_has_no_other_server(mirror: Origin) -> None:
    """Its URL does not say what is asked for, and the mirror is asked by URLs."""
    with Down() as down:
        client = client_of(down.url, fallback=mirror.url, retry=0)
        with pytest.raises(nk.ServerError):
            client.get("/x", extensions={"target": b"/y"}).result()
        client.close()
    assert mirror.count == 0


def test_another_path_of_the_same_server_is_the_same_origin(down: Origin) -> None:
    """Credentials go there, for it is who they were given for."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        return answer(status=503) if request.target.startswith("/v1/") else None

    with Origin(rule) as origin:
        client = client_of(
            f"{origin.url}/v1",
            headers={"x-api-key": KEY},
            auth=("user", "password"),
            params={"token": KEY},
            retry=0,
            fallback=f"{origin.url}/v2/",
        )
        client.get("/x").result()
        client.close()
        first, second = origin.requests
    for name in ("x-api-key", "authorization"):
        assert second.header(name) == first.header(name)
    assert second.target == first.target.replace("/v1/", "/v2/")


def test_a_mirrors_key_is_never_shown(down: Origin) -> None:
    """Not in the policy's repr, nor in what is said when it fails."""
    fallback = nk.Fallback(
        base_url="http://user:mirror-password@127.0.0.1:1", headers={"x-api-key": KEY}
    )
    assert "mirror-password" not in repr(fallback)
    assert "home-" not in repr(fallback)
    client = client_of(down.url, retry=0, fallback=fallback)
    with pytest.raises(nk.ServerError) as caught:
        client.get("/x").result()
    assert "mirror-password" not in caught.value.__notes__[0]
    client.close()


def test_a_call_to_somewhere_else_has_no_mirror(down: Origin, mirror: Origin) -> None:
    """The mirror is one of the base URL, and of nothing else."""
    with Down() as other:
        client = client_of(down.url, retry=0, fallback=mirror.url)
        with pytest.raises(nk.ServerError) as caught:
            client.get(f"{other.url}/x").result()
        assert "not one for the base URL" in caught.value.__notes__[0]
        client.close()
    assert mirror.count == 0


# When that fails too


def test_the_first_error_is_the_one_that_counts(down: Origin) -> None:
    """With a note of what became of the fallback, in calls and rows."""
    with Down(500) as other:
        client = client_of(down.url, fallback=other.url)
        with pytest.raises(nk.ServerError) as caught:
            client.get("/x").result()
        assert caught.value.status_code == 503
        assert caught.value.attempts == 3
        assert "The fallback failed too" in caught.value.__notes__[0]
        assert f"{other.url}: ServerError" in caught.value.__notes__[0]
        run = client.map("/{it}", ["x"], progress=False)
        frame = run.result()
        assert frame["status"].tolist() == ["failed"]
        assert frame["source"].tolist() == ["network"]
        assert frame["attempts"].tolist() == [4]
        assert "503" in frame["error"][0]
        error: Any = run.outcome(0).error
        assert "ServerError" in error.__notes__[0]
        assert error.attempts == 4
        client.close()
        assert other.count == 2


def test_a_mirror_that_is_too_busy_is_asked_again(down: Origin) -> None:
    """What it turns away it is asked for when it says so."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return refusal(0.05) if number <= 2 else numbered(number, request)

    with Origin(rule) as busy:
        client = client_of(down.url, retry=nk.Retry(max_attempts=1), fallback=busy.url)
        assert client.get("/x").result().json() == {"n": 3}
        client.close()


def test_who_counts_errors_counts_no_rescued_rows(down: Origin) -> None:
    """`max_errors`, `on_error="raise"` and `fail_fast` look at rows that have failed."""
    client = client_of(down.url, retry=0, fallback=nk.Fallback(value=0))
    frame = client.map(
        "/{it}", list("abcdefgh"), max_errors=0, on_error="raise", progress=False
    ).result()
    assert frame["source"].tolist() == ["fallback"] * 8
    client.close()


def test_failures_count_for_the_breaker_all_the_same(down: Origin) -> None:
    """The server has failed, whatever was found instead."""
    breaker = nk.Breaker(failure_threshold=3, reset_timeout="1 h")
    client = client_of(down.url, retry=0, breaker=breaker, fallback=nk.Fallback(value=0))
    frame = client.map("/{it}", list(range(30)), max_concurrency=1, progress=False).result()
    assert set(frame["source"]) == {"fallback"}
    assert down.count == 3
    client.close()


def test_those_who_wait_share_the_mirrors_answer(mirror: Origin) -> None:
    """With a cache, the mirror is asked once however many want it."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, retry=0, cache="5 min", fallback=mirror.url) as client:
            answers = await asyncio.gather(*(client.get("/x").send() for _ in range(5)))
            assert {it.source for it in answers} == {"fallback"}
            assert origin.count == 1
            assert mirror.count == 1

    with Origin(lambda _number, _: answer(status=503, delay_s=0.1)) as origin:
        asyncio.run(main(origin))


def test_a_mirrors_answer_has_the_same_bound(down: Origin) -> None:
    """What a call, or a map, may take of its server it may take of the mirror, and no more."""
    with (
        Origin(lambda _number, _: answer(b"x" * 3_000)) as large,
        client_of(down.url, retry=0, fallback=large.url, max_body="2 kB") as api,
    ):
        with pytest.raises(nk.ServerError) as caught:
            api.get("/x")
        assert "TooLarge" in str(caught.value.__notes__)
        assert len(api.get("/x", max_body="3 kB").content) == 3_000
        options: dict[str, Any] = {"parse": "bytes", "progress": False}
        frame = api.map("/{it}", ["x"], max_body="3 kB", **options)
        assert frame["source"].tolist() == ["fallback"]
        assert api.map("/{it}", ["x"], **options)["status"].tolist() == ["failed"]


# Options of a map


def test_a_map_has_its_own(down: Origin, mirror: Origin) -> None:
    """Instead of the client's, or none at all."""
    client = client_of(down.url, retry=0, fallback=mirror.url)
    options: list[tuple[Any, Any]] = [
        (None, [{"n": 1}]),
        (nk.Fallback(value=object), [object]),
        (False, [None]),
    ]
    for fallback, result in options:
        run = client.map("/{it}", ["x"], fallback=fallback, progress=False)
        assert run.result()["result"].tolist() == result
    client.close()


def test_equal_rows_have_the_same_fallback(down: Origin) -> None:
    """With `dedupe`, it is said to be one for each."""
    with client_of(down.url, retry=0, fallback=nk.Fallback(value=0)) as api:
        frame = api.map("/{it}", ["x", "x"], dedupe=True, progress=False)
    assert frame["source"].tolist() == ["fallback"] * 2
    assert down.count == 1


def test_what_fell_back_is_sent_again_by_a_later_run(down: Origin, tmp_path: Any) -> None:
    """A checkpoint does not take a fallback for an answer."""
    file = tmp_path / "run.db"
    with client_of(down.url, retry=0) as api:
        options: Any = {"checkpoint": file, "progress": False}
        first = api.map("/{it}", ["x"], fallback=nk.Fallback(value=0), **options)
        again = api.map("/{it}", ["x"], **options)
    assert first["source"].tolist() == ["fallback"]
    assert again["status"].tolist() == ["failed"]
    assert down.count == 2


@pytest.mark.parametrize(
    ("fallback", "said"),
    [
        ("mirror.example.com", "no base URL"),
        ({"value": 1}, "no base URL and no nk.Fallback"),
        ("http://host/v1/", "is the base_url of the client itself"),
        (nk.Fallback(stale="1 day"), "add cache="),
        (nk.Fallback(value=object()), "cannot be written as JSON"),
        (nk.Fallback(base_url="https://other", headers={"x": "a\n"}), "line break"),
        (nk.Fallback(base_url="https://other?x=1"), "holds a query"),
        ([nk.Fallback(value=1), "https://other"], "never reached"),
        ([], "holds nothing"),
    ],
)
def test_a_fallback_that_cannot_work_is_refused(fallback: Any, said: str) -> None:
    """When the client is made, with what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host/v1", fallback=fallback)


def test_a_fallback_that_cannot_work_for_a_map_is_refused() -> None:
    """Before anything is sent."""
    client = nk.Client("http://host/v1")
    fallbacks: list[Any] = ["http://host/v1", nk.Fallback(stale=60), 7]
    for fallback in fallbacks:
        with pytest.raises(nk.ConfigurationError, match="fallback"):
            client.map("/{it}", [1], fallback=fallback)
    client.close()
    client = nk.Client()
    with pytest.raises(nk.ConfigurationError, match="it has none"):
        client.map("http://host/{it}", [1], fallback="http://other")
    client.close()


def test_a_policy_is_a_plain_value() -> None:
    """It can be compared, copied and pickled."""
    policies: list[Any] = [
        nk.Cache("5 min", stale="1 day"),
        nk.Fallback(base_url="https://other", headers={"a": "b"}),
        nk.Fallback(value=None),
    ]
    for policy in policies:
        assert copy.copy(policy) == policy
        assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 - its own
    assert QUICK.max_attempts == 3


# What was processed, and what adds credentials by itself


def crashing(number: int, _: ReceivedRequest) -> Behaviour:
    """Process the first request of two without an answer, and refuse the second."""
    return reset_before_headers() if number % 2 else answer(status=429)


@pytest.mark.parametrize("face", ["result", "map"])
def test_what_was_perhaps_processed_once_does_not_go_elsewhere(mirror: Origin, face: str) -> None:
    """A key makes a POST safe to repeat at its own server, and not at another one."""
    retry = nk.Retry(max_attempts=3, base_delay=0, max_refusals=0)
    with Origin(crashing) as origin:
        client = client_of(origin.url, retry=retry, fallback=mirror.url)
        if face == "map":
            frame = client.map(
                "/{it}", ["x"], method="POST", idempotency_key=True, progress=False
            ).result()
            assert frame["status"].tolist() == ["failed"]
        else:
            with pytest.raises(nk.NotebookKitError):
                client.post("/x", idempotency_key=True).result()
        client.close()
        assert origin.count > 1
    assert mirror.count == 0


def test_what_was_surely_never_processed_goes_elsewhere_with_its_key(mirror: Origin) -> None:
    """No attempt of a POST found anybody who listened, so that it may go to another server."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client = client_of(f"http://127.0.0.1:{closed.getsockname()[1]}", fallback=mirror.url)
        answered = client.post("/x", idempotency_key=True).result()
        client.close()
    assert answered.source == "fallback"
    assert isinstance(answered.fallback_of, nk.RequestError)
    assert answered.fallback_of.attempts > 1
    assert mirror.count == 1


@pytest.mark.parametrize(
    "options",
    [
        {"auth": ("me", "home-0123456789")},
        {"headers": {"authorization": "Bearer home-0123456789"}},
        {"headers": {"x-api-key": "home-0123456789"}},
        {"cookies": {"session": "home-0123456789"}},
    ],
    ids=["auth", "bearer", "key", "cookie"],
)
def test_credentials_of_a_lent_client_stay_at_home(
    down: Origin, mirror: Origin, options: dict[str, Any]
) -> None:
    """What a client of the caller's adds to each of its requests is not for a mirror."""
    lent = httpx.AsyncClient(base_url=down.url, **options)
    fallback = nk.Fallback(base_url=mirror.url, headers={"x-mirror-key": "mirror-0123456789"})
    client = nk.Client(http_client=lent, retry=QUICK, fallback=fallback)
    assert client.get("/x").result().source == "fallback"
    client.close()
    assert {"authorization", "x-api-key", "cookie"} & header_names(down)
    assert not {"authorization", "x-api-key", "cookie"} & header_names(mirror)
    assert mirror.requests[0].header("x-mirror-key") == b"mirror-0123456789"


def header_names(origin: Origin) -> set[str]:
    return {name.decode().lower() for name, _ in origin.requests[0].headers}


def test_no_mirror_where_a_lent_client_adds_a_key_to_the_url(down: Origin, mirror: Origin) -> None:
    """A parameter that is a credential cannot be taken off, so nothing is sent."""
    lent = httpx.AsyncClient(base_url=down.url, params={"api_key": "home-0123456789"})
    client = nk.Client(http_client=lent, retry=QUICK, fallback=mirror.url)
    with pytest.raises(nk.ServerError) as caught:
        client.get("/x").result()
    client.close()
    assert "would carry a credential there" in caught.value.__notes__[0]
    assert mirror.count == 0


@pytest.mark.parametrize("face", ["result", "map"])
def test_a_shorter_time_in_the_cache_leaves_a_stale_answer_its_own(face: str) -> None:
    """A call or a map with a time of its own keeps as long as the fallback may need it."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else answer(status=503)

    with Origin(rule) as origin:
        client = client_of(origin.url, cache="5 min", fallback=nk.Fallback(stale="1 day"))
        hand = Hand(client)
        if face == "map":
            client.map("/{it}", ["x"], cache="1 min", progress=False).result()
        else:
            client.get("/x", cache="1 min").result()
        hand.move(3600)
        assert asked(client, face) == ({"n": 1}, "fallback")
        client.close()


# One call's own


@pytest.mark.parametrize("face", ["await", "result", "block"])
def test_a_call_has_its_own(down: Origin, mirror: Origin, face: str) -> None:
    """It takes the place of the client's, and False is none."""
    client = client_of(down.url, fallback=nk.Fallback(value={"n": "client's"}))

    def ask(fallback: Any) -> nk.Response:
        if face == "block":
            with client_of(down.url, fallback=nk.Fallback(value=0)) as api:
                return api.get("/x", fallback=fallback)
        if face == "result":
            return client.get("/x", fallback=fallback).result()

        async def main() -> nk.Response:
            return await client.get("/x", fallback=fallback)

        return asyncio.run(main())

    answered = ask(mirror.url)
    assert (answered.json(), answered.source) == ({"n": 1}, "fallback")
    assert isinstance(answered.fallback_of, nk.ServerError)
    assert ask(nk.Fallback(value={"n": "own"})).json() == {"n": "own"}
    with pytest.raises(nk.ServerError):
        ask(fallback=False)
    client.close()


def test_a_call_has_one_although_the_client_has_none(down: Origin, mirror: Origin) -> None:
    """Each time that it is sent; and nothing is said of it where the endpoint is there."""
    with client_of(down.url) as api:
        assert api.get("/x", fallback=[mirror.url, nk.Fallback(value=0)]).source == "fallback"
        with pytest.raises(nk.ServerError):
            api.get("/x")
    with client_of(mirror.url) as api:
        assert api.get("/x", fallback=nk.Fallback(value=0)).source == "network"


def test_a_call_keeps_its_answer_as_long_as_its_own_fallback_may_need_it() -> None:
    """A stale answer is given by a call that says so, and only where answers are kept."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else answer(status=503)

    with Origin(rule) as origin:
        client = client_of(origin.url, cache=60)
        hand = Hand(client)
        stale = nk.Fallback(stale="1 day")
        assert client.get("/x", fallback=stale).result().source == "network"
        hand.move(600)
        answered = client.get("/x", fallback=stale).result()
        assert (answered.json(), answered.source) == ({"n": 1}, "fallback")
        with pytest.raises(nk.ConfigurationError, match="gives answers that are kept"):
            client.get("/x", fallback=stale, cache=False)
        client.close()


def test_a_fallback_of_a_call_that_cannot_work() -> None:
    """It is refused when the call is made."""
    client = client_of("http://127.0.0.1:9")
    wrong: list[tuple[Any, str]] = [(7, "fallback=7"), (client.base_url, "is the base_url")]
    for fallback, said in wrong:
        with pytest.raises(nk.ConfigurationError, match=said):
            client.get("/x", fallback=fallback)
    with pytest.raises(nk.ConfigurationError, match="Nothing stands in for a stream"):
        client.stream("/x", fallback="http://127.0.0.1:10")
    client.close()


def test_a_fallback_of_an_endpoint(down: Origin, mirror: Origin) -> None:
    """`with_options` gives it to calls and to maps."""

    class Api(nk.Client):
        @nk.endpoint("GET /{it}")
        def thing(self, it: str) -> dict[str, Any]: ...  # type: ignore[empty-body]

    client = Api(down.url, retry=0)
    careful = client.thing.with_options(fallback=mirror.url)
    assert careful("x").result() == {"n": 1}
    frame = careful.map(["a", "b"], progress=False).result()
    assert frame["source"].tolist() == ["fallback", "fallback"]
    client.close()
