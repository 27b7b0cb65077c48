"""What httpx's options of a client were given, checked when the client is made."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from http.cookiejar import CookieJar
from typing import Any, Final, NamedTuple, TypeAlias, cast

import httpx

from notebook_kit.checks import refuse_unknown, whole_number
from notebook_kit.client.charsets import codec_of
from notebook_kit.client.credentials import refuse_mistyped, revealed
from notebook_kit.client.transports.select import checked_transport
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Duration, seconds
from notebook_kit.redact import shown

__all__ = [
    "DEFAULT_TIMEOUT",
    "KEEPALIVE_S",
    "Bounds",
    "DefaultEncoding",
    "Hooks",
    "bounds",
    "checked_cookies",
    "checked_encoding",
    "checked_hooks",
    "checked_mounts",
    "checked_switch",
    "refuse_http2_alone",
]

Hooks: TypeAlias = dict[str, list[Callable[..., Any]]]
#: The name of an encoding, or a function that finds the one of a body.
DefaultEncoding: TypeAlias = str | Callable[[bytes], str]

_EVENTS: Final = ("request", "response")
#: How long is waited if nothing else is said; a place among the connections is never given up.
DEFAULT_TIMEOUT: Final = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=None)
#: How long an idle connection is kept if nothing else is said.
KEEPALIVE_S: Final = 15.0


class Bounds(NamedTuple):
    """How many connections there may be, and for how long an idle one is kept."""

    most: int | None
    most_idle: int | None
    keepalive_s: float | None


def bounds(
    limits: httpx.Limits | None,
    *,
    max_connections: int,
    max_keepalive_connections: int,
    keepalive_expiry: Duration | None = KEEPALIVE_S,
) -> Bounds:
    """Return what bounds the connections: httpx's limits where there are some, else the counts.

    Raises:
        ConfigurationError: for what is no `httpx.Limits`.

    >>> import httpx
    >>> limits = httpx.Limits(max_connections=5)
    >>> bounds(limits, max_connections=100, max_keepalive_connections=20)
    Bounds(most=5, most_idle=None, keepalive_s=5.0)
    """
    if limits is None:
        most = whole_number(max_connections, name="max_connections")
        kept = keepalive_expiry
        kept_s = None if kept is None else seconds(kept, name="keepalive_expiry", zero=True)
        return Bounds(most, max_keepalive_connections, kept_s)
    if isinstance(limits, httpx.Limits):
        most_idle = limits.max_keepalive_connections
        return Bounds(limits.max_connections, most_idle, limits.keepalive_expiry)
    message = (
        f"limits= is a {type(limits).__name__}: give max_connections=10, or "
        "httpx.Limits(max_connections=10)."
    )
    raise ConfigurationError(message)


def checked_switch(value: object, *, name: str) -> bool:
    """Return a value that is True or False.

    Raises:
        ConfigurationError: for anything else, which httpx would take for one of them.
    """
    if isinstance(value, bool):
        return value
    message = f"{name}={shown(value)} must be True or False."
    raise ConfigurationError(message)


def refuse_http2_alone(http1: object) -> None:
    """Check that HTTP/1.1 is not switched off.

    Raises:
        ConfigurationError: when it is, with what to write instead.
    """
    if not checked_switch(http1, name="http1"):
        message = (
            "http1=False is not there: http2=True takes HTTP/2 where the server speaks it. To "
            "speak nothing else give transport=httpx.AsyncHTTPTransport(http1=False, http2=True)."
        )
        raise ConfigurationError(message)


def checked_cookies(cookies: Any) -> Any:
    """Return cookies as httpx takes them, secrets as clear text.

    Raises:
        ConfigurationError: when they are none.
    """
    cookies = revealed(cookies)
    if cookies is None or isinstance(cookies, (httpx.Cookies, CookieJar)):
        return cookies
    pairs = list(cookies.items()) if isinstance(cookies, Mapping) else cookies
    if isinstance(pairs, (list, tuple)) and all(map(_is_text_pair, pairs)):
        for name, value in pairs:
            refuse_mistyped(f"cookie {name!r}", value)
        return [tuple(pair) for pair in pairs]
    message = (
        "cookies= must be a dict of texts such as {'session': 'abc'}, a list of pairs, an "
        f"httpx.Cookies or a CookieJar, and is a {type(cookies).__name__}."
    )
    raise ConfigurationError(message)


def _is_text_pair(pair: Any) -> bool:
    is_pair = isinstance(pair, (list, tuple)) and len(pair) == len(("name", "value"))
    return is_pair and all(isinstance(part, str) for part in pair)


def checked_encoding(encoding: Any) -> DefaultEncoding:
    """Return the encoding of text whose answer does not name one.

    Raises:
        ConfigurationError: for one that Python does not know.
    """
    if callable(encoding):
        found: Any = encoding
        return cast("DefaultEncoding", found)
    if not isinstance(encoding, str) or codec_of(encoding) is None:
        message = (
            f"default_encoding={shown(encoding)} must be a charset that Python knows, such as "
            "'utf-8' or 'latin-1', or a function from the bytes of a body to one."
        )
        raise ConfigurationError(message)
    named: DefaultEncoding = encoding
    return named


def checked_mounts(mounts: Any) -> dict[str, httpx.AsyncBaseTransport | None]:
    """Return the transports for parts of the URLs there are; None for a direct connection.

    Raises:
        ConfigurationError: for a pattern or a transport that is none.
    """
    if mounts is None:
        return {}
    if not isinstance(mounts, Mapping):
        message = f"mounts= is a {type(mounts).__name__}: give {{'https://host': transport}}."
        raise ConfigurationError(message)
    for pattern in mounts:
        if not isinstance(pattern, str) or (pattern and "://" not in pattern):
            message = (
                f"mounts= has the pattern {shown(pattern)}: write a scheme, and a host if only one "
                "is meant, as 'all://', 'http://' or 'https://api.example.com:8443'."
            )
            raise ConfigurationError(message)
    return {
        pattern: None if transport is None else checked_transport(transport, of="mounts")
        for pattern, transport in mounts.items()
    }


def checked_hooks(hooks: Any) -> Hooks:
    """Return hooks as httpx takes them: each an async function, ordinary ones made into one.

    Raises:
        ConfigurationError: for events that there are not, and for what is no list of functions.
    """
    if hooks is None:
        return {}
    if not isinstance(hooks, Mapping):
        message = f"event_hooks= is a {type(hooks).__name__}: give {{'response': [function]}}."
        raise ConfigurationError(message)
    refuse_unknown(map(str, hooks), _EVENTS, of="event_hooks=")
    return {event: _functions(event, given) for event, given in hooks.items()}


def _functions(event: str, given: Any) -> list[Callable[..., Any]]:
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
        functions = list(given)
        if all(map(callable, functions)):
            return [_awaitable(function) for function in functions]
    message = f"event_hooks={{{event!r}: ...}} must be a list of functions, and is {shown(given)}."
    raise ConfigurationError(message)


def _awaitable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an async function that calls a hook, whatever kind of function it is."""

    async def hook(subject: Any) -> None:
        made = function(subject)
        if inspect.isawaitable(made):
            await made

    # A partial or an object with __call__ has no name.
    return functools.wraps(function, updated=())(hook)
