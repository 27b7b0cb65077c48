"""Classification: what an error says about the attempt, whoever's error it is."""

from __future__ import annotations

import io
import math
import socket
import time
import urllib.error
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

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
from notebook_kit.policies.failure import retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

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


# httpx

REQUEST = httpx.Request("GET", "http://host/x")


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
        (ValueError("bad"), OTHER, True),
        (KeyboardInterrupt(), OTHER, True),
    ],
)
def test_errors_of_python(error: BaseException, kind: FailureKind, *, maybe_sent: bool) -> None:
    """The built-in errors of the network are understood, any other error is just that."""
    failure = classify(error)
    assert (failure.kind, failure.maybe_sent) == (kind, maybe_sent)


# What an error may carry


class Carrying(Exception):
    def __init__(self, **carried: Any) -> None:
        super().__init__("with attributes")
        self.__dict__.update(carried)


@pytest.mark.parametrize("status", [200, 302, 399, 600, 1000, -1, True, "503", None, 503.0])
def test_a_number_that_is_no_error_status_is_ignored(status: Any) -> None:
    """Only whole numbers from 400 to 599 are statuses of errors."""
    assert classify(Carrying(status_code=status, status=status)).kind is OTHER


def test_a_status_may_be_an_enum() -> None:
    """A status is kept as a plain number."""
    failure = classify(Carrying(status=HTTPStatus.TOO_MANY_REQUESTS))
    assert failure.status_code == 429
    assert type(failure.status_code) is int


@pytest.mark.parametrize(
    "headers", [None, 7, [("retry-after", "5")], {"Retry-After": 5}, {"other": "5"}, "retry-after"]
)
def test_headers_that_cannot_be_read_are_ignored(headers: Any) -> None:
    """Whatever stands in the place of headers, it does not hide the status."""
    failure = classify(Carrying(status_code=503, headers=headers))
    assert (failure.status_code, failure.retry_after_s) == (503, None)


@pytest.mark.parametrize("name", ["retry-after", "Retry-After"])
def test_headers_may_be_a_plain_dict(name: str) -> None:
    """A dict knows only one way of writing a name; both are tried."""
    answer = SimpleNamespace(status_code=503, headers={name: "5"})
    assert classify(Carrying(response=answer)).retry_after_s == 5.0


class Hostile(Exception):
    @property
    def response(self) -> Any:
        raise RuntimeError("there is none yet")

    @property
    def headers(self) -> Any:
        class Headers:
            def get(self, name: str) -> str:
                raise OSError(name)

        return Headers()

    status = 500


def test_an_error_whose_attributes_raise_is_classified_all_the_same() -> None:
    """Properties may raise, as httpx's own do: the attempt failed, not the classification."""
    failure = classify(Hostile())
    assert (failure.kind, failure.status_code, failure.retry_after_s) == (STATUS, 500, None)


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
