"""Classification: what an error says about the attempt, whoever's error it is."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import io
import itertools
import json
import math
import socket
import ssl
import time
import urllib.error
import urllib.request
from email.message import Message
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import httpx
import pytest
from aiohttp.client_reqrep import ConnectionKey, RequestInfo
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from notebook_kit import errors
from notebook_kit.policies import FailureKind, classify
from notebook_kit.policies.failure import Failure, retry_after_seconds
from notebook_kit.policies.hints import RateHint
from notebook_kit.testing import (
    FaultServer,
    answer,
    answer_chunked,
    half_body,
    never_answer,
    reset_before_headers,
    stall_mid_body,
)
from tests.policies.carriers import QUOTA, REQUEST, Carrying, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.testing import Behaviour

PLAIN = settings(deadline=None)

INVALID, TRANSPORT = FailureKind.INVALID, FailureKind.TRANSPORT
TIMEOUT, STATUS, OTHER = FailureKind.TIMEOUT, FailureKind.STATUS, FailureKind.OTHER


# The kit's own errors


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (errors.ConfigurationError("bad"), INVALID, False),
        (errors.MissingCredential("none"), INVALID, False),
        (errors.ConnectionFailed("refused"), TRANSPORT, False),
        (errors.ConnectionLost("reset"), TRANSPORT, True),
        (errors.TransportError("torn", maybe_sent=False), TRANSPORT, False),
        (errors.RequestTimeout("slow", phase="read"), TIMEOUT, True),
        (errors.RequestTimeout("slow", phase="connect", maybe_sent=False), TIMEOUT, False),
        (errors.DecodeError("not JSON"), OTHER, True),
        (errors.ClosedError("closed"), INVALID, False),
        (errors.RequestError("odd"), OTHER, True),
        (errors.CircuitOpen("open", retry_at_s=3.0), OTHER, False),
        (errors.UnwantedAnswer("no", value=7), OTHER, True),
        (errors.BatchFailed("stopped"), OTHER, True),
    ],
)
def test_the_kit_s_errors(error: Exception, kind: FailureKind, *, maybe_sent: bool) -> None:
    """Each of the kit's errors has its kind, and those of the transport say whether it was sent."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)
    assert failure.error is error
    assert failure.status_code is failure.retry_after_s is None


def test_an_api_error_carries_status_and_wait() -> None:
    """Status and Retry-After are taken from the error, and a wait that is no time is left out."""
    failure = classify(errors.RateLimited("slow down", status_code=429, retry_after_s=3.0))
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 429, 3.0)
    broken = errors.RateLimited("slow down", status_code=429, retry_after_s=math.nan)
    assert classify(broken).retry_after_s is None


def test_an_attempt_before_it_that_may_have_been_processed() -> None:
    """A single call's error says what may have come of the attempts before its last one."""
    error = errors.ConnectionFailed("refused")
    assert not classify(error).maybe_processed_before
    error.maybe_processed_before = True
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (TRANSPORT, False)
    assert failure.maybe_processed_before


