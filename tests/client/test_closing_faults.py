"""Of two errors the first is raised; that closing failed as well is noted on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

NOTE = "notebook_kit: closing the answer failed as well: RuntimeError: odd closing"


class _Body(httpx.AsyncByteStream):
    def __init__(self, error: Exception | None, *, hangs: bool) -> None:
        self._error = error
        self._hangs = hangs

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"abc"
        if self._hangs:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error

    async def aclose(self) -> None:
        raise RuntimeError("odd closing")


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception | None = None, *, hangs: bool = False) -> None:
        self._body = _Body(error, hangs=hangs)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, stream=self._body)


def _client(transport: _Transport, *, lent: bool, **options: Any) -> nk.Client:
    if lent:
        inner = httpx.AsyncClient(base_url="http://host", transport=transport)
        client = nk.Client(http_client=inner, retry=0, **options)
    else:
        client = nk.Client("http://host", transport=transport, retry=0, **options)
    _made.append(client)
    return client


_made: list[nk.Client] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()


def _errors(client: nk.Client) -> list[BaseException]:
    """Return what a call, a row and a stream end with."""
    run = client.map("/{id}", [1], progress=False)
    run.result()
    error = run.outcome(0).error
    assert error is not None
    found: list[BaseException] = [error]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        client.get("/1").result()
    found.append(caught.value)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - as above
        list(client.stream("/1").bytes())
    return [*found, caught.value]


@pytest.mark.parametrize("lent", [False, True])
def test_the_first_error_is_raised(*, lent: bool) -> None:
    """An error of the connection stays one, and one of the user's own the user's."""
    for error, kind in ((httpx.ReadError("gone"), nk.ConnectionLost), (KeyError("a"), KeyError)):
        for raised in _errors(_client(_Transport(error), lent=lent)):
            assert type(raised) is kind
            assert raised.__notes__ == [NOTE]


@pytest.mark.parametrize("lent", [False, True])
def test_a_fault_of_closing_alone(*, lent: bool) -> None:
    """It is raised as an error of the kit that says so."""
    client = _client(_Transport(), lent=lent)
    for raised in _errors(client):
        assert type(raised) is nk.RequestError
        assert "GET http://host/1: closing the answer failed: RuntimeError: odd closing" in str(
            raised
        )
    with pytest.raises(nk.RequestError, match="odd closing"), client.stream("/1") as stream:
        next(iter(stream.bytes()))
    with pytest.raises(KeyError) as caught, client.stream("/1"):
        raise KeyError("mine")
    assert "closing the stream failed as well" in caught.value.__notes__[0]


@pytest.mark.parametrize("lent", [False, True])
def test_a_time_limit_is_told_all_the_same(*, lent: bool) -> None:
    """What closing raises when the time is over does not hide that it was."""
    client = _client(_Transport(hangs=True), lent=lent, attempt_timeout=0.01)
    with pytest.raises(nk.RequestTimeout) as caught:
        client.get("/1").result()
    assert caught.value.__notes__ == [NOTE]


@pytest.mark.parametrize("lent", [False, True])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ReadError(""), "ReadError: the connection was closed"),
        (httpx.ConnectError(""), "could not connect: ConnectError: the connection was closed"),
        (httpx.DecodingError(""), "cannot be decompressed: DecodingError"),
        (ConnectionResetError(), "ConnectionResetError: the connection was closed"),
    ],
)
def test_errors_without_words(error: Exception, said: str, *, lent: bool) -> None:
    """The class is told at least."""
    for raised in _errors(_client(_Transport(error), lent=lent)):
        assert isinstance(raised, nk.RequestError)
        assert said in str(raised)
