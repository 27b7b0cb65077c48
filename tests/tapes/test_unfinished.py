from __future__ import annotations

import asyncio
import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client import taped_stream
from notebook_kit.tapes import slot
from notebook_kit.testing import FaultServer, answer, answer_chunked, never_answer
from tests.client.origins import Origin
from tests.paces import at_any_pace
from tests.tapes.taping import JSON, both_transports, client_of, of_error

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.testing import Behaviour, ReceivedRequest


def slowly(*parts: bytes, pause_s: float = 20.0) -> Behaviour:
    """Answer with a head at once, and with each part after a while."""
    return answer_chunked(parts, headers=[JSON], pause_s=pause_s)


def test_a_hedge_that_lost_in_the_middle_is_passed_over(path: Path) -> None:
    """An answer that was let go of when its head was here is none: the whole one is played."""

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return slowly(b"1") if number == 1 else answer("[2]", headers=[JSON])

    with Origin(rule) as origin:
        with nk.record(path) as tape, client_of(origin.url) as api:
            frame = api.map("/{it}", ["x"], hedge=0.05, progress=False)
        assert frame["result"].tolist() == [[2]]
        assert (tape.stats().exchanges, origin.count) == (2, 2)
        with nk.replay(path), client_of(origin.url) as api:
            assert api.get("/x").json() == [2]


@both_transports
@at_any_pace
def test_what_was_let_go_of_says_so(
    pace: float, tmp_path: Path, server: FaultServer, transport: str
) -> None:
    """A row cut off by its time is an error that teaches, counts as missing, and may be sent."""
    path = tmp_path / f"tape-{pace}.db"
    server.when("/x", never_answer(), answer("[1]", headers=[JSON]))
    before = len(server.requests)
    with nk.record(path), client_of(server.url, transport) as api:
        frame = api.map("/{it}", ["x"], item_timeout=0.2 * pace, progress=False)
    assert frame["status"].tolist() == ["timeout"]
    assert len(server.requests) == before + 1
    with nk.replay(path) as tape, client_of(server.url, transport) as api:
        frame = api.map("/{it}", ["x"], progress=False)
    assert frame["error_type"].tolist() == ["ReplayMismatch"]
    assert "by an interrupt, an item_timeout" in frame["error"][0]
    assert "missing='send'" in frame["error"][0]
    assert tape.stats().missing == 1
    with nk.replay(path, missing="send"), client_of(server.url, transport) as api:
        assert api.get("/x").json() == [1]


@both_transports
def test_a_stream_that_stalled_stalls_again(
    path: Path, server: FaultServer, transport: str
) -> None:
    """Its silence is an outcome, and is not waited for when it is played."""
    server.when("/x", answer_chunked([b"one\n", b"two\n"], pause_s=0.0), slowly(b"never"))

    def act() -> Any:
        with client_of(server.url, transport, retry=0) as api:
            found = list(api.stream("/x").lines())
            with pytest.raises(nk.StreamStalled) as caught:
                list(api.stream("/x", stall_timeout=0.2).lines())
        return found, of_error(caught.value)

    with nk.record(path):
        first = act()
    sent = len(server.requests)
    with nk.replay(path):
        assert act() == first
    assert len(server.requests) == sent


def test_a_stream_that_is_open_at_the_end_is_kept_as_far_as_it_was_read(
    path: Path, server: FaultServer
) -> None:
    """It ends the tape, not the stream; what follows was never read."""
    server.when("/x", answer_chunked([b"one\n", b"two\n", b"three\n"], pause_s=0.3))
    tape = nk.record(path)
    client = client_of(server.url)
    with client.stream("/x") as opened:
        lines = iter(opened.lines())
        assert next(lines) == "one"
        tape.stop()
        assert list(lines) == ["two", "three"]
    client.close().wait()
    assert tape.stats().exchanges == 1
    with nk.replay(path), client_of(server.url) as api:
        assert next(iter(api.stream("/x").lines())) == "one"
    assert len(server.requests) == 1


def test_leaving_a_stream_late_is_no_time_limit(path: Path) -> None:
    """The limit of an attempt is for the opening of a stream, not for how long it is read."""

    def rule(_number: int, _: ReceivedRequest) -> Behaviour:
        return answer_chunked([b"one\n", *[b"more\n"] * 100], pause_s=0.3)

    with Origin(rule) as origin:
        with nk.record(path):
            client = client_of(origin.url, attempt_timeout=1)
            with client.stream("/x") as opened:
                began = time.monotonic()
                for _ in opened.lines():
                    if time.monotonic() - began > 1.2:
                        break
            client.close().wait()
        mismatch = pytest.raises(nk.ReplayMismatch, match="was read up to here only")
        with nk.replay(path), client_of(origin.url) as api, mismatch:
            list(api.stream("/x").lines())


@pytest.mark.parametrize("coding", ["gzip", ""])
def test_an_answer_that_is_too_long_is_told_of(
    path: Path, server: FaultServer, monkeypatch: pytest.MonkeyPatch, coding: str
) -> None:
    """Its reader gets all of it; the end of the tape says so, and who plays it gets an error."""
    monkeypatch.setattr(taped_stream, "_MOST_BYTES", 10_000)
    body = b"long " * 4_000
    if coding:
        server.when("/x", answer(gzip.compress(body), headers=[("content-encoding", coding)]))
    else:
        server.when("/x", answer_chunked([body[:8_000], body[8_000:]]))
    tape = nk.record(path)
    with client_of(server.url) as api:
        assert b"".join(api.stream("/x").bytes()) == body
        assert api.get("/y").json() == {"n": 1}
    with pytest.raises(nk.StorageError, match=r"whole answer to GET http://.*/x: it is longer"):
        tape.stop()
    with nk.replay(path), client_of(server.url) as api:
        with pytest.raises(nk.ReplayMismatch, match="all that a tape keeps of an answer"):
            list(api.stream("/x").bytes())
        assert api.get("/y").json() == {"n": 1}


def test_a_block_that_is_awaited_ends_it_too(path: Path, server: FaultServer) -> None:
    """`async with` does what `with` does, also when an exception leaves it."""

    async def act() -> None:
        async with nk.record(path) as tape:
            await client.get("/x")
        assert tape.stats().exchanges == 1
        async with nk.replay(path):
            assert (await client.get("/x")).json() == {"n": 1}
            raise KeyboardInterrupt

    client = client_of(server.url)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(act())
    assert slot.tape is None
    client.close().wait()
    assert len(server.requests) == 1
