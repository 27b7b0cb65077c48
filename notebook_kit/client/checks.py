"""What a client and its calls were given, checked and made ready before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from notebook_kit.client.bodies import body, checked_files
from notebook_kit.client.columns import column_names
from notebook_kit.client.credentials import (
    checked_headers,
    checked_keys,
    header_pairs,
    is_credential,
    refuse_mistyped,
    revealed,
)
from notebook_kit.client.given import checked_cookies
from notebook_kit.client.time_limits import attempt_limit
from notebook_kit.client.transports.body_bounds import bound_of_call
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Retry
from notebook_kit.policies.durations import seconds
from notebook_kit.redact import Secret, shown, text_of

__all__ = [
    "BOUND",
    "checked_auth",
    "checked_extensions",
    "checked_method",
    "checked_timeout",
    "prepared",
    "refuse_templates",
    "refuse_two_bodies",
]

#: The key under which `prepared` names the headers that are credentials.
BOUND: Final = "bound_headers"

#: A token, as the grammar of HTTP has it (RFC 9110, section 5.6.2).
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_AUTH_PAIR: Final = 2
_TWO: Final = 2
_BODIES: Final = frozenset({"json", "data", "content", "files"})


def prepared(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a request as httpx takes them: clear text, checked, bodies as bytes.

    Raises:
        ConfigurationError: for what cannot be sent.
    """
    with refused_with(_of_what_was_given):
        ready = _prepared(options)
    # What a body raises while it is read is the caller's own error, and no fault of an option.
    return _with_body(ready)


@contextmanager
def refused_with(error_of: Callable[[Exception], ConfigurationError]) -> Iterator[None]:
    """Have what an object raises when it is looked at be told as what cannot be sent.

    Args:
        error_of: makes the error of what was raised.

    Raises:
        ConfigurationError: when anything is raised inside.
    """
    try:
        yield
    except ConfigurationError:
        raise
    except Exception as error:
        raise error_of(error) from error


def _of_what_was_given(error: Exception) -> ConfigurationError:
    said = f"{type(error).__name__}: {text_of(error)}"
    return ConfigurationError(f"The request cannot be built from what was given: {said}")


def _prepared(options: Mapping[str, Any]) -> dict[str, Any]:
    refuse_two_bodies(options)
    ready = {name: revealed(value) for name, value in options.items() if name != "headers"}
    if options.get("headers") is not None:
        pairs = header_pairs(options["headers"])
        ready["headers"] = checked_headers(pairs)
        ready[BOUND] = {_name(name) for name, value in pairs if is_credential(name, value)}
    if "timeout" in ready:
        ready["timeout"] = checked_timeout(ready["timeout"])
    if "attempt_timeout" in ready:
        ready["attempt_timeout"] = attempt_limit(ready["attempt_timeout"])
    if "max_body" in ready:
        ready["max_body"] = bound_of_call(ready["max_body"])
    if "retry" in ready:
        ready["retry"] = Retry.of(ready["retry"])
    if "auth" in ready:
        ready["auth"] = checked_auth(ready["auth"])
    if ready.get("params") is not None:
        checked_keys(ready["params"])
    if "cookies" in ready:
        ready["cookies"] = checked_cookies(ready["cookies"])
    if ready.get("files") is not None:
        ready["files"] = checked_files(ready["files"])
    return ready


def _with_body(ready: dict[str, Any]) -> dict[str, Any]:
    if "content" in ready:
        ready["content"] = body(ready["content"])
    data = ready.get("data")
    if data is not None and not isinstance(data, Mapping):
        # httpx takes what is no form for a body too, and warns of it.
        ready["content"] = body(ready.pop("data"), name="data")
    return ready


def refuse_two_bodies(options: Mapping[str, Any]) -> None:
    """Check that no body would be dropped in favour of another, as httpx does.

    Raises:
        ConfigurationError: when two are given; form fields beside files are one.
    """
    # Asked of every request: most say one thing or nothing.
    if len(options) < _TWO or len(_BODIES & options.keys()) < _TWO:
        return
    given = [name for name in ("json", "data", "content", "files") if _is_body(name, options)]
    is_form = given == ["data", "files"] and isinstance(options["data"], Mapping)
    if len(given) < _TWO or is_form:
        return
    message = (
        f"{' and '.join(f'{name}=' for name in given)} are each a whole body, and a request has "
        "one: give one of them. Form fields go with files as data={...}, files={...}; what belongs "
        "into the URL is params={...}."
    )
    raise ConfigurationError(message)


