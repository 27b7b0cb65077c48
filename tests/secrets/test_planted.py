"""Nothing that a session says, raises, logs or writes to a file holds a secret of its own."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from IPython.core.ultratb import VerboseTB

import notebook_kit as nk
from tests.secrets.planted import (
    PLANTED,
    everything_said,
    found_in,
    planted_client,
    request_of,
    troubled_server,
    with_userinfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.testing import FaultServer

TRANSPORTS: dict[str, Callable[[], dict[str, Any]]] = {
    "aiohttp": dict,
    "httpx": lambda: {"transport": httpx.AsyncHTTPTransport()},
}
WAYS = ["userinfo", "bearer"]
PATHS = ["/404", "/500", "/json", "/half", "/reset", "/gzip", "/loop", "/port"]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LIBRARIES = ("httpx", "httpcore", "aiohttp", "asyncio", "hpack")


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with troubled_server() as server:
        yield server


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged at debug level, by anybody, with tracebacks."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    loggers = [logging.getLogger(name) for name in ("", "notebook_kit", *LIBRARIES)]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    loggers[0].removeHandler(handler)


def refuse(*_given: object, **_named: object) -> Any:
    """Fail as a function of the user's may."""
    message = "refused by a function"
    raise ValueError(message)


class BrokenAuth(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Any:
        refuse()
        yield request


class BrokenTransport(httpx.AsyncBaseTransport):
    """Fails, after a try, in a way that no transport should."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncHTTPTransport() as inner:
            try:
                await inner.handle_async_request(request)
            except httpx.TransportError:
                refuse()
        raise AssertionError


def texts_of(error: BaseException) -> Iterator[str]:
    """Yield what is shown of an error: with its chain, and by IPython's Verbose mode.

    Of the frames of these tests nothing is looked at: they are those of the user.
    """
    yield "".join(traceback.format_exception(error))
    render: Any = VerboseTB()
    whole = COLOUR.sub("", render.text(type(error), error, error.__traceback__))
    for part in re.split(r"(?m)^(?=File )", whole):
        if "secrets" not in Path(part.partition(":")[0]).parts:
            yield part


def raised_by(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any error is what is looked at
        return error
    raise AssertionError


def check(said: Iterator[str]) -> None:
    """Check that nothing of this holds a secret, and that there is something."""
    texts = list(said)
    assert texts
    for text in texts:
        assert not found_in(text), text[:2000]


def test_the_search_finds() -> None:
    """Each form of each secret is a hit, so that no hit means something."""
    for name, value in PLANTED.items():
        assert found_in(f"key={value}") == {name}
        assert found_in(value.encode()) == {name}
        assert found_in(json.dumps({"a": value})) == {name}
        assert found_in(str(httpx.QueryParams({"a": value}))) == {name}
        assert found_in(httpx.BasicAuth("user", value)._auth_header) == {name}


def test_all_are_sent(server: FaultServer) -> None:
    """They reach the server, each in its place."""
    for by in WAYS:
        with planted_client(server.url, by) as api:
            api.get("/sent")
    sent = [request for request in server.requests if request.path == "/sent"]
    assert [found_in(it.head) for it in sent] == [
        {"header", "parameter", "cookie", by} for by in WAYS
    ]


@pytest.mark.parametrize(
    ("transport", "by", "full"), [("aiohttp", "userinfo", False), ("httpx", "bearer", True)]
)
@pytest.mark.parametrize("path", PATHS)
def test_errors_of_calls(  # noqa: PLR0917 - fixtures, and parameters of the test
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
    path: str,
    transport: str,
    by: str,
    full: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Neither chain nor Verbose traceback, whether or not the frames of the kit are shown."""
    monkeypatch.setattr(nk.options, "full_tracebacks", full)
    with planted_client(server.url, by, **TRANSPORTS[transport]()) as api:
        error = raised_by(lambda: api.get(path).json())
        streamed = raised_by(lambda: list(api.stream(path).json_lines()))
    check(texts_of(error))
    check(texts_of(streamed))
    check(said for _, said in everything_said(error, streamed))
    check(iter([log.getvalue()]))


MISTAKES: dict[str, Callable[[Any], object]] = {
    "a header": lambda api: api.get("/", headers={"x-api-key": PLANTED["header"] + "\n"}),
    "a typeset header": lambda api: api.get("/", headers={"x-api-key": PLANTED["header"] + "…"}),
    "an option": lambda api: api.get("/", headrs={"x-api-key": PLANTED["header"]}),
    "a timeout": lambda api: api.get("/", timeout=-1, params={"api_key": PLANTED["parameter"]}),
    "a parameter": lambda api: api.get("/", params={"api_key": PLANTED["parameter"] + "\n"}),
    "a cookie": lambda api: api.get("/", cookies={"session": PLANTED["cookie"], "a": 1}),
    "auth": lambda api: api.get("/", auth=(PLANTED["userinfo"], 1)),
    "a password": lambda api: api.get("/", auth=("user", PLANTED["userinfo"] + "\n")),
    "a body": lambda api: api.post("/", json={"token": PLANTED["bearer"], "a": object()}),
    "a scheme": lambda api: api.get(f"ftp://user:{PLANTED['userinfo']}@host/"),
    "a port": lambda api: api.get(f"http://user:{PLANTED['userinfo']}@host:99999/"),
    "a stream": lambda api: api.stream("/", headers={"x-api-key": PLANTED["header"] + "\n"}),
    "a map": lambda api: api.map("/{x", [1], headers={"x-api-key": PLANTED["header"]}),
    "a header of a map": lambda api: api.map(
        "/{x}", [1], headers={"x-api-key": PLANTED["header"] + "\n"}
    ),
    "a secret": lambda _: nk.Secret(PLANTED["bearer"] + "\n"),
    "a base URL": lambda _: nk.Client(f"http://user:{PLANTED['userinfo']}@host:port"),
    "a client": lambda _: planted_client("http://host", rate="fast"),
    "an option of a client": lambda _: planted_client("http://host", heders=1),
    "a proxy": lambda _: nk.Client("http://h", proxy=f"http://u:{PLANTED['userinfo']}@[::"),
    "a default": lambda _: nk.Client("http://h", headers={"x-api-key": PLANTED["header"] + "\n"}),
    "cookies": lambda _: nk.Client("http://h", cookies=[("a", PLANTED["cookie"]), 1]),
}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(
    monkeypatch: pytest.MonkeyPatch,
    server: FaultServer,
    mistake: str,
    full: bool,  # noqa: FBT001 - as above
) -> None:
    """What is refused is not told, not even to who wants all frames."""
    monkeypatch.setattr(nk.options, "full_tracebacks", full)
    with planted_client(server.url) as api:
        error = raised_by(lambda: MISTAKES[mistake](api))
    assert isinstance(error, nk.ConfigurationError)
    check(texts_of(error))


FUNCTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "a hook of requests": lambda: {"event_hooks": {"request": [refuse]}},
    "a hook of answers": lambda: {"event_hooks": {"response": [refuse]}},
    "auth": lambda: {"auth": BrokenAuth()},
    "a function of auth": lambda: {"auth": refuse},
    "a transport": lambda: {"transport": BrokenTransport()},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_errors_of_the_users_own_functions(server: FaultServer, function: str) -> None:
    """The user's frames are there, and those above and below them hold no values."""
    with planted_client(server.url, retry=0, **FUNCTIONS[function]()) as api:
        path = "/reset" if function == "a transport" else "/ok"
        error = raised_by(lambda: api.get(path))
        frame = api.map(path, [1], progress=False)
    assert isinstance(error, ValueError)
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert names[-1] == "refuse"
    assert len(names) > 5
    check(texts_of(error))
    assert frame["error_type"].tolist() == ["ValueError"]
    run = nk.last_run()
    assert run is not None
    kept = run.outcome(0).error
    assert isinstance(kept, ValueError)
    check(texts_of(kept))


@pytest.mark.parametrize(("transport", "by"), [("aiohttp", "bearer"), ("httpx", "userinfo")])
def test_a_session(
    server: FaultServer, log: io.StringIO, tmp_path: Path, transport: str, by: str
) -> None:
    """Neither what is shown of anything public, nor the log, nor a file, nor a widget."""
    items = [path[1:] for path in (*PATHS, "/ok", "/fine")]
    cache = nk.Cache("1 min", path=tmp_path / "cache.db")
    options = TRANSPORTS[transport]()
    with warnings.catch_warnings(record=True) as warned, nk.record(tmp_path / "tape.db") as tape:
        warnings.simplefilter("always")
        client = planted_client(server.url, by, cache=cache, **options)
        answered = [client.get("/ok").result() for _ in range(2)]
        events = list(client.stream("/lines").lines())
        call = client.get("/never", headers={"x-api-key": PLANTED["header"]})
        token = {"token": nk.Secret(PLANTED["bearer"])}
        run = client.map(
            "/{path}", items, checkpoint=tmp_path / "run.db", progress=False, params=token
        )
        frame = run.result()
        del call
        form = client.launcher("/{path}")
        inspected = run.inspect()
        roots = [client, client.sync, client.cookies, client.cache, client.stats, *events]
        roots += [part for it in answered for part in request_of(it)]
        roots += [run, run.snapshot(), run.errors, run.timings, *map(run.outcome, range(10))]
        roots += [frame, frame.attrs, frame.calls, form, inspected, tape, tape.stats()]
        roots += [nk.open_resources(), client.get("/x"), client.stream("/x")]
        check(said for _, said in everything_said(*roots))
        check(iter([frame.to_csv()]))
        for name in ("run.csv", "run.parquet", "run.jsonl"):
            run.export(tmp_path / name)
        # What is in such a file may be compressed.
        read = nk.read_frame(tmp_path / "run.parquet")
        check(iter([read.to_csv(), repr(read.attrs)]))
        client.close().wait()
    assert set(frame["status"]) == {"ok", "failed"}
    assert not any(found_in(str(it.message)) for it in warned)
    check(iter([log.getvalue()]))
    files = [it for it in tmp_path.iterdir() if it.is_file()]
    assert {"run.db", "tape.db", "cache.db", "run.parquet"} <= {it.name for it in files}
    for file in files:
        assert not found_in(file.read_bytes()), file.name


def test_where_a_password_is_in_the_url(server: FaultServer) -> None:
    """Given for one call, it is in nothing that is said of it."""
    with nk.Client(retry=0) as api:
        error = raised_by(lambda: api.get(with_userinfo(f"{server.url}/404")))
        answered = api.get(with_userinfo(f"{server.url}/ok"))
    assert "404" in str(error)
    check(texts_of(error))
    check(said for _, said in everything_said(error, *request_of(answered)))


def test_an_interrupt(server: FaultServer) -> None:
    """What interrupts a call leaves as it came, through frames that hold no values."""

    def interrupt(_request: httpx.Request) -> None:
        raise SystemExit(sys.maxsize)

    with planted_client(server.url, event_hooks={"request": [interrupt]}, retry=0) as api:
        try:
            api.get("/ok")
        except BaseException as error:  # noqa: BLE001 - as above
            check(texts_of(error))
        else:
            raise AssertionError