# httpx


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (httpx.ConnectTimeout("slow"), TIMEOUT, False),
        (httpx.PoolTimeout("full"), TIMEOUT, False),
        (httpx.ReadTimeout("slow"), TIMEOUT, True),
        (httpx.WriteTimeout("slow"), TIMEOUT, True),
        (httpx.ConnectError("refused"), TRANSPORT, False),
        (httpx.ReadError("reset"), TRANSPORT, True),
        (httpx.WriteError("reset"), TRANSPORT, True),
        (httpx.CloseError("reset"), TRANSPORT, True),
        (httpx.RemoteProtocolError("cut short"), TRANSPORT, True),
        (httpx.ProxyError("no"), TRANSPORT, True),
        (httpx.UnsupportedProtocol("no scheme"), OTHER, False),
        (httpx.LocalProtocolError("bad header"), OTHER, False),
        (httpx.InvalidURL("bad"), OTHER, True),
        (httpx.TooManyRedirects("round"), OTHER, True),
        (httpx.DecodingError("no gzip"), OTHER, True),
    ],
)
def test_errors_of_httpx(error: Exception, kind: FailureKind, *, maybe_sent: bool) -> None:
    """Faults on the way and time limits are told apart, and so is whether anything was sent."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)


def test_a_status_error_of_httpx() -> None:
    """Status and Retry-After are read off the response."""
    response = httpx.Response(503, headers={"Retry-After": "7"}, request=REQUEST)
    with pytest.raises(httpx.HTTPStatusError) as caught:
        response.raise_for_status()
    failure = classify(caught.value)
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 503, 7.0)


# aiohttp

KEY = ConnectionKey("host", 80, False, True, None, None, None)  # noqa: FBT003 - aiohttp's signature
REFUSED = OSError(111, "refused")


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (aiohttp.ClientConnectorError(KEY, REFUSED), TRANSPORT, False),
        (aiohttp.ClientConnectorDNSError(KEY, REFUSED), TRANSPORT, False),
        (aiohttp.ClientProxyConnectionError(KEY, REFUSED), TRANSPORT, False),
        (aiohttp.ConnectionTimeoutError("slow"), TIMEOUT, False),
        (aiohttp.SocketTimeoutError("slow"), TIMEOUT, True),
        (aiohttp.ServerTimeoutError("slow"), TIMEOUT, True),
        (aiohttp.ServerDisconnectedError(), TRANSPORT, True),
        (aiohttp.ClientOSError(104, "reset"), TRANSPORT, True),
        (aiohttp.ClientPayloadError("cut short"), TRANSPORT, True),
        (aiohttp.InvalidURL("http://"), OTHER, True),
    ],
)
def test_errors_of_aiohttp(error: Exception, kind: FailureKind, *, maybe_sent: bool) -> None:
    """What surely was not sent is kept apart from what may have been."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)


def response_error(kind: type[Any], status: int, headers: dict[str, str]) -> Exception:
    no_headers: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())
    info = RequestInfo(URL("http://host/x"), "GET", no_headers, URL("http://host/x"))
    error: Exception = kind(info, (), status=status, headers=CIMultiDict(headers))
    return error


def test_a_status_error_of_aiohttp() -> None:
    """aiohttp keeps status and headers on the error itself."""
    failure = classify(response_error(aiohttp.ClientResponseError, 429, {"Retry-After": "1.5"}))
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 429, 1.5)


def test_an_answer_of_the_wrong_type_is_no_error_status() -> None:
    """A ContentTypeError of an answer with status 200 is not an error of the server."""
    failure = classify(response_error(aiohttp.ContentTypeError, 200, {}))
    assert (failure.kind, failure.status_code) == (OTHER, None)


# Shapes of other libraries


class Answer:
    """Like the response of requests: one of 4xx or 5xx is false."""

    def __init__(self, status_code: int, headers: dict[str, str] | None = None) -> None:
        self.status_code = status_code
        self.headers = headers or {}

    def __bool__(self) -> bool:
        return self.status_code < 400


class RequestException(OSError):
    """Like requests.RequestException."""

    def __init__(self, message: str, response: Answer | None = None) -> None:
        super().__init__(message)
        self.response = response


class HTTPError(RequestException):
    pass


class Timeout(RequestException):
    pass


class ReadTimeout(Timeout):
    pass


class ChunkedEncodingError(RequestException):
    pass


class ConnectionError(RequestException):  # noqa: A001 - requests calls it so
    pass


