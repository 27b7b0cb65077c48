"""What a client makes of a fault: a call or a row, over one of the transports."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import notebook_kit as nk
from notebook_kit.testing import answer
from notebook_kit.testing.certificates import client_context
from notebook_kit.testing.faults import FAULTS, Fault

if TYPE_CHECKING:
    import ssl

    from notebook_kit.testing import FaultServer

__all__ = ["SECRETS", "TRANSPORTS", "WAYS", "Observation", "Transport", "Way", "observe"]

Way: TypeAlias = Literal["call", "row"]
Transport: TypeAlias = Literal["aiohttp", "httpx"]

WAYS: Final[tuple[Way, ...]] = ("call", "row")
TRANSPORTS: Final[tuple[Transport, ...]] = ("aiohttp", "httpx")

#: What the client is given to keep to itself: in a header, and in the URL.
SECRETS: Final = ("planted-in-header-81", "planted-in-query-82")
TRIES: Final = 2

_PATH: Final = "/fault"
_AFTER: Final = "/after"
#: Refusals are counted apart, and whoever waits them out waits for seconds.
_RETRY: Final = nk.Retry(max_attempts=TRIES, base_delay="1 ms", max_delay="1 ms", max_refusals=0)
#: For what never ends by itself, and, to end a test that hangs, for all the rest.
_SHORT_S: Final = 0.25
_LONG_S: Final = 40.0
#: What has no end and is cut all the same, when it has become too much.
_ENDED_BY_SIZE: Final = {
    *(
        (name, transport)
        for name in (
            *("endless-first-line", "endless-headers", "endless-header", "endless-trailers"),
            *("endless-1xx", "endless-chunk-size"),
        )
        for transport in TRANSPORTS
    ),
}
#: A server that asks to wait is not asked again; the others are, over the same connections.
_NOT_ASKED_AGAIN: Final = ("Retry-After",)


@dataclass(frozen=True)
class Observation:
    """What became of one request.

    Attributes:
        fault: the name of the fault.
        way: whether it was a call of its own or a row of a map.
        transport: which one carried it.
        url: the URL that was asked, without its query.
        error: what was raised, or what the row holds; None for an answer.
        value: what was answered.
        status: what the row says of itself; for a call ``"ok"`` or ``"failed"``.
        attempts: how often it was tried.
        elapsed_s: how long it took.
        text: what is shown of the error.
        requests: how many requests the server read.
        after: what the next request over the same client was answered; None where none was made.
        credentials_seen: at which hosts the secrets arrived.
    """

    fault: str
    way: Way
    transport: Transport
    url: str
    error: BaseException | None
    value: Any
    status: str
    attempts: int
    elapsed_s: float | None
    text: str
    requests: int
    after: bytes | None
    credentials_seen: frozenset[str]

    @property
    def kind(self) -> str:
        """The name of the error's class, or ``"answered"``."""
        return "answered" if self.error is None else type(self.error).__name__

    @property
    def is_of_the_kit(self) -> bool:
        """Whether nothing was raised that is not in the tree of the kit's errors."""
        return self.error is None or isinstance(self.error, nk.NotebookKitError)


def _ends(fault: Fault, transport: Transport) -> bool:
    return not fault.never_ends or (fault.name, transport) in _ENDED_BY_SIZE


@functools.cache
def _trusting() -> ssl.SSLContext:
    return client_context()


def observe(name: str, way: Way, transport: Transport) -> Observation:
    """Show a client one fault, once for each way and transport."""
    fault = FAULTS[name]
    with fault.server() as server:
        url = fault.arrange(server, _PATH)
        server.when(_AFTER, answer(b"after"))
        client = _client(fault, url, transport)
        try:
            seen = (_call if way == "call" else _row)(client, fault)
            after = _ask_again(client, fault, server)
        finally:
            client.close()
        requests = [it for it in server.requests if it.path != _AFTER]
        return Observation(
            fault=name,
            way=way,
            transport=transport,
            url=url,
            requests=len(requests),
            after=after,
            credentials_seen=frozenset(
                (request.header("host") or b"").decode("latin-1")
                for request in requests
                if any(secret.encode() in request.head for secret in SECRETS)
            ),
            **seen,
        )


def _client(fault: Fault, url: str, transport: Transport) -> nk.Client:
    trust: dict[str, Any] = {"verify": _trusting()} if url.startswith("https") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a secret in a URL may be seen is told elsewhere
        return nk.Client(
            url.removesuffix(_PATH),
            retry=_RETRY,
            attempt_timeout=_LONG_S if _ends(fault, transport) else _SHORT_S,
            headers={"x-api-key": nk.Secret(SECRETS[0])},
            params={"api_key": nk.Secret(SECRETS[1])},
            follow_redirects=fault.redirects,
            http2=transport == "httpx",
            **trust,
        )


def _call(client: nk.Client, fault: Fault) -> dict[str, Any]:
    value: Any = None
    failure: BaseException | None = None
    try:
        value = _read(client.get(_PATH).result(), fault)
    except Exception as error:  # noqa: BLE001 - which one is the question
        failure = error
    return {
        "error": failure,
        "value": value,
        "status": "ok" if failure is None else "failed",
        "attempts": getattr(failure, "attempts", 1),
        "elapsed_s": getattr(failure, "elapsed_s", None),
        "text": "" if failure is None else str(failure),
    }


def _read(response: nk.Response, fault: Fault) -> Any:
    if fault.read_as == "json":
        return response.json()
    return response.text if fault.read_as == "text" else response.content


def _row(client: nk.Client, fault: Fault) -> dict[str, Any]:
    word = _PATH.removeprefix("/")
    run = client.map("/{word}", [word], parse=fault.read_as, progress=False)
    frame = run.result()
    assert len(frame) == 1
    row, outcome = frame.iloc[0], run.outcome(0)
    return {
        "error": outcome.error,
        "value": outcome.value,
        "status": str(row["status"]),
        "attempts": int(row["attempts"]),
        "elapsed_s": float(row["elapsed_s"]),
        "text": str(row["error"]) if outcome.error is not None else "",
    }


def _ask_again(client: nk.Client, fault: Fault, server: FaultServer) -> bytes | None:
    works = fault.greeting is None and fault.address is None and fault.certificate in (None, "good")
    if not works or fault.group in _NOT_ASKED_AGAIN:
        return None
    if fault.group == "leftovers":
        # Bytes that come when the next request is under way are not to be told from its answer.
        assert server.wait_answered(len(server.requests))
    return client.get(_AFTER, attempt_timeout=_LONG_S).result().content
