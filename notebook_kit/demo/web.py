"""Requests read and answers written: the few things that every route needs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route

from notebook_kit.demo.connections import ClientGone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from notebook_kit.demo.connections import Connections

__all__ = [
    "Answer",
    "Endpoint",
    "Fault",
    "Reply",
    "Stream",
    "json_body",
    "json_reply",
    "number",
    "raw_body",
    "route",
    "whole",
]

_Number = TypeVar("_Number", int, float)

_LARGEST_BODY: Final = 16 * 1024 * 1024
_JSON: Final = b"application/json"


#: Header fields; a list of pairs where a name comes twice.
HeaderFields: TypeAlias = "Mapping[str, str] | list[tuple[str, str]]"

#: What a handler returns: anything that can send itself.
Answer: TypeAlias = "ASGIApp"

#: What answers the requests of a route.
Handler: TypeAlias = "Callable[[Request], Awaitable[Answer]]"


class Reply:
    """An answer whose whole body is known; None for one that cannot have a body, as 204."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(
        self,
        body: bytes | None,
        *,
        status: int = 200,
        media_type: bytes = _JSON,
        headers: HeaderFields | None = None,
    ) -> None:
        self._status = status
        self._body = body or b""
        content: list[tuple[bytes, bytes]] = []
        if body is not None:
            length = str(len(body)).encode()
            content = [(b"content-type", media_type), (b"content-length", length)]
        self._headers = [*content, *_encoded(headers)]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body})


class Stream:
    """An answer that is sent piece by piece, and given up when the client leaves."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        connections: Connections,
        *,
        media_type: bytes,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._pieces = pieces
        self._connections = connections
        self._headers = [(b"content-type", media_type), *_encoded(headers)]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            async for piece in self._pieces:
                if self._connections.gone(scope):
                    raise ClientGone
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await self._pieces.aclose()


class Fault(Exception):
    """An answer that says what is wrong with a request, raised from anywhere in a handler."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        error = {"message": message, "type": kind, "param": param, "code": code}
        self.reply = json_reply({"error": error, **(more or {})}, status=status, headers=headers)


class Endpoint:
    """A handler as an ASGI application; what it raises as a `Fault` becomes the answer."""

    def __init__(self, template: str, handler: Handler) -> None:
        self.template = template
        self.about = (inspect.getdoc(handler) or "").partition("\n")[0]
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._handler(Request(scope, receive, send))
            await answer(scope, receive, send)
        except Fault as fault:
            await fault.reply(scope, receive, send)
        except (ClientGone, ClientDisconnect):
            # There is no one left to answer.
            return


def route(template: str, handler: Handler, *methods: str) -> Route:
    """Return a route for the methods named, GET when there are none."""
    return Route(template, Endpoint(template, handler), methods=list(methods or ("GET",)))


def json_reply(
    data: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """Return an answer that holds the data as JSON."""
    body = json.dumps(data, separators=(",", ":")).encode()
    return Reply(body, status=status, headers=headers)


async def raw_body(request: Request) -> bytes:
    """Read the body of a request, 16 MiB at most."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_BODY:
            raise Fault(413, f"The body is larger than {_LARGEST_BODY} bytes.", code="too_large")
        parts.append(part)
    return b"".join(parts)


async def json_body(request: Request) -> dict[str, Any]:
    """Read the body of a request as a JSON object."""
    body = await raw_body(request)
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Fault(400, f"The body is not JSON: {error}.", code="invalid_json") from error
    if not isinstance(data, dict):
        message = f"The body is a JSON {type(data).__name__}; send an object, as {{...}}."
        raise Fault(400, message, code="invalid_json")
    return data


def whole(request: Request, name: str, default: int, *, low: int, high: int) -> int:
    """Read a whole number from the query."""
    return _checked(request, name, int, default, (low, high))


def number(request: Request, name: str, default: float, *, low: float, high: float) -> float:
    """Read a number from the query."""
    return _checked(request, name, float, default, (low, high))


def _checked(
    request: Request,
    name: str,
    read: Callable[[str], _Number],
    default: _Number,
    span: tuple[_Number, _Number],
) -> _Number:
    text = request.query_params.get(name)
    if text is None:
        return default
    low, high = span
    try:
        value = read(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        message = f"{name}={text!r} is not a number from {low} to {high}."
        raise Fault(400, message, code="invalid_parameter", param=name)
    return value


def _encoded(headers: HeaderFields | None) -> list[tuple[bytes, bytes]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _refuse_constant(name: str) -> Any:
    message = f"{name} is not a JSON value"
    raise ValueError(message)