class ConnectTimeout(ConnectionError, Timeout):
    pass


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (ReadTimeout("slow"), TIMEOUT, True),
        (ConnectTimeout("slow"), TIMEOUT, False),
        (ConnectionError("reset"), TRANSPORT, True),
        (ChunkedEncodingError("cut short"), TRANSPORT, True),
        (RequestException("odd"), OTHER, True),
    ],
)
def test_errors_in_the_shape_of_requests(
    error: Exception, kind: FailureKind, *, maybe_sent: bool
) -> None:
    """The names in the class tree tell the kind; a response of None tells nothing."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)


def test_a_status_error_in_the_shape_of_requests() -> None:
    """A response that is false because of its status is read all the same."""
    failure = classify(HTTPError("no", Answer(502, {"Retry-After": "4"})))
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 502, 4.0)


class OpenAIError(Exception):
    pass


class APIConnectionError(OpenAIError):
    """Like openai.APIConnectionError: the request is known, there is no response."""

    def __init__(self) -> None:
        super().__init__("Connection error.")
        self.request = REQUEST


class APITimeoutError(APIConnectionError):
    pass


class APIStatusError(OpenAIError):
    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"Error code: {response.status_code}")
        self.response = response
        self.status_code = response.status_code


def test_errors_in_the_shape_of_openai() -> None:
    """Status, wait, time limit and broken connection are all understood."""
    response = httpx.Response(429, headers={"retry-after": "20"}, request=REQUEST)
    failure = classify(APIStatusError(response))
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 429, 20.0)
    assert classify(APIConnectionError()).kind is TRANSPORT
    assert classify(APITimeoutError()).kind is TIMEOUT


def test_a_status_error_of_urllib() -> None:
    """The standard library's own error has a status and headers too."""
    headers = Message()
    headers["Retry-After"] = "3"
    with urllib.error.HTTPError("http://host", 503, "busy", headers, io.BytesIO()) as error:
        failure = classify(error)
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 503, 3.0)


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (TimeoutError(), TIMEOUT, True),
        (ConnectionRefusedError(), TRANSPORT, False),
        (socket.gaierror(), TRANSPORT, False),
        (ConnectionResetError(), TRANSPORT, True),
        (BrokenPipeError(), TRANSPORT, True),
        (ssl.SSLCertVerificationError(1, "self-signed"), TRANSPORT, False),
        (http.client.IncompleteRead(b"half"), TRANSPORT, True),
        (http.client.RemoteDisconnected("closed"), TRANSPORT, True),
        (ValueError("bad"), OTHER, True),
        (KeyboardInterrupt(), OTHER, True),
    ],
)
def test_errors_of_python(error: BaseException, kind: FailureKind, *, maybe_sent: bool) -> None:
    """The built-in errors of the network are understood, any other error is just that."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)


# What a server says besides the status


def test_the_hint_of_an_answer() -> None:
    """What the headers say of the limits is there for the kit's own errors and for others."""
    said = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}
    expected = RateHint(None, 0, 20)
    assert classify(answered(429, headers=said)).hint == expected
    assert classify(answered(500, headers=said)).hint == expected
    assert classify(answered(429)).hint is None
    assert classify(errors.RateLimited("pickled", status_code=429)).hint is None
    assert classify(Carrying(status=429, headers={"X-RateLimit-Remaining": "3"})).hint == RateHint(
        None, 3, None
    )
    assert classify(response_error(aiohttp.ClientResponseError, 429, said)).hint == expected


@pytest.mark.parametrize(
    ("headers", "given_s", "wait"),
    [
        ({"retry-after": "3"}, None, 3.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, None, 0.25),
        ({"retry-after": "3"}, 7.0, 7.0),
        ({"retry-after": "3"}, 0.0, 0.0),
        ({}, None, None),
    ],
)
def test_the_wait_of_the_kit_s_own_errors(
    headers: dict[str, str], given_s: float | None, wait: float | None
) -> None:
    """What the error itself says comes first, then the headers of its answer."""
    error = answered(429, headers=headers)
    assert isinstance(error, errors.APIError)
    error.retry_after_s = given_s
    assert classify(error).retry_after_s == wait


