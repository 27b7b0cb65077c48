from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.tapes import slot
from notebook_kit.testing import (
    FaultServer,
    answer,
    answer_chunked,
    close_without_answer,
    half_body,
    never_answer,
    reset_before_headers,
)
from tests.client.origins import Origin, comes_true
from tests.tapes.taping import JSON, QUICK, both_transports, client_of, of_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest


def numbered(number: int, _: ReceivedRequest) -> Behaviour:
    return answer(f'{{"n": {number}}}', headers=[JSON])


def both_times(
    path: Path, server: FaultServer, act: Callable[[], Any], *, requests: int
) -> tuple[Any, Any]:
    """Return what an act gives while it is recorded and replayed, when nothing is sent."""
    before = len(server.requests)
    with nk.record(path):
        first = act()
    assert len(server.requests) - before == requests
    with nk.replay(path):
        second = act()
    assert len(server.requests) - before == requests
    return first, second


@both_transports
def test_calls_come_again(path: Path, server: FaultServer, transport: str) -> None:
    """Synchronous and awaited calls get the same answers without the network, headers and all."""
    server.when("/x", answer("äß".encode("latin-1"), headers=[("content-type", "text/plain")]))

    def told(response: nk.Response) -> tuple[Any, ...]:
        head = response.status_code, response.reason_phrase, response.http_version
        return *head, response.headers.multi_items(), response.content, str(response.url)

    def act() -> list[Any]:
        client = client_of(server.url, transport)

        async def awaited() -> nk.Response:
            return await client.post("/y", json={"a": 1})

        answers = [client.get("/x").result(), asyncio.run(awaited()), client.sync.get("/z")]
        client.close().wait()
        return [told(it) for it in answers]

    first, second = both_times(path, server, act, requests=3)
    assert first == second


@both_transports
def test_maps_come_again(path: Path, server: FaultServer, transport: str) -> None:
    """The frame of a map is the same, its source and its attempts too."""
    server.when("/3", answer("no", status=503), answer('{"n": 3}', headers=[JSON]))
    server.when("/4", answer("no", status=404))

    def act() -> Any:
        with client_of(server.url, transport) as api:
            frame = api.map("/{i}", range(8), progress=False, max_concurrency=4)
        columns = ["result", "status", "status_code", "error_type", "error", "source", "attempts"]
        return frame[columns].astype(object).to_dict()

    first, second = both_times(path, server, act, requests=9)
    assert repr(first) == repr(second)
    assert second["attempts"][3] == 2
    assert second["status"][4] == "failed"


@both_transports
def test_streams_come_again_piece_by_piece(path: Path, server: FaultServer, transport: str) -> None:
    """A stream gives the same events and lines, and one that is left early what was read of it."""
    events = [f"data: {number}\n\n".encode() for number in range(5)]
    kind = ("content-type", "text/event-stream")
    server.when("/events", answer_chunked(events, headers=[kind]))

    def act() -> Any:
        with client_of(server.url, transport) as api:
            with api.stream("/events") as events:
                whole = [it.data for it in events.sse()]
            with api.stream("/events") as events:
                first = next(iter(events.sse())).data
        return whole, first

    first, second = both_times(path, server, act, requests=2)
    assert first == second == (["0", "1", "2", "3", "4"], "0")


FAULTS: dict[str, tuple[Any, type[Exception], dict[str, Any]]] = {
    "reset": (reset_before_headers(), nk.ConnectionLost, {}),
    "closed": (close_without_answer(), nk.ConnectionLost, {}),
    "half a body": (half_body(), nk.ConnectionLost, {}),
    "read timeout": (never_answer(), nk.RequestTimeout, {"timeout": 0.2}),
    "attempt timeout": (never_answer(), nk.RequestTimeout, {"attempt_timeout": 0.2}),
    "status": (answer("no", status=418), nk.APIError, {}),
}


