"""What a `FakeAPI` gives: answers whole or in pieces, late or broken, and failures."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypedDict, get_args

import httpx

from notebook_kit.checks import teaches_arguments, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import seconds
from notebook_kit.testing.fake_bodies import ABSENT, body_of, checked_headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from notebook_kit.policies import Duration

__all__ = [
    "ABSENT",
    "AnswerKeywords",
    "FailureName",
    "FakeAnswer",
    "FakeFailure",
    "fake_answer",
    "fake_failure",
]

#: The ways to give no whole answer.
FailureName: TypeAlias = Literal[
    "refused", "lost", "garbage", "connect timeout", "read timeout", "hangs"
]
_HIGHEST_STATUS: Final = 599
_ERRORS: Final[dict[str, tuple[type[httpx.TransportError], str]]] = {
    "refused": (httpx.ConnectError, "scripted: connection refused"),
    "lost": (httpx.ReadError, "scripted: connection reset by peer"),
    "garbage": (httpx.RemoteProtocolError, "scripted: what came is no HTTP"),
    "connect timeout": (httpx.ConnectTimeout, "scripted: no connection in time"),
    "read timeout": (httpx.ReadTimeout, "scripted: no answer in time"),
}


@dataclass(frozen=True, slots=True)
class FakeFailure:
    """No whole answer; `fake_failure` makes one.

    Attributes:
        name: in which way.
        after_s: seconds until it fails.
    """

    name: FailureName
    after_s: float = 0.0

    async def perform(self, request: httpx.Request) -> httpx.Response:
        """Fail as a transport does."""
        await pause(self.after_s, request)
        await fail(self.name, request)
        raise AssertionError  # pragma: no cover - it has failed


@dataclass(frozen=True, slots=True, repr=False)
class FakeAnswer:
    """An answer; `fake_answer` makes one.

    Attributes:
        status: the status.
        headers: the headers, with what was worked out for the body.
        pieces: the body, in the pieces in which it comes.
        after_s: seconds until the head comes.
        pause_s: seconds before each piece of the body but the first.
        breaks: how it fails behind the last piece, or None.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: tuple[bytes, ...]
    after_s: float = 0.0
    pause_s: float = 0.0
    breaks: FailureName | None = None

    async def perform(self, request: httpx.Request) -> httpx.Response:
        """Answer as a transport does."""
        await pause(self.after_s, request)
        body = _Body(self, request)
        return httpx.Response(self.status, headers=list(self.headers), stream=body)

    def __repr__(self) -> str:
        return f"<FakeAnswer {self.status}, {sum(map(len, self.pieces)):,} bytes>"


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: FakeAnswer, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer, request = self._answer, self._request
        if request.method != "HEAD":
            for number, piece in enumerate(answer.pieces):
                await pause(answer.pause_s if number else 0.0, request)
                yield piece
        if answer.breaks is not None:
            await fail(answer.breaks, request)


async def pause(wait_s: float, request: httpx.Request) -> None:
    """Let so many seconds pass, but not more than the read timeout of the request.

    Raises:
        httpx.ReadTimeout: when that would be longer.
    """
    limit_s = (request.extensions.get("timeout") or {}).get("read")
    if limit_s is not None and wait_s > limit_s:
        await asyncio.sleep(limit_s)
        message = f"scripted: nothing came for {limit_s:g} s"
        raise httpx.ReadTimeout(message, request=request)
    if wait_s == math.inf:
        await asyncio.get_running_loop().create_future()
    elif wait_s:
        await asyncio.sleep(wait_s)


async def fail(name: FailureName, request: httpx.Request) -> None:
    """Raise the error of a failure; one that hangs does so at the read timeout, if there is one."""
    if name == "hangs":
        await pause(math.inf, request)
    kind, text = _ERRORS[name]
    raise kind(text, request=request)


def fake_failure(name: FailureName, *, after: Duration = 0) -> FakeFailure:
    """Return a failure for `FakeAPI`.

    Args:
        name: ``"refused"`` and ``"connect timeout"`` surely sent nothing; ``"lost"``, ``"garbage"``
            and ``"read timeout"`` may have been processed; ``"hangs"`` says nothing until the read
            timeout of the client, or for ever.
        after: how long it takes, a duration.

    Raises:
        ConfigurationError: for another name, or what is no duration.

    >>> fake_failure("lost", after="1 s")
    FakeFailure(name='lost', after_s=1.0)
    """
    return FakeFailure(_checked(name), seconds(after, name="after", zero=True))


class AnswerKeywords(TypedDict, total=False):
    """What `fake_answer` is told beside its JSON; see there."""

    status: int
    text: str | None
    content: bytes | None
    pieces: Iterable[bytes | str] | None
    headers: Mapping[str, str] | None
    after: Duration
    pause: Duration
    breaks: FailureName | None


@teaches_arguments("fake_answer")
def fake_answer(
    json: Any = ABSENT,
    *,
    status: int = 200,
    text: str | None = None,
    content: bytes | None = None,
    pieces: Iterable[bytes | str] | None = None,
    headers: Mapping[str, str] | None = None,
    after: Duration = 0,
    pause: Duration = 0,
    breaks: FailureName | None = None,
) -> FakeAnswer:
    """Return an answer for `FakeAPI`, with one body at most.

    Args:
        json: a value that is written as JSON.
        status: the status.
        text: a body of text.
        content: a body of bytes, as they are.
        pieces: a body that comes piece by piece, for streams.
        headers: headers; those that a body needs are added where they are not here.
        after: how long it takes until the answer comes, a duration.
        pause: how long it is silent before each piece but the first, a duration.
        breaks: how it fails when the body, or what is here of it, has come; see `fake_failure`.

    Raises:
        ConfigurationError: for what cannot be an answer.

    >>> fake_answer({"name": "Ada"}, status=201)
    <FakeAnswer 201, 15 bytes>
    """
    kind, body = body_of(json, text, content, pieces)
    if whole_number(status, name="status", least=200, example="404") > _HIGHEST_STATUS:
        message = f"status={status} is no status of HTTP: they end at {_HIGHEST_STATUS}."
        raise ConfigurationError(message)
    given = checked_headers(headers)
    worked_out = {"content-type": kind} if kind else {}
    # Of an answer that breaks, more was to come.
    if pieces is None and breaks is None:
        worked_out["content-length"] = str(sum(map(len, body)))
    return FakeAnswer(
        status,
        tuple({**worked_out, **given}.items()),
        body,
        seconds(after, name="after", zero=True),
        seconds(pause, name="pause", zero=True),
        None if breaks is None else _checked(breaks),
    )


def _checked(name: Any) -> FailureName:
    if name not in get_args(FailureName):
        message = f"{name!r} is no failure; write one of {', '.join(get_args(FailureName))}."
        raise ConfigurationError(message)
    checked: FailureName = name
    return checked