@pytest.mark.parametrize(
    ("failure", "refused"),
    [
        (Failure(STATUS, REFUSED, 429), True),
        (Failure(STATUS, REFUSED, 429, 2.0), True),
        (Failure(STATUS, REFUSED, 429, quota_gone=True), False),
        (Failure(STATUS, REFUSED, 503), False),
        (Failure(STATUS, REFUSED, 503, 0.0), True),
        (Failure(STATUS, REFUSED, 500, 2.0), False),
        (Failure(STATUS, REFUSED, 403, 2.0), False),
        (Failure(TRANSPORT, REFUSED), False),
    ],
)
def test_what_a_server_refused_because_of_pace(failure: Failure, *, refused: bool) -> None:
    """429 is a refusal unless the quota is gone, and 503 is one if it says when to come back."""
    assert failure.refused == refused


# Errors within errors


Raised = TypeVar("Raised", bound=BaseException)


def chain(outermost: Raised, *within: BaseException) -> Raised:
    """Raise each error from the one after it."""
    parts: list[BaseException] = [outermost, *within]
    for outer, inner in itertools.pairwise(parts):
        outer.__cause__ = inner
    return outermost


@pytest.mark.parametrize(
    ("error", "kind", "maybe_sent"),
    [
        (chain(APIConnectionError(), httpx.ConnectError("refused")), TRANSPORT, False),
        (chain(APIConnectionError(), httpx.ReadError("reset")), TRANSPORT, True),
        (chain(APITimeoutError(), httpx.ConnectTimeout("slow")), TIMEOUT, False),
        (chain(APITimeoutError(), httpx.ReadTimeout("slow")), TIMEOUT, True),
        (chain(APIConnectionError(), httpx.ReadTimeout("slow")), TIMEOUT, True),
        (chain(APITimeoutError(), httpx.ReadError("reset")), TIMEOUT, True),
        (chain(APIConnectionError(), ValueError("odd")), TRANSPORT, True),
        (chain(httpx.ConnectTimeout("slow"), TimeoutError()), TIMEOUT, False),
        (chain(httpx.ConnectError("no"), ConnectionResetError()), TRANSPORT, False),
        (chain(httpx.ReadTimeout("slow"), OSError(104, "reset")), TIMEOUT, True),
        (chain(httpx.ReadTimeout("slow"), ConnectionResetError()), TIMEOUT, True),
        (chain(httpx.UnsupportedProtocol("no scheme"), TimeoutError()), OTHER, False),
        (chain(ValueError("odd"), httpx.ConnectError("refused")), TRANSPORT, False),
        (chain(ValueError("odd"), KeyError("a"), httpx.ReadTimeout("slow")), TIMEOUT, True),
        (chain(ValueError("odd"), errors.ConnectionFailed("refused")), TRANSPORT, False),
        (chain(ValueError("odd"), errors.ConfigurationError("bad")), OTHER, True),
        (chain(ValueError("odd"), KeyError("a")), OTHER, True),
        (chain(errors.DecodeError("bad"), httpx.ConnectError("refused")), OTHER, True),
        (chain(errors.ConnectionLost("torn"), httpx.ConnectError("no")), TRANSPORT, True),
        (chain(KeyboardInterrupt(), httpx.ConnectError("refused")), OTHER, True),
        (RuntimeError(httpx.ConnectError("refused")), TRANSPORT, False),
        (urllib.error.URLError(ConnectionRefusedError()), TRANSPORT, False),
        (chain(RuntimeError(TimeoutError()), httpx.ConnectError("no")), TRANSPORT, False),
    ],
)
def test_an_error_is_read_through_its_cause(
    error: BaseException, kind: FailureKind, *, maybe_sent: bool
) -> None:
    """Where the outer error says less; the kit's own errors and interrupts say all themselves."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)
    assert failure.error is error


def test_a_status_is_read_through_an_error_that_says_nothing() -> None:
    """An error that was raised from 429 is as good as 429; a status is never replaced."""
    inner = answered(429, headers={"retry-after": "3", "x-ratelimit-remaining": "0"})
    outer = chain(LookupError("no such row"), inner)
    failure = classify(outer)
    assert (failure.status_code, failure.retry_after_s, failure.refused) == (429, 3.0, True)
    assert failure.hint == RateHint(None, 0, None)
    assert failure.error is outer
    assert classify(chain(Carrying(status=404), inner)).status_code == 404
    answered_after_all = classify(chain(Carrying(status=404), httpx.ConnectTimeout("slow")))
    assert (answered_after_all.kind, answered_after_all.maybe_sent) == (STATUS, True)
    assert classify(chain(ConnectionResetError(), inner)).kind is TRANSPORT


def test_what_was_merely_being_handled_is_no_cause() -> None:
    """An error in an except block is its own: a request that followed was sent all the same."""
    error = httpx.ReadTimeout("the fall-back is slow")
    error.__context__ = httpx.ConnectError("refused")
    assert classify(error).maybe_sent


@pytest.mark.parametrize("depth", [1, 3, 9])
def test_a_group_of_one_is_that_one(depth: int) -> None:
    """A task group wraps even a single error; in how many, does not matter."""
    leaf = errors.RateLimited("slow down", status_code=429, retry_after_s=3.0)
    error: Exception = leaf
    for _ in range(depth):
        error = ExceptionGroup("in a task group", [error])
    failure = classify(error)
    assert (failure.kind, failure.retry_after_s) == (STATUS, 3.0)
    assert failure.error is error


@pytest.mark.parametrize(
    "error",
    [
        ExceptionGroup("two", [TimeoutError(), TimeoutError()]),
        BaseExceptionGroup[BaseException]("an interrupt", [KeyboardInterrupt()]),
        ExceptionGroup("one in two", [ExceptionGroup("", [TimeoutError(), ValueError()])]),
    ],
)
def test_other_groups_are_errors_of_their_own(error: BaseException) -> None:
    """What several errors say together nobody can tell, and an interrupt is no failed attempt."""
    assert classify(error).kind is OTHER


def test_the_cause_within_a_group() -> None:
    """Groups and causes are looked through in any order."""
    wrapped = chain(ValueError("odd"), ExceptionGroup("one", [httpx.ConnectError("refused")]))
    assert not classify(ExceptionGroup("one", [wrapped])).maybe_sent


def test_rings_and_endless_chains_come_to_an_end() -> None:
    """Errors can be wrapped in a ring, or in each other a thousand times."""
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert classify(one).kind is OTHER
    deep = chain(ValueError(), *(ValueError(n) for n in range(1_000)), TimeoutError())
    assert classify(deep).kind is OTHER
    group: Exception = TimeoutError()
    for _ in range(1_000):
        group = ExceptionGroup("one more", [group])
    assert classify(group).kind is OTHER


class Opaque(Exception):
    args: Any = "no tuple"


def test_arguments_that_are_no_arguments() -> None:
    """A class may call anything its args."""
    assert classify(Opaque()).kind is OTHER


def test_errors_of_urllib3() -> None:
    """What requests is built on says what happened, in errors that are made of each other."""
    urllib3 = pytest.importorskip("urllib3").exceptions
    slow = urllib3.ConnectTimeoutError(None, "slow")
    assert (classify(slow).kind, classify(slow).maybe_sent) == (TIMEOUT, False)
    refused = chain(urllib3.MaxRetryError(None, "/"), urllib3.NewConnectionError(None, "refused"))
    assert (classify(refused).kind, classify(refused).maybe_sent) == (TRANSPORT, False)
    late = chain(urllib3.MaxRetryError(None, "/"), urllib3.ReadTimeoutError(None, "/", "late"))
    assert (classify(late).kind, classify(late).maybe_sent) == (TIMEOUT, True)


# Real libraries against a real server

TRAITS = [
    ("x-ratelimit-limit", "60"),
    ("x-ratelimit-remaining", "0"),
    ("x-ratelimit-reset", "20"),
    ("retry-after-ms", "2500"),
    ("content-type", "application/json"),
]


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.when("*", behaviour)
        yield server


def raised_by(function: Callable[[], Any]) -> Exception:
    try:
        function()
    except Exception as error:  # noqa: BLE001 - whatever a library raises is what is tested
        return error
    raise AssertionError("nothing was raised")


def ask_httpx(url: str, timeout: float, *, module: str = "httpx", stream: bool = False) -> None:
    library = pytest.importorskip(module)
    with library.Client(trust_env=False, timeout=timeout) as client:
        request = client.build_request("POST", url, json={})
        response = client.send(request, stream=stream)
        try:
            response.raise_for_status()
        finally:
            response.close()


def ask_aiohttp(url: str, timeout: float) -> None:
    async def ask() -> None:
        limits = aiohttp.ClientTimeout(sock_read=timeout, sock_connect=timeout)
        async with (
            aiohttp.ClientSession(timeout=limits, raise_for_status=True) as session,
            session.post(url, json={}) as response,
        ):
            await response.read()

    asyncio.run(ask())


def ask_requests(url: str, timeout: float) -> None:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, json={}, timeout=timeout).raise_for_status()


def ask_urllib(url: str, timeout: float) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, data=b"{}", timeout=timeout) as response:
            response.read()
    except urllib.error.HTTPError as error:
        error.close()
        raise


def ask_openai(url: str, timeout: float) -> None:
    openai = pytest.importorskip("openai")
    key = "not-a-key"
    with openai.OpenAI(api_key=key, base_url=url, timeout=timeout, max_retries=0) as client:
        client.chat.completions.create(model="m", messages=[])


ASK: dict[str, Callable[[str, float], None]] = {
    "httpx": ask_httpx,
    "httpx2": functools.partial(ask_httpx, module="httpx2"),
    "aiohttp": ask_aiohttp,
    "requests": ask_requests,
    "urllib": ask_urllib,
    "openai": ask_openai,
}


@pytest.fixture(params=ASK)
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return ASK[request.param]


def test_a_connection_that_is_refused(ask: Callable[[str, float], None]) -> None:
    """Every library's error says that nothing was sent, some of them only through their causes."""
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        failure = classify(raised_by(lambda: ask(f"http://127.0.0.1:{port}", 5)))
    assert (failure.kind, failure.maybe_sent) == (TRANSPORT, False)


