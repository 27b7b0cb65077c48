"""Bodies that can be read once: sent whole each time, or refused the second time."""

from __future__ import annotations

import asyncio
import io
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

RETRY = nk.Retry(max_attempts=3, base_delay=0, unsafe=True)


class Server:
    """Answers 503 and then 200, or always 503, and keeps the bodies."""

    def __init__(self, *, heals: bool = True) -> None:
        self.bodies: list[bytes] = []
        self.heals = heals
        self.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(await request.aread())
        return httpx.Response(200 if self.heals and len(self.bodies) > 1 else 503)


def _pieces() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


async def _pieces_later() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


@pytest.mark.parametrize(
    "make", [lambda: io.BytesIO(b"ab"), lambda: io.StringIO("ab"), _pieces, lambda: [b"a", b"b"]]
)
@pytest.mark.parametrize("option", ["content", "data"])
def test_files_and_generators_are_sent_whole_with_every_attempt(
    make: Callable[[], Any], option: Any
) -> None:
    """A retry, and a second await, send the same bytes again."""
    server = Server()
    with nk.Client("http://host", transport=server.transport, retry=RETRY) as api:
        assert api.request("POST", "/x", **{option: make()}).status_code == 200
    assert server.bodies == [b"ab", b"ab"]


def test_a_map_sends_a_file_with_every_row() -> None:
    """A constant body that is a file is read once and sent with each row."""
    server = Server()
    with nk.Client("http://host", transport=server.transport, retry=RETRY) as api:
        api.map("/{n}", [1, 2], method="POST", content=io.BytesIO(b"ab"), progress=False)
    assert server.bodies == [b"ab"] * 3
    nk.forget()


def test_an_async_iterable_is_sent_once() -> None:
    """It gets one attempt, and a second await says to give bytes."""
    server = Server(heals=False)

    async def main() -> None:
        async with nk.Client("http://host", transport=server.transport, retry=RETRY) as client:
            call = client.post("/x", content=_pieces_later())
            with pytest.raises(nk.ServerError):
                await call
            with pytest.raises(nk.ConfigurationError, match="give bytes"):
                await call

    asyncio.run(main())
    assert server.bodies == [b"ab"]


@pytest.mark.parametrize("content", [7, {"a": 1}, [1, 2]])
def test_what_is_no_body_is_refused(content: Any) -> None:
    """A body is text, bytes, a file or an iterable of them."""
    with (
        nk.Client("http://host") as api,
        pytest.raises(nk.ConfigurationError, match=r"text, bytes|bytes or text"),
    ):
        api.post("/x", content=content)


def test_an_async_iterable_is_refused_for_many_rows() -> None:
    """Only one row could have it."""
    with (
        nk.Client("http://host") as api,
        pytest.raises(nk.ConfigurationError, match="each row needs it"),
    ):
        api.map("/{n}", [1], method="POST", content=_pieces_later(), progress=False)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"file": {"a": 1}}, "files= holds a dict, which is no data"),
        ({"file": ("a.csv", 7)}, "files= holds a int, which is no data"),
        ([("file", ("a.csv", None))], "files= holds a NoneType, which is no data"),
        ({"file": ("a.csv",)}, "files= holds 1 values in brackets"),
        (["a.csv"], "files= is a list"),
        (7, "files= is a int"),
    ],
)
def test_what_is_no_file_is_refused_before_anything_is_sent(files: Any, said: str) -> None:
    """A single call says so when it is made; httpx would find it while it sends."""
    server = Server()
    api = nk.Client("http://host", transport=server.transport)
    with pytest.raises(nk.ConfigurationError, match=re.escape(said)):
        api.post("/x", files=files)
    assert server.bodies == []
    api.close()


def test_bytes_of_any_kind_are_a_file() -> None:
    """What bytes are held in makes no difference, and an open file is read when it is sent."""
    server = Server(heals=True)
    with nk.Client("http://host", transport=server.transport, retry=RETRY) as api:
        files = {"a": bytearray(b"one"), "b": ("b.txt", memoryview(b"two")), "c": io.BytesIO(b"3")}
        assert api.post("/x", files=files).status_code == 200
    assert [part in server.bodies[0] for part in (b"one", b"two", b"3")] == [True] * 3
