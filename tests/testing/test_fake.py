"""The fake API: scripted answers, under the rates, retries and errors of a real client."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import (
    FakeAPI,
    FakeRequest,
    ManualClock,
    UnexpectedRequest,
    fake_answer,
    fake_failure,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake() -> Iterator[FakeAPI]:
    """A fake API; each test asks only for what it has scripted."""
    with FakeAPI() as it:
        yield it


@pytest.fixture
def api(fake: FakeAPI) -> Iterator[nk.client.SyncClient]:
    """A client of it that tries again at once."""
    retry = nk.Retry(max_attempts=3, base_delay=0)
    with nk.Client(fake.url, transport=fake, retry=retry) as client:
        yield client


def test_every_verb_is_answered_as_scripted(fake: FakeAPI, api: Any) -> None:
    """Each method has a script of its own, and what came is taken down."""
    for verb in ("get", "post", "put", "patch", "delete", "options"):
        getattr(fake, verb)("/x").answers({"verb": verb}, status=201)
        assert getattr(api, verb)("/x").json() == {"verb": verb}
    fake.head("/x").answers(text="a body that HEAD has not")
    answer = api.head("/x")
    assert (answer.content, answer.headers["content-length"]) == (b"", "24")
    assert [it.method for it in fake.requests][-2:] == ["OPTIONS", "HEAD"]


def test_answers_come_in_turn_and_the_last_one_again(fake: FakeAPI, api: Any) -> None:
    """As a real API whose state changes."""
    fake.get("/job").answers("queued").answers("running").answers("done")
    assert [api.get("/job").json() for _ in range(5)] == [
        "queued",
        "running",
        "done",
        "done",
        "done",
    ]


def test_what_heals_is_tried_again_by_the_real_retry(fake: FakeAPI, api: Any) -> None:
    """Broken connections and 503 are failed attempts of one call."""
    route = fake.get("/flaky").fails("lost").answers(status=503).answers(1)
    assert api.get("/flaky").json() == 1
    assert len(route.requests) == 3


@pytest.mark.parametrize(
    ("name", "error", "sent"),
    [
        ("refused", nk.ConnectionFailed, 3),
        ("connect timeout", nk.RequestTimeout, 3),
        ("lost", nk.ConnectionLost, 1),
        ("garbage", nk.ConnectionLost, 1),
        ("read timeout", nk.RequestTimeout, 1),
    ],
)
def test_failures_are_those_of_real_connections(
    name: Any, error: type[Exception], sent: int, fake: FakeAPI, api: Any
) -> None:
    """Of its class, and a POST is repeated only where it was surely not sent."""
    route = fake.post("/x").fails(name)
    with pytest.raises(error):
        api.post("/x")
    assert len(route.requests) == sent


def test_one_that_hangs_ends_at_the_read_timeout(fake: FakeAPI) -> None:
    """And at nothing else: with a manual clock at once."""
    fake.get("/hangs").fails("hangs")
    with (
        ManualClock(autojump=True) as clock,
        nk.Client(fake.url, transport=fake, timeout=30, retry=0) as api,
        pytest.raises(nk.RequestTimeout) as caught,
    ):
        api.get("/hangs")
    assert caught.value.phase == "read"
    assert clock.elapsed_s == pytest.approx(30, abs=1)


def test_a_map_gets_one_row_for_each_answer(fake: FakeAPI, api: Any) -> None:
    """The fields of the path are told, decoded, and failures are rows."""
    route = fake.get("/users/{name}")
    route.gives(lambda request: {"name": request.fields["name"]})
    fake.get("/users/nobody").answers(status=404)
    frame = api.map("/users/{name}", ["Ada", "Jü/rg", "nobody"], progress=False)
    assert frame["result"].tolist()[:2] == [{"name": "Ada"}, {"name": "Jü/rg"}]
    assert frame["error_type"].tolist()[2] == "NotFound"
    assert len(route.requests) == 2


def test_streams_come_piece_by_piece(fake: FakeAPI, api: Any) -> None:
    """And may break in the middle."""
    events = ["data: one\n\n", "data: two\n\n"]
    kind = {"content-type": "text/event-stream"}
    fake.get("/events").answers(pieces=events, headers=kind, breaks="lost")
    stream = iter(api.stream("/events").sse())
    assert [next(stream).data, next(stream).data] == ["one", "two"]
    with pytest.raises(nk.ConnectionLost):
        next(stream)


def test_a_body_that_breaks_is_an_error_of_a_call(fake: FakeAPI, api: Any) -> None:
    """Half an answer is no answer."""
    fake.get("/half").answers(text="half", breaks="lost")
    with pytest.raises(nk.ConnectionLost):
        api.get("/half", retry=0)


def test_a_late_answer_comes_after_its_delay(fake: FakeAPI) -> None:
    """Delays and pauses are waits of the loop, which a manual clock shortens."""
    fake.get("/late").answers(pieces=["a", "b", "c"], after="5 s", pause="10 s")
    with (
        ManualClock(autojump=True) as clock,
        nk.Client(fake.url, transport=fake) as api,
    ):
        assert api.get("/late").text == "abc"
    assert 25 <= clock.elapsed_s < 26


def test_an_unexpected_request_is_an_error_that_teaches(fake: FakeAPI) -> None:
    """It is raised by the call, and by the end of the block, without a second try."""
    fake.get("/users/{id}").answers(1)
    block = pytest.raises(UnexpectedRequest, match=r"fake\.get\('/other'\)\.answers")
    with block as at_the_end, FakeAPI() as other, nk.Client(other.url, transport=other) as api:
        with pytest.raises(UnexpectedRequest, match="nothing is scripted") as at_once:
            api.get("/other")
        assert len(other.requests) == 1
    assert at_once.value.call == at_the_end.value.call == "GET http://fake.test/other"
    assert isinstance(at_once.value, AssertionError)


def test_an_unexpected_row_fails_the_block_too() -> None:
    """In a map it is the error of a row, which nobody need look at."""

    def test() -> None:
        with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
            frame = api.map("/x/{id}", range(3), progress=False)
            assert frame["error_type"].tolist() == ["UnexpectedRequest"] * 3

    with pytest.raises(UnexpectedRequest, match=r"\(2 more were not expected either"):
        test()


def test_the_error_of_the_block_comes_first() -> None:
    """What was not expected is not put in the place of what the test raised."""

    def test() -> None:
        with FakeAPI() as fake, nk.Client(fake.url, transport=fake) as api:
            with pytest.raises(UnexpectedRequest):
                api.get("/x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        test()


def test_scripts_that_nobody_asked_for_are_named(fake: FakeAPI, api: Any) -> None:
    """Where it is asked for that all of them are used."""
    fake.get("/a")
    fake.post("/b")
    api.get("/a")
    fake.check()
    with pytest.raises(AssertionError, match="never asked: POST /b"):
        fake.check(all_asked=True)


def test_the_newest_script_that_fits_answers(fake: FakeAPI, api: Any) -> None:
    """A test can script anew what a fixture has."""
    fake.get("/{name}").answers("any")
    fake.get("/this").answers("this")
    assert [api.get("/this").json(), api.get("/that").json()] == ["this", "any"]


def test_credentials_come_as_they_were_sent_and_are_not_shown(fake: FakeAPI) -> None:
    """So that a test can look at them; reprs and messages have none."""
    key = nk.Secret("a-key-of-some-length")
    fake.get("/x")
    with nk.Client(fake.url, transport=fake, headers={"x-api-key": key}) as api:
        api.get("/x", params={"token": "tok-of-some-length"})
    (request,) = fake.requests
    assert request.headers["X-API-Key"] == "a-key-of-some-length"
    assert request.params["token"] == "tok-of-some-length"
    shown = f"{request!r} {request} {fake!r}"
    assert "of-some-length" not in shown


def test_it_counts_how_many_wait_at_once(fake: FakeAPI) -> None:
    """That is how a bound on concurrency is tested."""
    fake.get("/x").answers(after="1 s")
    with ManualClock(autojump=True), nk.Client(fake.url, transport=fake) as api:
        api.map("/x", range(30), max_concurrency=7, progress=False)
    assert fake.peak == 7


def test_redirects_lead_elsewhere(fake: FakeAPI) -> None:
    """A whole URL scripts another origin, at which credentials do not arrive."""
    fake.get("/here").answers(status=302, headers={"location": "http://there.test/x"})
    there = fake.get("http://there.test/x").answers(1)
    options: dict[str, Any] = {"follow_redirects": True, "headers": {"x-api-key": "12345678"}}
    with nk.Client(fake.url, transport=fake, **options) as api:
        assert api.get("/here").json() == 1
    assert "x-api-key" not in there.requests[0].headers


def test_clients_of_httpx_may_use_it(fake: FakeAPI) -> None:
    """It is a transport like any other."""
    fake.get("/x").answers({"a": 1})

    async def main() -> Any:
        async with httpx.AsyncClient(transport=fake, base_url=fake.url) as client:
            return (await client.get("/x")).json()

    assert asyncio.run(main()) == {"a": 1}


def test_many_threads_may_ask_at_once(fake: FakeAPI, api: Any) -> None:
    """Each gets its answer, and all are taken down."""
    fake.get("/x").answers(1)
    threads = [threading.Thread(target=api.get, args=["/x"]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake.requests) == 20


def test_functions_may_give_answers_and_failures(fake: FakeAPI, api: Any) -> None:
    """And plain data, which is the JSON of an answer."""

    def react(request: FakeRequest) -> Any:
        said = request.json()["say"]
        return {"fail": fake_failure("lost"), "teapot": fake_answer(status=418)}.get(said, said)

    fake.post("/x").gives(react)
    assert api.post("/x", json={"say": "hello"}).json() == "hello"
    with pytest.raises(nk.APIError, match="418"):
        api.post("/x", json={"say": "teapot"})
    with pytest.raises(nk.ConnectionLost):
        api.post("/x", json={"say": "fail"})