@pytest.mark.parametrize("behaviour", [reset_before_headers(), half_body()])
def test_a_connection_that_breaks(ask: Callable[[str, float], None], behaviour: Behaviour) -> None:
    """Whether the server has seen the request, nobody knows."""
    with serving(behaviour) as server:
        failure = classify(raised_by(lambda: ask(server.url, 5)))
    assert (failure.kind, failure.maybe_sent) == (TRANSPORT, True)


@pytest.mark.parametrize("behaviour", [never_answer(), stall_mid_body()])
def test_an_answer_that_does_not_come(
    ask: Callable[[str, float], None], behaviour: Behaviour
) -> None:
    """A read time limit is a timeout, before the headers and within the body."""
    with serving(behaviour) as server:
        failure = classify(raised_by(lambda: ask(server.url, 0.05)))
    assert (failure.kind, failure.maybe_sent) == (TIMEOUT, True)


def test_a_refusal(ask: Callable[[str, float], None]) -> None:
    """Status, wait and hint are there whichever library was used."""
    with serving(answer('{"error": {}}', status=429, headers=TRAITS)) as server:
        failure = classify(raised_by(lambda: ask(server.url, 5)))
    assert (failure.status_code, failure.retry_after_s, failure.refused) == (429, 2.5, True)
    assert failure.hint == RateHint(60, 0, 20)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_account_without_credit(ask: Callable[[str, float], None], *, chunked: bool) -> None:
    """The body is read by all who keep it: aiohttp and urllib do not."""
    body = json.dumps(QUOTA)
    behaviour = answer_chunked([body], status=429) if chunked else answer(body, status=429)
    with serving(behaviour) as server:
        failure = classify(raised_by(lambda: ask(server.url, 5)))
    assert failure.quota_gone == (ask not in (ask_aiohttp, ask_urllib))


