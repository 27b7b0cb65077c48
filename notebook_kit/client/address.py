"""The URL that is asked for: what stands in the path, and the parameters after it."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

import httpx

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import HIDDEN, is_secret_name, is_written_secret, redact_url, shown

__all__ = ["as_asked", "checked_base_url", "checked_url", "parameters", "with_parameters"]

_NONE: Final = httpx.QueryParams()
_LAST_PORT: Final = 65_535
#: A Secret as text: a whole part of the path, a value of the query, a password.
_STARS: Final = re.escape(HIDDEN)
_WRITTEN_SECRETS: Final = re.compile(
    rf"(?:^|/){_STARS}(?=[/?#]|$)|={_STARS}|{_STARS}@|Secret\('{_STARS}'\)"
)


def checked_base_url(base_url: object) -> str:
    """Return the base URL if it is one that paths can be put behind.

    Raises:
        ConfigurationError: when it is not, with what to write instead.
    """
    if isinstance(base_url, httpx.URL):
        base_url = str(base_url)
    if not isinstance(base_url, str):
        message = f"base_url is text such as 'https://api.example.com', not {shown(base_url)}."
        raise ConfigurationError(message)
    if not base_url:
        return base_url
    safe = redact_url(base_url)
    if not base_url.lower().startswith(("http://", "https://")):
        message = f"base_url={safe!r} must begin with https:// or http://."
        raise ConfigurationError(message)
    _refuse_written(base_url, "base_url", "Give it as auth=('user', secret), or as headers=.")
    if "?" in base_url or "#" in base_url:
        message = (
            f"base_url={safe!r} holds a query or a fragment, and paths are put behind it: give "
            "parameters of every request as params={'name': 'value'}."
        )
        raise ConfigurationError(message)
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, ValueError) as error:
        message = f"base_url={safe!r} cannot be read: {redact_url(str(error))}"
        raise ConfigurationError(message) from None
    _check_server(url, base_url, safe)
    return base_url


def _check_server(url: httpx.URL, written: str, safe: str) -> None:
    if not url.host:
        message = f"base_url={safe!r} has no host: write 'https://api.example.com'."
        raise ConfigurationError(message)
    # httpx would look for a host whose name has "%20" in it.
    if any(map(str.isspace, written.partition("//")[2].partition("/")[0])):
        message = f"base_url={safe!r} has a space in its host: write 'https://api.example.com'."
        raise ConfigurationError(message)
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        message = (
            f"base_url={safe!r} names port {url.port}, and ports are numbers from 1 to "
            f"{_LAST_PORT}: write 'https://api.example.com:8443', or leave the port out."
        )
        raise ConfigurationError(message)


def checked_url(url: object) -> str:
    """Return a path or URL as text.

    Raises:
        ConfigurationError: when it is something else, has a host without a scheme, or holds a
            `Secret` that was written as text.
    """
    if not isinstance(url, (str, httpx.URL)):
        message = f"A path is text such as '/users/7', not {shown(url)}."
        raise ConfigurationError(message)
    text = str(url)
    if text.startswith("//"):
        message = (
            f"The path {redact_url(text)!r} begins with two slashes, which would be a host: write "
            "one slash, or a whole URL with https:// in front."
        )
        raise ConfigurationError(message)
    _refuse_written(text, "The path", "Give it as params={'name': secret}.")
    return text


def _refuse_written(url: str, what: str, instead: str) -> None:
    """Check that no `Secret` was written into a URL, where that can be told.

    Raises:
        ConfigurationError: when one was.
    """
    # Most have no star at all.
    if HIDDEN not in (text := unquote(url) if "%2" in url else url):
        return
    query = text.partition("?")[2].partition("#")[0]
    pairs = (it.partition("=") for it in query.split("&"))
    named = any(is_secret_name(name) and is_written_secret(value) for name, _, value in pairs)
    if named or _WRITTEN_SECRETS.search(text):
        message = (
            f"{what} {redact_url(url)!r} holds {HIDDEN!r}: a Secret was written into a text. "
            f"{instead}"
        )
        raise ConfigurationError(message)


def as_asked(url: httpx.URL) -> httpx.URL:
    """Return a URL as it is asked for: httpx sends a slash where there is no path, and shows none.

    >>> as_asked(httpx.URL("https://host?page=2"))
    URL('https://host/?page=2')
    """
    asked = url.raw_path
    return url.copy_with(raw_path=asked) if asked == b"/" or asked.startswith(b"/?") else url


def parameters(params: Any) -> httpx.QueryParams:
    """Return parameters, in any form that httpx takes, checked.

    Raises:
        ConfigurationError: for a `Secret` that was written as text.
    """
    if params is None:
        return _NONE
    try:
        made = httpx.QueryParams(params)
    except (AttributeError, IndexError, TypeError, ValueError):
        kind = type(params).__name__
        message = f"params= is a {kind}: give a dict such as {{'page': 2}}, or a list of pairs."
        raise ConfigurationError(message) from None
    for name, value in made.multi_items():
        if value == HIDDEN:
            message = (
                f"The parameter {name!r} is {HIDDEN!r}: a Secret was written as text. Give the "
                "Secret itself in a dict, or secret.reveal()."
            )
            raise ConfigurationError(message)
    return made


def with_parameters(url: str, params: httpx.QueryParams, defaults: httpx.QueryParams) -> str:
    """Return the URL with parameters put behind those that it has.

    What stands in the URL stays byte for byte. A default gives way to a parameter of its name.

    >>> with_parameters("/x?a=%7e", httpx.QueryParams({"b": 2}), httpx.QueryParams({"b": 1}))
    '/x?a=%7e&b=2'
    """
    if not params and not defaults:
        return url
    head, mark, fragment = url.partition("#")
    path, _, query = head.partition("?")
    said = {*httpx.QueryParams(query), *params}
    more = [pair for pair in defaults.multi_items() if pair[0] not in said]
    added = str(httpx.QueryParams([*more, *params.multi_items()]))
    if not added:
        return url
    joined = f"{query}&{added}" if query else added
    return f"{path}?{joined}{mark}{fragment}"
