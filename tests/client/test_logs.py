"""What a client tells in the log: its own life, that of its connections, calls and rows."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.logs import catch_up

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = nk.Secret("sk-hidden-000111")


class Lines(list[str]):
    """Messages with the loggers they came by."""

    def of(self, logger: str) -> list[str]:
        """Return the messages of one logger, numbers of calls and durations taken out."""
        start = f"notebook_kit.{logger}: "
        found = [line.removeprefix(start) for line in self if line.startswith(start)]
        return [re.sub(r"\b\d[\d.,]*\xa0(ms|s)\b|<0.1\xa0s", "T", line) for line in found]


class _Keep(logging.Handler):
    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.name}: {record.levelname}: {record.getMessage()}")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Every record of the package at debug level."""
    kept = Lines()
    handler = _Keep(kept)
    log = logging.getLogger("notebook_kit")
    log.addHandler(handler)
    with nk.LoggingConfig("debug", console=False):
        yield kept
    log.removeHandler(handler)


def _numbered(lines: list[str]) -> list[str]:
    """Return lines with the numbers of calls, runs and clients replaced by the order they come."""
    seen: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        kind = match[1]
        return seen.setdefault(
            match[0], f"{kind} {sum(name.startswith(kind) for name in seen) + 1}"
        )

    return [re.sub(r"\b(call|map|client) \d+\b", number, line) for line in lines]


