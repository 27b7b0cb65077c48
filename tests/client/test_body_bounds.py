"""What an answer may cost: bytes as it comes, bytes decompressed, time."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.streaming.lines import LineSplitter, LineTooLongError
from notebook_kit.client.transports import patience
from notebook_kit.testing import FaultServer, answer
from notebook_kit.testing.behaviours import answer_chunked
from notebook_kit.testing.faults import bomb, fault
from notebook_kit.testing.faults.fault import head, raw
from notebook_kit.testing.steps import Behaviour, Send, Silence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZIPPED = [("Content-Encoding", "gzip")]
WAYS = ["aiohttp", "httpx", "lent", "custom"]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers as each test says."""
    with FaultServer() as it:
        yield it


def client(way: str, server: FaultServer, **options: Any) -> nk.Client:
    """Return a client that sends in one of the ways."""
    if way == "lent":
        return nk.Client(http_client=httpx.AsyncClient(base_url=server.url), **options)
    given: dict[str, Any] = {"httpx": {"http2": True}, "aiohttp": {}}.get(
        way, {"transport": httpx.AsyncHTTPTransport()}
    )
    return nk.Client(server.url, **given, **options)


@pytest.mark.parametrize("way", WAYS)
def test_a_length_above_the_bound_is_refused_unread(way: str, server: FaultServer) -> None:
    """No byte of the body is waited for, nothing is tried again; the message tells a way out."""
    server.when("/x", Behaviour([Send(head(b"Content-Length: 3000")), Silence()]))
    server.when("/y", answer("whole"))
    with client(way, server, max_body="2 kB") as api:
        with pytest.raises(nk.TooLarge) as caught:
            api.get("/x")
        assert api.get("/y").content == b"whole"
    error = caught.value
    assert f"GET {server.url}/x: the body of the answer has 3.0\N{NO-BREAK SPACE}kB" in str(error)
    assert "max_body is 2 kB" in str(error)
    assert "write max_body='1 MiB'" in str(error)
    assert (error.max_body, error.size, error.attempts) == (2000, 3000, 1)
    assert pickle.loads(pickle.dumps(error)).size == 3000  # noqa: S301 - our own
    assert sum(request.path == "/x" for request in server.requests) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("zipped", [False, True])
def test_what_becomes_too_much_is_given_up(way: str, server: FaultServer, *, zipped: bool) -> None:
    """As it comes and decompressed; as much as is allowed is not too much."""
    body = gzip.compress(bytes(3000)) if zipped else bytes(3000)
    headers = ZIPPED if zipped else []
    server.when("/x", answer_chunked([body[:20], body[20:]], headers=headers))
    with client(way, server, max_body=3000) as api:
        assert len(api.get("/x").content) == 3000
        with pytest.raises(nk.TooLarge):
            api.get("/x", max_body=2999)
        frame = api.map("/{x}", ["x"], max_body=2999, parse="bytes", progress=False)
        assert frame["error_type"].tolist() == ["TooLarge"]
        assert frame["attempts"].tolist() == [1]
        frame = api.map("/{x}", ["x"], parse="bytes", progress=False)
        assert frame["result"].str.len().tolist() == [3000]


def test_ten_mebibytes_for_a_row_and_a_hundred_for_a_call(server: FaultServer) -> None:
    """If nothing is said; what the client says holds for both."""
    eleven = bytes(11 * 2**20)
    server.when("/x", answer(eleven))
    with nk.Client(server.url) as api:
        assert len(api.get("/x").content) == len(eleven)
        frame = api.map("/{x}", ["x"], parse="bytes", progress=False)
        assert frame["error_type"].tolist() == ["TooLarge"]
        frame = api.map("/{x}", ["x"], parse="bytes", max_body=None, progress=False)
        assert frame["result"].str.len().tolist() == [len(eleven)]
    server.when("/bomb", answer(bomb(101), headers=ZIPPED))
    with nk.Client(server.url) as api, pytest.raises(nk.TooLarge, match="decompressed"):
        api.get("/bomb")


@pytest.mark.parametrize("way", WAYS)
def test_of_nothing_nothing_has_to_be_undone(way: str, server: FaultServer) -> None:
    """An answer without a body has none, whatever encoding it names; one with a body is refused."""
    morse = [("Content-Encoding", "morse")]
    server.when("/empty", answer(b"", headers=morse))
    server.when("/full", answer(b"-.", headers=morse))
    with client(way, server) as api:
        assert api.get("/empty").content == b""
        with pytest.raises(nk.DecodeError, match="'morse'"):
            api.get("/full")


@pytest.mark.parametrize("way", WAYS)
def test_what_was_measured_first_is_whole(way: str, server: FaultServer) -> None:
    """A small body that becomes much, but no more than it may, is all there."""
    server.when("/x", answer(bomb(20), headers=ZIPPED))
    with client(way, server) as api:
        assert api.get("/x").content == bytes(20 * 2**20)


def test_head_tells_a_length_without_having_it(server: FaultServer) -> None:
    """There is nothing to be refused."""
    server.when("/x", raw(head(b"Content-Length: 999999999")))
    with nk.Client(server.url, max_body=10, http2=True) as api:
        assert api.head("/x").headers["content-length"] == "999999999"
    with nk.Client(server.url, max_body=10) as api:
        assert api.head("/x").headers["content-length"] == "999999999"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["one-byte-at-a-time", "slow-headers"])