def _is_body(name: str, options: Mapping[str, Any]) -> bool:
    value = options.get(name)
    # An empty form is none to httpx, an empty list as JSON is a body.
    is_empty = isinstance(value, (Mapping, list, tuple)) and not value
    return value is not None and not (is_empty and name in ("data", "files"))


def _name(name: object) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def checked_method(method: object) -> str:
    """Return the method in capitals.

    Raises:
        ConfigurationError: when it is none.

    >>> checked_method("m-search")
    'M-SEARCH'
    """
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        message = f"method={shown(method)} must be an HTTP method such as 'GET' or 'POST'."
        raise ConfigurationError(message)
    return method.upper()


def checked_timeout(timeout: Any) -> httpx.Timeout:
    """Return a time limit as httpx takes it: from a duration, None for no limit, or its own class.

    Raises:
        ConfigurationError: for what is no duration, zero, negative or not finite.

    >>> checked_timeout("5 s")
    Timeout(timeout=5.0)
    """
    if timeout is None or isinstance(timeout, httpx.Timeout):
        return httpx.Timeout(timeout)
    if isinstance(timeout, tuple):
        parts = [None if it is None else seconds(it, name="timeout") for it in timeout]
        if len(parts) == len(httpx.Timeout(None).as_dict()):
            connect, read, write, pool = parts
            return httpx.Timeout(connect=connect, read=read, write=write, pool=pool)
        message = f"timeout={shown(timeout)} must be (connect, read, write, pool), or one duration."
        raise ConfigurationError(message)
    return httpx.Timeout(seconds(timeout, name="timeout"))


def checked_auth(auth: Any) -> Any:
    """Return credentials as httpx takes them.

    Raises:
        ConfigurationError: when they are neither a pair nor an `httpx.Auth` nor a function, or
            were plainly mistyped.
    """
    auth = revealed(auth)
    if isinstance(auth, tuple) and len(auth) == _AUTH_PAIR:
        for name, part in zip(("user", "password"), auth, strict=True):
            if not isinstance(part, (str, bytes)):
                message = f"The {name} of auth= must be text, not {type(part).__name__}."
                raise ConfigurationError(message)
            refuse_mistyped(f"{name} of auth=", part)
            _refuse_half_characters(f"{name} of auth=", part)
        return auth
    if auth is None or isinstance(auth, httpx.Auth) or callable(auth):
        return auth
    message = (
        f"auth= is a {type(auth).__name__}: give (user, password), an httpx.Auth or a function of "
        "the request. A key goes into headers={'Authorization': key.bearer()}."
    )
    raise ConfigurationError(message)


def _refuse_half_characters(what: str, value: str | bytes) -> None:
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        message = f"The {what} holds half a character, which cannot be sent: copy it again."
        raise ConfigurationError(message)


def checked_extensions(extensions: Any, *, traceable: bool) -> Any:
    """Return httpx's extensions of a request.

    Raises:
        ConfigurationError: when they are no dict, or ask for what the transport cannot tell.
    """
    if extensions is not None and not isinstance(extensions, Mapping):
        message = (
            f"extensions= is a {type(extensions).__name__}: give a dict such as "
            "{'sni_hostname': 'api.example.com'}."
        )
        raise ConfigurationError(message)
    if extensions and "trace" in extensions and not traceable:
        message = (
            "extensions={'trace': ...} is told what httpx's own transport does, and this client "
            "does not use it: make it with transport=httpx.AsyncHTTPTransport()."
        )
        raise ConfigurationError(message)
    return extensions


def refuse_templates(options: Mapping[str, Any]) -> None:
    """Check that the options of a single call hold nothing that needs a row.

    Raises:
        ConfigurationError: for `nk.col` or a function.
    """
    with refused_with(_of_what_was_given):
        _refuse_templates(options)


def _refuse_templates(options: Mapping[str, Any]) -> None:
    for name in ("params", "headers", "json", "data", "content", "cookies"):
        value = options.get(name)
        if column_names(value):
            message = f"{name}= holds nk.col(...), and a single call has no row: use client.map."
            raise ConfigurationError(message)
        is_function = callable(value) and not hasattr(value, "read") and not _is_data(value)
        if is_function and not isinstance(value, Secret):
            message = (
                f"{name}= is a function, and a single call has no row to call it with: call it "
                "yourself, or use client.map."
            )
            raise ConfigurationError(message)


def _is_data(value: Any) -> bool:
    return hasattr(value, "__iter__") or hasattr(value, "__aiter__")