@pytest.mark.parametrize("module", ["httpx", "httpx2"])
def test_a_stream_of_httpx_is_not_read(module: str) -> None:
    """A streamed answer is classified by its status while its body is on the way."""
    library = pytest.importorskip(module)
    with serving(stall_mid_body()) as server, library.Client(trust_env=False) as client:
        request = client.build_request("GET", server.url)
        response = client.send(request, stream=True)
        response.status_code = 429
        failure = classify(raised_by(response.raise_for_status))
        assert (failure.status_code, failure.quota_gone) == (429, False)
        assert not response.is_stream_consumed
        response.close()
        assert not classify(failure.error).quota_gone


def test_a_stream_of_requests_is_not_read() -> None:
    """`content` of requests would wait for the rest of the body: it is not asked for."""
    requests = pytest.importorskip("requests")
    with serving(stall_mid_body()) as server, requests.Session() as session:
        session.trust_env = False
        response = session.get(server.url, stream=True, timeout=5)
        response.status_code = 429
        failure = classify(raised_by(response.raise_for_status))
        assert (failure.status_code, failure.quota_gone) == (429, False)
        assert not response.raw.closed
        response.close()


# Retry-After


@PLAIN
@given(st.floats(0, 1e9), st.sampled_from(["", " ", "  "]))
def test_seconds_of_retry_after(wait: float, blank: str) -> None:
    """A number is seconds, fractions too, which the standard does not know but servers send."""
    assert retry_after_seconds(f"{blank}{wait!r}{blank}") == wait
    assert retry_after_seconds(str(int(wait))) == int(wait)


