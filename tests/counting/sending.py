"""One request under one cut, sent in one of the ways there are, and what was counted of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import notebook_kit as nk
from tests.counting.server import Cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.counting.server import CountingServer, End, Point

__all__ = [
    "IDEMPOTENT",
    "TRANSPORTS",
    "TRIES",
    "UNSAFE",
    "Case",
    "Counted",
    "Way",
    "Word",
    "client_of",
    "send",
]

TRANSPORTS: Final = ("aiohttp", "httpx")
IDEMPOTENT: Final = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
UNSAFE: Final = ("POST", "PATCH")
TRIES: Final = 3
_WITH_BODY: Final = frozenset({"PUT", "POST", "PATCH"})
_BODY: Final = b"b" * 2_000

Way: TypeAlias = Literal["call", "row"]
Word: TypeAlias = Literal["none", "unsafe", "key"]

_numbers: Iterator[int] = itertools.count()


@dataclass(frozen=True)
class Case:
    """How one request is sent, and what happens to it.

    Attributes:
        method: the method.
        point: where its exchanges are broken off.
        end: how they end.
        reused: whether it finds a connection that was used before.
        way: a call of its own, or the row of a map.
        word: what the user says of sending it again.
        times: how many exchanges are broken off.
        body: what is sent with methods that have a body.
    """

    method: str
    point: Point
    end: End
    reused: bool = False
    way: Way = "call"
    word: Word = "none"
    times: int = TRIES - 1
    body: bytes = _BODY


@dataclass(frozen=True)
class Counted:
    """What was counted.

    Attributes:
        processed: how often the server has done what was asked for.
        begun: how many exchanges the server saw begin.
        attempts: how many the client says it has made.
        error: what the client raised, or None.
        keys: how many different idempotency keys came.
    """

    processed: int
    begun: int
    attempts: int
    error: BaseException | None
    keys: int


def client_of(url: str, transport: str, **options: Any) -> nk.Client:
    """Return a client that tries again without a wait."""
    return nk.Client(
        url,
        retry=nk.Retry(max_attempts=TRIES, base_delay=0),
        http2=transport == "httpx",
        attempt_timeout=30,
        **options,
    )


def send(client: nk.Client, server: CountingServer, case: Case) -> Counted:
    """Send it, over a connection of the kind that is wanted."""
    server.cut = None
    server.hang_up()
    if case.reused:
        assert client.get("/warm").result().status_code == 200
    name = f"n{next(_numbers)}"
    server.begun, server.cut = 0, Cut(case.point, case.end, case.times)
    options: dict[str, Any] = {"content": case.body} if case.method in _WITH_BODY else {}
    if case.word == "unsafe":
        options["retry"] = nk.Retry(max_attempts=TRIES, base_delay=0, unsafe=True)
    elif case.word == "key":
        options["idempotency_key"] = True
    if case.way == "row":
        error, attempts = _row(client, case, name, options)
    else:
        error, attempts = _call(client, case, name, options, server)
    return Counted(
        processed=server.processed[case.method, f"/{name}"],
        begun=server.begun,
        attempts=attempts,
        error=error,
        keys=len(server.keys.get(f"/{name}", ())),
    )


def _call(
    client: nk.Client, case: Case, name: str, options: dict[str, Any], server: CountingServer
) -> tuple[BaseException | None, int]:
    try:
        client.request(case.method, f"/{name}", **options).result()
    except nk.RequestError as error:
        return error, error.attempts
    return None, server.begun


def _row(
    client: nk.Client, case: Case, name: str, options: dict[str, Any]
) -> tuple[BaseException | None, int]:
    run = client.map("/{n}", [name], method=case.method, progress=False, **options)
    frame = run.result()
    assert len(frame) == 1
    return run.outcome(0).error, int(frame["attempts"].iloc[0])