@both_transports
@pytest.mark.parametrize("fault", FAULTS)
def test_failures_come_again(path: Path, server: FaultServer, transport: str, fault: str) -> None:
    """What failed fails again with the same error, and what came after it comes after it."""
    behaviour, kind, options = FAULTS[fault]
    server.when("/x", behaviour, answer('{"n": 2}', headers=[JSON]))

    def act() -> Any:
        with client_of(server.url, transport, retry=0, **options) as api:
            with pytest.raises(kind) as caught:
                api.get("/x")
            return of_error(caught.value), api.get("/x").json()

    first, second = both_times(path, server, act, requests=2)
    assert first == second


@both_transports
def test_retries_play_alike(path: Path, server: FaultServer, transport: str) -> None:
    """A call that succeeded at its third attempt does so again, its failures in their order."""
    fine = answer('{"n": 3}', headers=[JSON])
    server.when("/x", reset_before_headers(), answer("no", status=503), fine)

    def act() -> Any:
        run_of_one = client_of(server.url, transport)
        frame = run_of_one.map("/{it}", ["x"], progress=False).result()
        run_of_one.close().wait()
        return frame["attempts"].tolist(), frame["result"].tolist()

    first, second = both_times(path, server, act, requests=3)
    assert first == second == ([3], [{"n": 3}])


def test_no_connection_is_an_exchange_as_well(path: Path) -> None:
    """Where nobody listened, the same error comes though somebody listens now."""
    with FaultServer() as server:
        url = server.url

    def act() -> Any:
        with client_of(url, retry=0) as api, pytest.raises(nk.ConnectionFailed) as caught:
            api.get("/x")
        return of_error(caught.value)

    with nk.record(path) as tape:
        first = act()
    assert tape.stats().failed == 1
    with nk.replay(path):
        assert act() == first


@both_transports
def test_redirects_and_cookies_play_alike(path: Path, server: FaultServer, transport: str) -> None:
    """Each hop is an exchange of its own, so that history is the same."""
    server.when("/x", answer(status=302, headers=[("location", "/y"), ("set-cookie", "a=b")]))

    def act() -> Any:
        with client_of(server.url, transport, follow_redirects=True) as api:
            response = api.get("/x")
        return response.json(), [it.status_code for it in response.history], str(response.url)

    first, second = both_times(path, server, act, requests=2)
    assert first == second


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_a_lent_client_is_taped_as_a_whole(path: Path, server: FaultServer, package: str) -> None:
    """A client of the user's own is recorded and replayed too, compressed answers and failures."""
    import gzip
    import importlib

    kind = importlib.import_module(package).AsyncClient
    packed = gzip.compress(b'{"n": 7}')
    server.when("/x", answer(packed, headers=[JSON, ("content-encoding", "gzip")]))
    server.when("/bad", reset_before_headers())
    server.when("/moved", answer(status=302, headers=[("location", "/x")]))

    def act() -> Any:
        lent = kind(base_url=server.url, follow_redirects=True)
        client = nk.Client(http_client=lent, retry=0)
        good, moved = client.get("/x").result(), client.get("/moved").result()
        with pytest.raises(nk.ConnectionLost) as caught:
            client.get("/bad").result()
        with client.stream("/plain") as stream:
            streamed = b"".join(stream.bytes())
        client.close().wait()
        return good.json(), moved.json(), str(moved.url), streamed, of_error(caught.value)

    first, second = both_times(path, server, act, requests=5)
    assert first == second
    assert second[0] == {"n": 7}


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_what_a_lent_client_makes_of_an_answer_comes_again(
    path: Path, server: FaultServer, package: str
) -> None:
    """Its own limit of redirects, and how it reads text of which nobody says how."""
    import importlib

    kind = importlib.import_module(package).AsyncClient
    server.when("/round", answer(status=302, headers=[("location", "/round")]))
    server.when("/x", answer("äß".encode("latin-1"), headers=[("content-type", "text/plain")]))

    def act() -> Any:
        options = {"follow_redirects": True, "max_redirects": 2, "default_encoding": "latin-1"}
        client = nk.Client(http_client=kind(base_url=server.url, **options), retry=0)
        with pytest.raises(nk.RequestError) as caught:
            client.get("/round").result()
        text = client.get("/x").result().text
        client.close().wait()
        return of_error(caught.value), text

    first, second = both_times(path, server, act, requests=4)
    assert first == second
    assert second[1] == "äß"


