"""Routes that show how a client behaves: echoes, codes, delays, sizes, redirects, cookies."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Final

from notebook_kit.demo.web import Fault, Reply, Stream, json_reply, number, raw_body, route, whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["plumbing_routes"]

_ANY: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LONGEST_S: Final = 600
_LARGEST: Final = 256 * 1024 * 1024
_PIECE: Final = bytes(range(256)) * 256
_MOST_REDIRECTS: Final = 100
_BODILESS: Final = frozenset({204, 205, 304})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_COOKIE: Final = re.compile(r"[A-Za-z0-9_.-]+")


def plumbing_routes(world: World) -> list[Route]:
    """Return the routes about HTTP itself."""
    plumbing = _Plumbing(world)
    return [
        route("/echo", plumbing.echo, *_ANY),
        route("/echo/{rest:path}", plumbing.echo, *_ANY),
        route("/status/{code:int}", plumbing.status, *_ANY),
        route("/slow", plumbing.slow),
        route("/bytes/{count:int}", plumbing.some_bytes),
        route("/gzip", plumbing.gzipped),
        route("/redirect/{count:int}", plumbing.redirect),
        route("/cookies", plumbing.cookies),
        route("/cookies/set", plumbing.set_cookies),
    ]


class _Plumbing:
    def __init__(self, world: World) -> None:
        self._connections = world.connections

    async def echo(self, request: Request) -> Answer:
        """The request as it arrived: method, raw path and query, headers, body."""
        body = await raw_body(request)
        scope = request.scope
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        return json_reply(
            {
                "method": request.method,
                "path": path,
                "query": query,
                "headers": [
                    [name.decode("latin-1"), value.decode("latin-1")]
                    for name, value in scope["headers"]
                ],
                "body": body.decode("utf-8", "replace"),
                "body_base64": base64.b64encode(body).decode(),
                "http_version": scope["http_version"],
                "client": list(scope["client"] or ()),
            }
        )

    async def status(self, request: Request) -> Answer:
        """An answer with this status code, 200 to 599; ?retry_after= adds that header."""
        code = request.path_params["code"]
        if not 200 <= code <= 599:  # noqa: PLR2004 - the codes of final answers
            raise Fault(400, f"{code} is not a status from 200 to 599.", param="code")
        headers: dict[str, str] = {}
        if "retry_after" in request.query_params:
            headers["retry-after"] = str(whole(request, "retry_after", 1, low=0, high=86_400))
        body = None if code in _BODILESS else json.dumps({"status": code}).encode()
        return Reply(body, status=code, headers=headers)

    async def slow(self, request: Request) -> Answer:
        """An answer after ?seconds= (default 1, at most 600)."""
        length_s = number(request, "seconds", 1, low=0, high=_LONGEST_S)
        await self._connections.pause(request.scope, length_s)
        return json_reply({"seconds": length_s})

    async def some_bytes(self, request: Request) -> Answer:
        """So many bytes, counting from 0 to 255 over and over."""
        count = request.path_params["count"]
        if count > _LARGEST:
            raise Fault(400, f"{count} bytes are more than {_LARGEST}.", param="count")
        return Stream(
            _counting(count),
            self._connections,
            media_type=b"application/octet-stream",
            headers={"content-length": str(count)},
        )

    async def gzipped(self, _request: Request) -> Answer:
        """JSON that was compressed with gzip."""
        text = json.dumps({"gzipped": True, "text": "compressed " * 100}).encode()
        return Reply(gzip.compress(text, mtime=0), headers={"content-encoding": "gzip"})

    async def redirect(self, request: Request) -> Answer:
        """So many redirects, then JSON; ?status=307 chooses the kind."""
        count = request.path_params["count"]
        status = whole(request, "status", 302, low=301, high=308)
        if count > _MOST_REDIRECTS or status not in _REDIRECTS:
            message = f"At most {_MOST_REDIRECTS} redirects, with status 301, 302, 303, 307 or 308."
            raise Fault(400, message)
        if count == 0:
            return json_reply({"redirected": True})
        return Reply(
            b"", status=status, headers={"location": f"/redirect/{count - 1}?status={status}"}
        )

    async def cookies(self, request: Request) -> Answer:
        """The cookies that the client sent."""
        return json_reply({"cookies": request.cookies})

    async def set_cookies(self, request: Request) -> Answer:
        """Set the cookies that the query names, as ?flavour=oat."""
        given: Mapping[str, str] = request.query_params
        for name, value in given.items():
            if not (_COOKIE.fullmatch(name) and _COOKIE.fullmatch(value)):
                message = f"{name}={value!r}: letters, digits, '.', '_' and '-' only."
                raise Fault(400, message, param=name)
        headers = [("set-cookie", f"{name}={value}; Path=/") for name, value in given.items()]
        return Reply(json.dumps({"set": dict(given)}).encode(), headers=headers)


async def _counting(count: int) -> AsyncGenerator[bytes, None]:
    while count > 0:
        yield _PIECE[:count]
        count -= len(_PIECE)
