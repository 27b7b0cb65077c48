"""Bodies: content, forms, JSON and files, byte for byte as httpx sends them."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.httpx.alike import Alike, answers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from notebook_kit.testing import FaultServer
    from tests.client.httpx.alike import Both

_BOUNDARY = {"content-type": "multipart/form-data; boundary=edge"}


def _body(both: Both) -> bytes:
    return both.seen[0][0].body


def _posted(alike: Alike, **options: Any) -> bytes:
    return _body(alike(answers_of(lambda client: client.post("/x", **options))))


@pytest.mark.parametrize("content", [b"bytes", "täxt", b"", "", b"x" * 300_000])
def test_content_in_memory(alike: Alike, content: Any) -> None:
    """Bytes and text are sent as they are, with their length."""
    wanted = content.encode() if isinstance(content, str) else content
    assert _posted(alike, content=content) == wanted


def test_content_of_an_async_generator(alike: Alike, server: FaultServer) -> None:
    """An async generator is sent in chunks as it gives them."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"", b"two" * 50_000):
            yield piece

    both = alike(answers_of(lambda client: client.post("/x", content=pieces())))
    assert _body(both) == b"one" + b"two" * 50_000
    assert (b"transfer-encoding", b"chunked") in both.seen[0][0].headers


def test_a_length_of_ones_own(alike: Alike) -> None:
    """An async generator whose length is given is sent without chunks."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    both = alike(
        answers_of(
            lambda client: client.post("/x", content=pieces(), headers={"content-length": "6"})
        )
    )
    assert _body(both) == b"onetwo"


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter([b"one", b"two"]),
        lambda: [b"one", "two"],
        lambda: io.BytesIO(b"onetwo"),
        lambda: io.StringIO("onetwo"),
        lambda: bytearray(b"onetwo"),
    ],
)
def test_what_can_be_read_is_read(
    alike: Alike, server: FaultServer, make: Callable[[], Any]
) -> None:
    """A difference to httpx, which refuses them in async code: files and iterables are read whole.

    So a failed attempt can be repeated.
    """
    server.when("/x", answer(status=503), answer("fine"))
    client = alike.kit(retry=nk.Retry(max_attempts=2, base_delay=0.001))
    client.put("/x", content=make()).result()
    client.close()
    assert [it.body for it in server.requests] == [b"onetwo", b"onetwo"]
    assert server.requests[0].header("content-length") == b"6"


@pytest.mark.parametrize(
    "data",
    [
        {"a": "1", "b": "x y&ü"},
        {"a": ["1", "2"], "b": 3, "c": 1.5, "d": True, "e": None},
        {"a": ()},
        {},
    ],
)
def test_forms(alike: Alike, data: Any) -> None:
    """A dict as data= is a form, its lists several fields."""
    _posted(alike, data=data)


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, None, True, 1.5], "ü": "ä"},
        [],
        "text",
        0,
        False,
        {"nested": {"deep": [{"x": 1}]}},
        None,
    ],
)
def test_json(alike: Alike, value: Any) -> None:
    """JSON is written as httpx writes it, compactly and in UTF-8; None is no body."""
    body = _posted(alike, json=value)
    assert (body == b"") is (value is None)


@pytest.mark.parametrize("value", [float("nan"), object(), dt.date(2026, 1, 1), {1, 2}])
def test_what_is_no_json_is_refused(alike: Alike, server: FaultServer, value: Any) -> None:
    """A value that is no JSON is an error when the call is made."""
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="JSON"):
        client.post("/x", json=value)
    client.close()
    assert server.requests == ()


@pytest.mark.parametrize("first", [{"data": {"a": "1"}}, {"content": b"x"}, {"files": {"f": b"x"}}])
def test_two_bodies(server: FaultServer, alike: Alike, first: dict[str, Any]) -> None:
    """Where httpx sends one body and drops the JSON, nothing is sent and both are named."""
    dropped = httpx.Client().build_request("POST", server.url, json={"lost": 1}, **first)
    assert b"lost" not in dropped.read()
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match=f"json= and {next(iter(first))}= are each"):
        client.post("/x", json={"lost": 1}, **first)
    client.close()
    assert server.requests == ()


_FILES: list[Callable[[], Any]] = [
    lambda: {"file": b"bytes"},
    lambda: {"file": ("name.txt", b"bytes")},
    lambda: {"file": ("name.txt", "text", "text/csv")},
    lambda: {"file": ("näme.bin", io.BytesIO(b"bytes"), None, {"X-Part": "1"})},
    lambda: {"file": (None, b"no name")},
    lambda: {"one": io.BytesIO(b"1"), "two": ("2.json", b"{}")},
    lambda: [("same", ("1.txt", b"1")), ("same", ("2.txt", b"2"))],
    dict,
]


@pytest.mark.parametrize("make", _FILES)
def test_files(alike: Alike, make: Callable[[], Any]) -> None:
    """Each form of files= is written as httpx writes it."""
    work = answers_of(lambda client: client.post("/x", files=make()))
    alike(work)


@pytest.mark.parametrize("make", _FILES[:-1])
def test_files_and_fields(alike: Alike, make: Callable[[], Any]) -> None:
    """data= beside files= makes fields of the same form, with a boundary of one's own too."""
    data = {"a": "1", "b": ["2", "3"], "c": 4}
    alike(answers_of(lambda client: client.post("/x", files=make(), data=data)))
    both = alike(
        answers_of(lambda client: client.post("/x", files=make(), data=data, headers=_BOUNDARY))
    )
    assert _body(both).startswith(b"--edge\r\n")


def test_a_file_from_disk(alike: Alike, tmp_path: Path) -> None:
    """An open file is sent with its name, its type and its length."""
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n" * 50_000)

    async def work(client: Any) -> Any:
        with path.open("rb") as file:
            return [await client.post("/x", files={"table": file})]

    both = alike(work)
    assert b'filename="table.csv"' in _body(both)
    assert b"Content-Type: text/csv" in _body(both)


def test_a_file_is_sent_again(alike: Alike, server: FaultServer) -> None:
    """A file that can be rewound is sent whole by a second attempt and by a second await."""
    server.when("/x", answer(status=503), answer("fine"))
    client = alike.kit(retry=nk.Retry(max_attempts=2, base_delay=0.001))
    call = client.put("/x", files={"file": io.BytesIO(b"all of it")}, headers=_BOUNDARY)
    call.result()
    call.result()
    client.close()
    assert len({it.body for it in server.requests}) == 1
    assert len(server.requests) == 3


def test_content_that_is_no_body_is_refused(alike: Alike) -> None:
    """A dict, a number or a list of numbers as content= is an error that names json=."""
    client = alike.kit()
    for content in ({"a": 1}, 7, object()):
        with pytest.raises(nk.ConfigurationError, match=r"json="):
            client.post("/x", content=content)
    with pytest.raises(nk.ConfigurationError, match="made of bytes or text"):
        client.post("/x", content=[1])
    client.close()


def test_an_error_of_a_body_is_the_callers(alike: Alike) -> None:
    """What an iterator of the body raises comes out of the call as it is."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"one"
        raise LookupError

    def broken_too() -> Iterator[bytes]:
        yield b"one"
        raise LookupError

    client = alike.kit()
    with pytest.raises(LookupError):
        client.post("/x", content=broken()).result()
    with pytest.raises(LookupError):
        client.post("/x", content=broken_too())
    client.close()