@PLAIN
@given(then=st.integers(0, 4_000_000_000), ahead=st.integers(-(10**6), 10**6))
def test_a_date_of_retry_after(then: int, ahead: int) -> None:
    """A date is the time until then; one that is past is zero."""
    for written in (formatdate(then, usegmt=True), formatdate(then), f"{asctime(then)}"):
        assert retry_after_seconds(written, now=lambda: then - ahead) == max(0, ahead)


def asctime(moment: int) -> str:
    """Write a date in the oldest of HTTP's forms, which names no zone and means GMT."""
    day, date, month, year, clock, _ = formatdate(moment, usegmt=True).split()
    return f"{day.rstrip(',')} {month} {int(date):2} {clock} {year}"


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change the zone of a process")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_a_date_without_a_zone_is_in_gmt() -> None:
    """Where the notebook runs does not matter."""
    assert retry_after_seconds("Thu Jan  1 00:01:40 1970", now=lambda: 90.0) == 10.0
    assert retry_after_seconds("Thu, 01 Jan 1970 00:01:40 -0000", now=lambda: 90.0) == 10.0


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "", None, "soon", "5 s", "\x00"])
def test_a_retry_after_that_cannot_be_read_is_none(value: str | None) -> None:
    """What is no time is as good as none."""
    assert retry_after_seconds(value) is None


def test_an_absurd_retry_after_is_passed_on() -> None:
    """How much is too much is for the policy to say; less than nothing is nothing."""
    assert retry_after_seconds("1e300") == 1e300
    assert retry_after_seconds("-5") == 0.0


@PLAIN
@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(value: str) -> None:
    """Whatever a server writes, the answer is a time of zero or more, or None."""
    wait = retry_after_seconds(value)
    assert wait is None or 0 <= wait < math.inf
