"""The same work done with httpx and with the kit, and what a server saw of both compared."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

import notebook_kit as nk
from tests.certificates import unused_context

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer, ReceivedRequest

__all__ = ["VARIANTS", "Alike", "Both", "Seen", "Work", "answers_of", "run"]

#: What is done with a client; httpx's and the kit's have the same verbs.
Work: TypeAlias = Callable[[Any], Awaitable[Sequence[httpx.Response]]]

#: Options that have the kit take each of its transports.
VARIANTS: Final[dict[str, dict[str, Any]]] = {"aiohttp": {}, "pieces": {"http2": True}}

#: What is drawn anew for each request.
_RANDOM: Final = re.compile(rb'(?<=boundary=)[0-9a-f]{32}|(?<=cnonce=")[^"]+|(?<=response=")[^"]+')
_BOUNDARY: Final = re.compile(rb"--[0-9a-f]{32}")


@dataclass(frozen=True)
class Seen:
    """One request as a server saw it, without what is drawn at random."""

    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, request: ReceivedRequest) -> Seen:
        headers = sorted((name.lower(), value) for name, value in request.headers)
        return cls(
            request.line,
            [(name, _RANDOM.sub(b"*", value)) for name, value in headers],
            _BOUNDARY.sub(b"--*", request.body),
        )


@dataclass(frozen=True)
class Both:
    """What came of the work: the kit's answers, and what each server saw of it."""

    answers: list[nk.Response]
    seen: list[list[Seen]]


class _Lenient:
    """The kit's client, giving answers of 4xx and 5xx as httpx does."""

    def __init__(self, client: nk.Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        wanted = getattr(self._client, name)
        if not callable(wanted):
            return wanted

        async def call(*args: Any, **options: Any) -> Any:
            try:
                return await wanted(*args, **options)
            except nk.APIError as error:
                return error.response

        return call


class Alike:
    """Does work with httpx and with the kit, and fails where the two differ.

    Args:
        variant: which transport the kit takes.
        servers: those whose requests are compared; the first one is the base URL.
    """

    def __init__(self, variant: str, servers: Sequence[FaultServer]) -> None:
        self.options = VARIANTS[variant]
        self.servers = list(servers)

    def kit(self, **options: Any) -> nk.Client:
        """Return a client of the kit over the transport of this variant."""
        options.setdefault("base_url", self.servers[0].url)
        return nk.Client(**{"retry": 0, **self.options, **options})

    def plain(self, **options: Any) -> httpx.AsyncClient:
        """Return httpx's client."""
        options.setdefault("base_url", self.servers[0].url)
        if self.servers[0].url.startswith("http:") and not options.keys() & {"verify", "cert"}:
            options["verify"] = unused_context()
        return httpx.AsyncClient(**options)

    def __call__(self, work: Work, **options: Any) -> Both:
        """Do the work with clients made with these options; compare what servers and caller saw.

        An option that is one of this test's own makers is called anew for each of the two.
        """
        before = self._counts()

        async def plainly() -> list[dict[str, Any]]:
            async with self.plain(**_made(options)) as client:
                return [described(it) for it in await work(client)]

        expected = asyncio.run(plainly())
        middle = self._counts()

        async def with_the_kit() -> list[nk.Response]:
            async with self.kit(**_made(options)) as client:
                return [_kits(it) for it in await work(_Lenient(client))]

        answers = asyncio.run(with_the_kit())
        seen = self._since(middle)
        assert seen == self._since(before, middle)
        assert [described(it) for it in answers] == expected
        return Both(answers, seen)

    def _counts(self) -> list[int]:
        return [len(server.requests) for server in self.servers]

    def _since(self, start: list[int], end: list[int] | None = None) -> list[list[Seen]]:
        ends = end or self._counts()
        return [
            [Seen.of(it) for it in server.requests[first:last]]
            for server, first, last in zip(self.servers, start, ends, strict=True)
        ]


def _made(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if _is_maker(value) else value for name, value in options.items()}


def _is_maker(value: Any) -> bool:
    """Tell a class, or a function without parameters, from a value."""
    return inspect.isclass(value) or (
        inspect.isfunction(value) and not inspect.signature(value).parameters
    )


def _kits(answer: httpx.Response) -> nk.Response:
    assert isinstance(answer, nk.Response)
    return answer


def described(answer: httpx.Response) -> dict[str, Any]:
    """Return all that a caller can read of an answer, but how long it took."""
    request = answer.request
    return {
        "status": (answer.http_version, answer.status_code, answer.reason_phrase),
        "url": str(answer.url),
        "headers": answer.headers.raw,
        "content": answer.content,
        "text": answer.text,
        "encoding": (answer.encoding, answer.charset_encoding, answer.default_encoding),
        "cookies": dict(answer.cookies),
        "links": answer.links,
        "request": (request.method, str(request.url), _RANDOM.sub(b"*", _raw(request.headers))),
        "history": [described(it) for it in answer.history],
        "next": answer.next_request and (answer.next_request.method, str(answer.next_request.url)),
        "kinds": (
            answer.is_informational,
            answer.is_success,
            answer.is_redirect,
            answer.has_redirect_location,
            answer.is_client_error,
            answer.is_server_error,
            answer.is_error,
        ),
        "state": (answer.is_closed, answer.is_stream_consumed, answer.num_bytes_downloaded),
    }


def _raw(headers: httpx.Headers) -> bytes:
    return b"\n".join(sorted(b"%s: %s" % (name.lower(), value) for name, value in headers.raw))


def answers_of(*calls: Callable[[Any], Awaitable[httpx.Response]]) -> Work:
    """Return the work of making these calls one after the other."""

    async def work(client: Any) -> list[httpx.Response]:
        return [await call(client) for call in calls]

    return work


def run(work: Awaitable[Any]) -> Any:
    """Run to the end on a new loop."""

    async def main() -> Any:
        return await work

    return asyncio.run(main())
