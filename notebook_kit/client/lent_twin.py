"""A client of a package that has httpx's classes under another name, as httpx2, seen as httpx's.

Its own methods build and send; requests, answers and errors are translated, because the classes of
the two packages have nothing in common but their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
from httpx._decoders import ContentDecoder

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["TwinClient"]

#: Under this key of its extensions a request has the one that is really sent.
_TWIN: Final = "notebook_kit.twin"


class TwinClient:
    """Builds and sends with such a client; takes and gives httpx's classes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def build_request(self, method: str, url: str, **options: Any) -> httpx.Request:
        """Return a request that the client would send."""
        translated = {name: _plain(value) for name, value in options.items()}
        return _request(self._client.build_request(method, url, **translated))

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send what was built; headers that were added since go along."""
        twin = request.extensions[_TWIN]
        twin.headers = type(twin.headers)(request.headers.raw)
        twin.extensions = {k: v for k, v in request.extensions.items() if k != _TWIN}
        if isinstance(options.get("auth"), httpx.Auth):
            message = (
                f"auth= is an httpx.{type(options['auth']).__name__}, and http_client= is of "
                "another package: give a pair or a function here, or credentials to that client."
            )
            raise ConfigurationError(message)
        try:
            answer = await self._client.send(twin, stream=True, **options)
        except Exception as error:
            raise _error(error) from error
        body = _Body(answer)
        response = body.response = _response(answer, stream=body)
        response.history = [_whole(earlier) for earlier in answer.history]
        if answer.next_request is not None:
            response.next_request = _request(answer.next_request)
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


def _plain(value: Any) -> Any:
    """Return an option in a form that both packages read."""
    if isinstance(value, httpx.Timeout):
        times = value.as_dict()
        return tuple(times[name] for name in ("connect", "read", "write", "pool"))
    if isinstance(value, httpx.Headers):
        return value.raw
    if isinstance(value, (httpx.QueryParams, httpx.URL)):
        return str(value)
    return value.jar if isinstance(value, httpx.Cookies) else value


def _request(twin: Any) -> httpx.Request:
    """Return a request of httpx's that stands for one of the other package."""
    known = hasattr(twin, "_content")
    stream = httpx.ByteStream(twin.content) if known else _Unread(twin.stream)
    extensions = {**twin.extensions, _TWIN: twin}
    url, headers = str(twin.url), twin.headers.raw
    request = httpx.Request(twin.method, url, headers=headers, stream=stream, extensions=extensions)
    if known:
        # What an answer is kept by asks for the whole of it.
        request.read()
    return request


def _response(twin: Any, **content: Any) -> httpx.Response:
    response = httpx.Response(
        twin.status_code,
        headers=twin.headers.raw,
        request=_request(twin.request),
        extensions=twin.extensions,
        default_encoding=twin.default_encoding,
        **content,
    )
    # The body comes decompressed from the other package, whatever the headers say of it.
    response._decoder = _Decompressed()  # noqa: SLF001 - httpx asks the headers otherwise
    return response


def _whole(twin: Any) -> httpx.Response:
    """Return an answer that has been read, as those before a redirect have."""
    response = _response(twin, stream=httpx.ByteStream(twin.content))
    response.read()
    response.elapsed = twin.elapsed
    return response


class _Decompressed(ContentDecoder):
    def decode(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _Unread(httpx.AsyncByteStream):
    """A body that is read when it is sent."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece


class _Body(httpx.AsyncByteStream):
    """The body of an answer, decompressed, its errors translated."""

    response: httpx.Response

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer.aiter_bytes():
                yield piece
        except Exception as error:
            raise _error(error) from error

    async def aclose(self) -> None:
        await self._answer.aclose()
        self.response.elapsed = self._answer.elapsed


def _error(error: Exception) -> Exception:
    """Return httpx's error of the same name, or the error itself where there is none."""
    for kind in type(error).__mro__:
        if kind.__module__.partition(".")[0] in {"builtins", "httpx"}:
            break
        known = getattr(httpx, kind.__name__, None)
        if not isinstance(known, type):
            continue
        if issubclass(known, httpx.RequestError):
            request = getattr(error, "_request", None)
            return known(str(error), request=None if request is None else _request(request))
        if issubclass(known, httpx.InvalidURL):
            return known(str(error))
        if issubclass(known, httpx.StreamConsumed):
            return known()
    return error