def test_a_body_in_pieces_is_told_by_what_is_in_it(path: Path, server: FaultServer) -> None:
    """A file and a generator are read whole; the boundary made up for a form counts for nothing."""

    def act(text: str) -> Any:
        async def pieces() -> Any:
            yield b"a"
            yield text.encode()

        client = client_of(server.url)
        answers = [
            client.post("/form", files={"it": ("it.txt", text.encode())}).result(),
            client.post("/pieces", content=pieces()).result(),
        ]
        client.close().wait()
        return [it.json() for it in answers]

    first, second = both_times(path, server, lambda: act("b"), requests=2)
    assert first == second
    mismatch = pytest.raises(nk.ReplayMismatch, match="with another body")
    with nk.replay(path), client_of(server.url) as api, mismatch:
        api.post("/pieces", content=b"c")


def test_equal_requests_get_their_answers_in_order(path: Path) -> None:
    """The third answer comes third, and the last one again when there are more."""
    with Origin(numbered) as origin:
        with nk.record(path), client_of(origin.url) as api:
            for _ in range(3):
                api.get("/x")
        with nk.replay(path) as tape, client_of(origin.url) as api:
            assert [api.get("/x").json()["n"] for _ in range(5)] == [1, 2, 3, 3, 3]
        assert origin.count == 3
    stats = tape.stats()
    assert (stats.exchanges, stats.requests, stats.replayed, stats.repeated) == (3, 1, 5, 2)


def test_what_is_not_on_the_tape_is_named(path: Path, server: FaultServer) -> None:
    """The error says which request, which one is like it, and what to do; it is not tried again."""
    with nk.record(path), client_of(server.url) as api:
        api.get("/airports/ZRH")
        api.get("/flights")
    with nk.replay(path) as tape, client_of(server.url) as api:
        with pytest.raises(nk.ReplayMismatch) as caught:
            api.get("/airports/GVA")
        assert tape.stats().missing == 1
        frame = api.map("/airports/{it}", ["ZRH", "LHR"], progress=False)
    error = caught.value
    assert error.call == f"GET {server.url}/airports/GVA"
    assert f"The nearest that it holds is GET {server.url}/airports/ZRH." in str(error)
    assert "nk.replay('tape.db', missing='send')" in str(error)
    assert frame["status"].tolist() == ["ok", "failed"]
    assert frame["attempts"].tolist() == [1, 1]
    assert len(server.requests) == 2


def test_what_is_missing_may_be_sent(path: Path, server: FaultServer) -> None:
    """With missing="send" it goes to the server; the tape stays as it is."""
    with nk.record(path), client_of(server.url) as api:
        api.get("/x")
    kept = path.read_bytes()
    with nk.replay(path, missing="send") as tape, client_of(server.url) as api:
        assert api.get("/x").json() == api.get("/y").json()
    assert [it.path for it in server.requests] == ["/x", "/y"]
    assert path.read_bytes() == kept
    assert tape.stats().missing == 1


def test_a_second_recording_replaces_or_adds(path: Path) -> None:
    """The tape is begun anew, and with mode="add" what it holds stays before what comes."""
    with Origin(numbered) as origin:
        for mode in ("replace", "replace", "add"):
            with nk.record(path, mode=mode), client_of(origin.url) as api:
                api.get("/x")
        with nk.replay(path), client_of(origin.url) as api:
            assert [api.get("/x").json()["n"] for _ in range(2)] == [2, 3]


def test_one_tape_at_a_time(path: Path, server: FaultServer) -> None:
    """A second one is refused, of either kind; after stop(), which may come twice, it begins."""
    tape = nk.record(path)
    for begin in (nk.record, nk.replay):
        with pytest.raises(nk.ConfigurationError, match="is being recorded: there is one"):
            begin(path.with_name("other.db"))
    assert "in force" in repr(tape)
    tape.stop()
    tape.stop()
    with nk.replay(path):
        pass
    assert slot.tape is None