def test_what_never_ends_is_given_up_unasked(
    way: str, name: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is never silent for long; nobody has set a limit. Here 10 minutes are shorter."""
    if name == "slow-headers" and way in ("lent", "custom"):
        pytest.skip("until the head is here, a transport of one's own is waited for")
    monkeypatch.setattr(patience, "_WHOLE_S", 0.2)
    monkeypatch.setattr(patience, "_SILENCES", 0)
    fault(name).arrange(server, "/x")
    with client(way, server, retry=0) as api:
        with pytest.raises(nk.RequestTimeout, match="did not come to its end") as caught:
            api.get("/x")
        assert "attempt_timeout= gives it more time" in str(caught.value)
        frame = api.map("/{x}", ["x"], progress=False)
        assert frame["status"].tolist() == ["timeout"]


def test_what_is_no_size_is_refused_before_anything_is_sent(server: FaultServer) -> None:
    """For a client, a call and a map, with the name of the option."""
    with pytest.raises(nk.ConfigurationError, match="max_body='much' is not a size"):
        nk.Client(server.url, max_body="much")
    with nk.Client(server.url) as api:
        with pytest.raises(nk.ConfigurationError, match="max_body=0 must be one byte or more"):
            api.get("/x", max_body=0)
        with pytest.raises(nk.ConfigurationError, match="max_body=-1"):
            api.map("/{x}", ["x"], max_body=-1)
        with pytest.raises(nk.ConfigurationError, match="the same for all rows"):
            api.map("/{x}", ["x"], max_body=nk.col("size"))  # type: ignore[arg-type]  # as a user may write
    assert not server.requests


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_has_no_bound_but_that_of_a_line(way: str, server: FaultServer) -> None:
    """A bomb comes in pieces; the whole is bounded where that is asked for."""
    server.when("/bomb", answer(bomb(20), headers=ZIPPED))
    with client(way, server, max_body="1 MiB") as api:
        lengths = [len(piece) for piece in api.stream("/bomb").bytes()]
        assert sum(lengths) == 20 * 2**20
        assert max(lengths) < 2**20
        for read in ("lines", "json_lines", "sse"):
            with pytest.raises(nk.TooLarge, match="a line of the stream is longer than 1 MiB"):
                list(getattr(api.stream("/bomb"), read)())
        with pytest.raises(nk.TooLarge):
            list(api.stream("/bomb", max_body="2 MiB").bytes())


def test_an_event_of_many_lines_is_bounded(server: FaultServer) -> None:
    """However short each of them is."""
    server.when("/x", answer(b"data: more\n" * 1000))
    with (
        nk.Client(server.url, max_body=4000) as api,
        pytest.raises(nk.TooLarge, match="an event of the stream"),
    ):
        list(api.stream("/x").sse())


def test_a_line_may_be_as_long_as_it_may_be() -> None:
    """One that ends is none that goes on without end; each begins to be counted anew."""
    splitter = LineSplitter(5)
    assert splitter.feed("12345") == []
    assert splitter.feed("\n123") == ["12345"]
    assert splitter.feed("45") == []
    with pytest.raises(LineTooLongError):
        splitter.feed("6")


@pytest.mark.parametrize("zipped", [False, True])
def test_what_was_too_large_is_so_again_in_a_replay(
    server: FaultServer, tmp_path: Path, *, zipped: bool
) -> None:
    """By what was taken down of it."""
    body = bomb(2) if zipped else bytes(9000)
    server.when("/x", answer_chunked([body], headers=ZIPPED if zipped else []))
    said = []
    for tape in (nk.record, nk.replay):
        with tape(tmp_path / "tape.db"), nk.Client(server.url, max_body=1000) as api:
            with pytest.raises(nk.TooLarge) as caught:
                api.get("/x")
            said.append(caught.value.size > 1000)
    assert said == [True, True]
    assert len(server.requests) == 1


def test_the_error_of_a_stream_is_no_bomb(server: FaultServer) -> None:
    """Only the beginning of what it says is decompressed."""
    server.when("/x", answer(bomb(20), status=400, headers=ZIPPED))
    with nk.Client(server.url) as api, pytest.raises(nk.APIError) as caught:
        list(api.stream("/x").bytes())
    assert caught.value.response is not None
    assert len(caught.value.response.content) < 2**18


_BOMBS = """
    import resource, sys
    import notebook_kit as nk

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    url, http2 = sys.argv[1], sys.argv[2] == "httpx"
    with nk.Client(url, http2=http2, retry=0) as api:
        api.get("/small")
        api.map("/{x}", ["small"], progress=False)
        before = peak()
        for name in ("gzip", "deflate", "twice"):
            try:
                api.get("/" + name)
            except nk.TooLarge:
                print("call", name)
            frame = api.map("/{x}", [name], progress=False)
            print("row", name, frame["error_type"][0])
        print("MB", peak() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the system tells no peak of memory there")
@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
def test_a_bomb_of_256_mb_costs_less_than_50(way: str, server: FaultServer) -> None:
    """Whatever it is said to be, as a call and as a row."""
    server.when("/small", answer("small"))
    server.when("/gzip", answer(bomb(), headers=ZIPPED))
    server.when("/deflate", answer(bomb(), headers=[("Content-Encoding", "deflate")]))
    twice = gzip.compress(bomb(), 9)
    server.when("/twice", answer(twice, headers=[("Content-Encoding", "gzip, gzip")]))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_BOMBS), server.url, way],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    *lines, last = done.stdout.splitlines()
    assert lines == [
        line for it in ("gzip", "deflate", "twice") for line in (f"call {it}", f"row {it} TooLarge")
    ]
    assert int(last.split()[1]) < 50