def test_the_life_of_a_call(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """Begun, sent, answered; each attempt is named, and the end is one line at info level."""
    with nk.Client(demo.url) as client:
        client.get("/airports/ZRH", params={"api_key": "abc"})
    said = _numbered(lines.of("request"))
    url = f"{demo.url}/airports/ZRH?api_key=****"
    assert said == [
        f"DEBUG: call 1, attempt 1: GET {url}",
        "DEBUG: call 1, attempt 1: sent",
        "DEBUG: call 1, attempt 1: 200 OK, 205\xa0bytes in T",
        f"INFO: call 1: GET {url} answered 200 OK, 205\xa0bytes in T",
    ]


def test_a_retry_is_told_with_its_wait_and_its_reason(
    demo: nk.demo.DemoServer, lines: Lines
) -> None:
    """Between two attempts stands when the next one comes and because of what; the end warns."""
    retry = nk.Retry(max_attempts=2, base_delay=0.001)
    with nk.Client(demo.url, retry=retry) as client, pytest.raises(nk.ServerError):
        client.get("/status/503")
    said = _numbered(lines.of("request"))
    error = f"ServerError: GET {demo.url}/status/503 answered 503 Service Unavailable"
    assert [line.partition(": {")[0] for line in said] == [
        f"DEBUG: call 1, attempt 1: GET {demo.url}/status/503",
        "DEBUG: call 1, attempt 1: sent",
        f"DEBUG: call 1, attempt 1: failed after T: {error}",
        f"DEBUG: call 1, attempt 1: again in T, because of {error}",
        f"DEBUG: call 1, attempt 2: GET {demo.url}/status/503",
        "DEBUG: call 1, attempt 2: sent",
        f"DEBUG: call 1, attempt 2: failed after T: {error}",
        f"WARNING: call 1: GET {demo.url}/status/503 failed after 2 attempts in T: {error}",
    ]


def test_rows_are_named_and_a_run_ends_in_one_line(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """Each attempt of a row says which; retries too; the end warns where rows have failed."""
    client = nk.Client(demo.url)
    run = client.map(
        "/{path:path}",
        ["airports/ZRH", "status/503"],
        progress=False,
        retry=nk.Retry(max_attempts=2, base_delay=0.001),
    )
    run.result()
    said = _numbered(lines.of("request"))
    rows = {line for line in said if "row" in line}
    url = f"{demo.url}/status/503"
    error = f"ServerError: GET {url} answered 503 Service Unavailable"
    expected = {
        f"DEBUG: map 1, row 0, attempt 1: GET {demo.url}/airports/ZRH",
        "DEBUG: map 1, row 0, attempt 1: sent",
        "DEBUG: map 1, row 0, attempt 1: 200 OK, 205\xa0bytes in T",
        f"DEBUG: map 1, row 1, attempt 1: GET {url}",
        "DEBUG: map 1, row 1, attempt 1: sent",
        f"DEBUG: map 1, row 1, attempt 1: failed after T: {error}",
        f"DEBUG: map 1, row 1, attempt 1: again in T, because of {error}",
        f"DEBUG: map 1, row 1, attempt 2: GET {url}",
        "DEBUG: map 1, row 1, attempt 2: sent",
        f"DEBUG: map 1, row 1, attempt 2: failed after T: {error}",
    }
    assert {line.partition(": {")[0] for line in rows - {said[-1]}} == expected
    assert said[-1] == (
        "WARNING: map 1: GET /{path:path} ended, 2 rows in T: 1 ok, 1 failed, 3 attempts"
    )
    frame = run.retry_failed().result()
    assert len(frame) == 1
    assert any("map 2, row 1, attempt 1" in line for line in _numbered(lines.of("request")))
    client.close()


def test_a_run_that_went_well_ends_at_info_level(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """Without failures the end of a run is no warning."""
    with nk.Client(demo.url) as client:
        client.map("/airports/{iata}", ["ZRH", "GVA"], progress=False)
    ends = [line for line in lines.of("request") if "ended" in line]
    assert _numbered(ends) == [
        "INFO: map 1: GET /airports/{iata} ended, 2 rows in T: 2 ok, 2 attempts"
    ]


def test_rows_on_the_short_way_are_told_too(demo: nk.demo.DemoServer) -> None:
    """At info level only the end is told; at debug level every row, whichever way it goes."""
    for level, told in (("info", 0), ("debug", 3)):
        stream = io.StringIO()
        config = nk.LoggingConfig(level, console=stream)
        with nk.Client(demo.url, logging=config) as client:
            client.map("/airports/{iata}", ["ZRH"], progress=False)
        assert stream.getvalue().count("row 0") == told


def test_the_life_of_connections(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """The pool is set up once; connections are opened, used again and closed, with their origin."""
    with nk.Client(demo.url, max_connections=7) as client:
        client.get("/airports/ZRH")
        client.get("/airports/GVA")
    said = lines.of("pool")
    origin = demo.url.removeprefix("http://")
    assert said[0].startswith("DEBUG: pool set up: aiohttp transport, PoolLimits(max_connections=7")
    assert said[1:] == [
        f"DEBUG: connection to {origin} opened; 1 open",
        f"DEBUG: connection to {origin} used again; 1 open",
        f"DEBUG: connection to {origin} closed; 0 open",
    ]


def test_the_life_of_a_client(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """Made with its options, none of them secret; closed by whom, after how much."""
    url = demo.url.replace("http://", "http://me:password@")
    client = nk.Client(
        url,
        headers={"x-api-key": KEY, "Accept-Language": "de-x-private"},
        auth=("me", "other-password"),
        rate="50/s",
        http2=False,
        proxy=None,
    )
    client.get("/airports/ZRH").result()
    client.close()
    made, closed = _numbered(lines.of("client"))
    assert made.startswith(f"DEBUG: client 1 made for {demo.url.replace('//', '//****@')}: ")
    for part in ("transport=aiohttp", "rate=50/s", "retry=2", "x-api-key, Accept-Language", "auth"):
        assert part in made
    assert closed.startswith("DEBUG: client 1 closed by close(): 1 request, 1 connection opened, ")
    for secret in (KEY.reveal(), "password", "de-x-private"):
        assert not any(secret in line for line in lines)


def test_who_has_closed_it(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """A finalizer, `nk.close_all()` and `close()` are told apart, each client once."""
    client = nk.Client(demo.url)
    client.get("/airports/ZRH").result()
    del client
    gc.collect()
    deadline = time.monotonic() + 20
    while not lines.of("client")[1:] and time.monotonic() < deadline:
        time.sleep(0.005)
    nk.Client(demo.url)
    gc.collect()
    second = nk.Client(demo.url)
    nk.close_all()
    second.close()
    third = nk.Client(demo.url)
    third.close()
    third.close()
    catch_up()
    made = {line.split(" made")[0] for line in lines.of("client") if " made for " in line}
    # What another test has left behind may be closed meanwhile.
    own = [line for line in lines.of("client") if line.split(" closed")[0] in made]
    ends = [line for line in _numbered(own) if "closed by" in line]
    assert [line.split("closed by ")[1].partition(":")[0] for line in ends] == [
        "its finalizer",
        "its finalizer",
        "nk.close_all()",
        "close()",
    ]


def test_a_client_that_lives_until_the_exit_says_so(demo: nk.demo.DemoServer) -> None:
    """The last line of a process that closes nothing is about its exit; all on the standard error.

    The exit code is 0 and nothing is printed beside the lines.
    """
    code = (
        "import notebook_kit as nk\n"
        f"client = nk.Client({demo.url!r}, logging=nk.LoggingConfig('debug'))\n"
        "client.get('/airports/ZRH').result()\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    assert all(" notebook_kit." in line for line in said)
    assert "client 1 closed by the interpreter's exit: 1 request" in said[-1]


def test_a_configuration_of_a_client_ends_with_it(demo: nk.demo.DemoServer) -> None:
    """It holds while the client is open, for all clients, and a line is shown once."""
    stream = io.StringIO()
    config = nk.LoggingConfig("info", console=stream)
    log = logging.getLogger("notebook_kit")
    before = (log.level, list(log.handlers))
    first, other = nk.Client(demo.url, logging=config), nk.Client(demo.url)
    second = nk.Client(demo.url, logging=config)
    for client in (first, second, other):
        client.get("/airports/ZRH").result()
    assert stream.getvalue().count("answered 200 OK") == 3
    first.close()
    second.get("/airports/ZRH").result()
    second.close()
    other.get("/airports/ZRH").result()
    other.close()
    assert stream.getvalue().count("answered 200 OK") == 4
    assert (log.level, list(log.handlers)) == before


def test_a_configuration_of_a_collected_client_ends_too(demo: nk.demo.DemoServer) -> None:
    """Whether the client was ever used or not."""
    log = logging.getLogger("notebook_kit")
    before = list(log.handlers)
    for use in (True, False):
        client = nk.Client(demo.url, logging=nk.LoggingConfig("info", console=io.StringIO()))
        if use:
            client.get("/airports/ZRH").result()
        del client
        gc.collect()
    deadline = time.monotonic() + 20
    while list(log.handlers) != before:
        catch_up()
        assert time.monotonic() < deadline, "the configuration holds still"
        time.sleep(0.005)


def test_what_is_no_configuration_is_refused(demo: nk.demo.DemoServer) -> None:
    """``logging=True`` and the like say what to write instead, and leave nothing behind."""
    wrong: Any
    for wrong in (True, "debug", logging.DEBUG, logging):
        with pytest.raises(nk.ConfigurationError, match=r"nk.LoggingConfig\('debug'\)"):
            nk.Client(demo.url, logging=wrong)


def test_a_cancelled_call_is_no_failure(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """Its attempt is told as cancelled, and there is no warning."""

    async def main() -> None:
        async with nk.Client(demo.url) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.get("/slow", params={"seconds": 30})

    asyncio.run(main())
    assert "cancelled after T" in lines.of("request")[-1]
    assert not any("WARNING" in line for line in lines)


def test_a_connection_that_fails_is_told(lines: Lines) -> None:
    """Nobody listening: the attempt failed, the call failed, and the URL hides what is secret."""
    with nk.Client("http://127.0.0.1:9", retry=0) as client, pytest.raises(nk.ConnectionFailed):
        client.get("/x", params={"token": KEY})
    said = lines.of("request")
    assert "failed after T: ConnectionFailed" in said[-2]
    assert said[-1].startswith("WARNING: ")
    assert not any(KEY.reveal() in line for line in lines)


def test_streams_are_told_to_their_end(demo: nk.demo.DemoServer, lines: Lines) -> None:
    """The head first, and at the end how much has come."""
    if not hasattr(nk.Client, "stream"):
        pytest.skip("there are no streams")
    with nk.Client(demo.url) as client, client.stream("/bytes/100000") as stream:
        assert sum(map(len, stream.bytes())) == 100_000
    said = _numbered(lines.of("request"))
    assert "DEBUG: call 1, attempt 1: 200 OK, head in T" in said
    assert "DEBUG: call 1, attempt 1: stream over after 100.0\xa0kB in T" in said
    assert "the rest to come" in said[said.index("DEBUG: call 1, attempt 1: 200 OK, head in T") + 1]


def test_a_transport_of_the_users_own_is_told(lines: Lines) -> None:
    """Calls are told as ever; of its connections nothing is known."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="hello")

    with nk.Client("http://host", transport=httpx.MockTransport(answer)) as client:
        client.get("/x")
    said = _numbered(lines.of("request"))
    assert said[-1] == "INFO: call 1: GET http://host/x answered 200 OK, 5\xa0bytes in T"
    assert lines.of("pool") == []


def test_nothing_is_written_when_nobody_listens(
    demo: nk.demo.DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a configuration a call that goes well makes no record at all."""
    made: list[str] = []
    monkeypatch.setattr(logging.Logger, "handle", lambda log, record: made.append(log.name))
    with nk.Client(demo.url) as client:
        client.get("/airports/ZRH")
        client.map("/airports/{iata}", ["ZRH", "GVA"], progress=False)
    assert [name for name in made if name.startswith("notebook_kit")] == []


def test_what_comes_from_the_cache_is_not_sent_and_not_told(
    demo: nk.demo.DemoServer, lines: Lines
) -> None:
    """With ``cache=`` the call that is sent is told once; the one that is not sent, not at all."""
    with nk.Client(demo.url, cache="1 min") as client:
        for _ in range(2):
            client.get("/airports/ZRH")
        assert client.stats.requests == 1
    ends = [line for line in lines.of("request") if "answered" in line]
    assert len(ends) == 1