def test_close_all_ends_it(path: Path) -> None:
    """A tape whose handle nobody kept is listed among what is open, and is ended with it."""
    nk.record(path)
    assert [(it.kind, it.name) for it in nk.open_resources()] == [("recording", "tape.db")]
    nk.close_all()
    assert slot.tape is None
    assert nk.open_resources() == []


def test_a_run_outlives_its_tape(path: Path) -> None:
    """What begins after stop() is sent as usual and is not recorded."""
    gate = threading.Event()

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        gate.wait(10)
        return numbered(number, _)

    with Origin(rule) as origin:
        client = client_of(origin.url)
        tape = nk.record(path)
        run = client.map("/{i}", range(3), progress=False, max_concurrency=1)
        assert comes_true(lambda: origin.count == 1)
        tape.stop()
        gate.set()
        assert run.result()["status"].tolist() == ["ok"] * 3
        client.close().wait()
    assert tape.stats().exchanges == 0


def test_without_a_tape_the_short_way_is_taken(
    path: Path, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests pass by httpx before and after, and through it meanwhile."""
    seen: list[str] = []
    send = httpx.AsyncClient.send

    async def noted(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> Any:
        seen.append(request.url.path)
        return await send(self, request, **options)

    monkeypatch.setattr(httpx.AsyncClient, "send", noted)
    with client_of(server.url) as api:
        api.get("/before")
        with nk.record(path):
            api.get("/meanwhile")
        api.get("/after")
    assert seen == ["/meanwhile"]


def test_http_rules_and_a_cache_play_alike(path: Path, server: FaultServer) -> None:
    """What a client kept is on the tape where it was asked for by HTTP's rules, and not sent."""
    fresh = ("cache-control", "max-age=60")
    server.when("/x", answer('{"n": 1}', headers=[JSON, fresh]))

    def act() -> Any:
        with client_of(server.url, cache="http") as api:
            return [(it.json(), it.source) for it in (api.get("/x"), api.get("/x"))]

    first, second = both_times(path, server, act, requests=1)
    assert first == second
    assert [source for _, source in second] == ["network", "cache"]


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (lambda: nk.record(""), "must be the path of a file"),
        (lambda: nk.record("tape.db", mode="new"), "mode='new' must be"),  # type: ignore[arg-type]
        (lambda: nk.replay("tape.db", missing="x"), "missing='x' must be"),  # type: ignore[arg-type]
        (
            lambda: nk.replay("tape.db", mising="send"),  # type: ignore[call-arg]
            r"nk\.replay has no option 'mising'\. Did you mean 'missing'\?",
        ),
        (
            lambda: nk.record("tape.db", "add"),  # type: ignore[call-arg]
            r"nk\.record takes only path without a name.* write nk\.record\(\.\.\., mode=",
        ),
    ],
)
def test_wrong_arguments_are_told(begin: Callable[[], Any], said: str) -> None:
    """What cannot work is refused before a file is made."""
    with pytest.raises(nk.ConfigurationError, match=said):
        begin()
    assert slot.tape is None


def test_a_hedge_that_lost_is_no_failure(path: Path) -> None:
    """A request that was let go of because another was faster is passed over when it is played."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return answer('{"n": 1}', headers=[JSON], delay_s=5.0 if number == 1 else 0.0)

    with Origin(rule) as origin:
        with nk.record(path) as tape, client_of(origin.url, retry=QUICK) as api:
            frame = api.map("/{it}", ["x"], hedge=0.05, progress=False)
        assert frame["status"].tolist() == ["ok"]
        assert origin.count == 2
        with nk.replay(path), client_of(origin.url) as api:
            assert api.get("/x").json() == {"n": 1}
        assert origin.count == 2
    assert tape.stats().exchanges == 2
