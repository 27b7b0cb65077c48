"""What of a client changes the answers to its requests, without credentials."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.credentials import is_credential
from notebook_kit.redact import HIDDEN, redact_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.client.core import Core

__all__ = ["MEANINGLESS", "answers_depend_on", "setting"]

#: Headers that change no answer, though some are different each time, or in the next version.
MEANINGLESS: Final = frozenset(
    {
        "accept-encoding",
        "baggage",
        "connection",
        "date",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-correlation-id",
        "x-request-id",
    }
)
#: A longer cookie is no setting: it says who somebody is.
_LONGEST_SETTING: Final = 15


def answers_depend_on(core: Core) -> dict[str, Any]:
    """Return what of a client changes answers, by the names of its options.

    Of credentials there is the name, because answers may be others without them, and not the value,
    which may be renewed at any time.
    """
    # What the client of httpx was made with; one that was lent says it itself.
    made = getattr(core._make_http, "keywords", None)  # noqa: SLF001 - its other half
    found = _of_lent(core) if made is None else _of_own(core, made)
    auth = core._defaults.auth  # noqa: SLF001 - as above
    if auth is not None:
        found["auth_kind"] = "BasicAuth" if isinstance(auth, tuple) else type(auth).__name__
    return {name: value for name, value in found.items() if value}


def _of_own(core: Core, made: dict[str, Any]) -> dict[str, Any]:
    defaults = core._defaults  # noqa: SLF001 - its other half
    encoding = made["default_encoding"]
    cookies = made["cookies"]
    pairs = [] if isinstance(cookies, CookieJar) else httpx.Cookies(cookies).items()
    return {
        "base_url": redact_url(made["base_url"]),
        "headers": _without_values([*defaults.headers, *defaults._bound_headers]),  # noqa: SLF001
        "params": _without_values(defaults.params(at_home=True).multi_items()),
        # A jar that others put cookies into is another each time.
        "cookies": {name: setting(name, value) for name, value in pairs},
        "follow_redirects": made["follow_redirects"],
        "default_encoding": None if encoding == "utf-8" else encoding,
        "event_hooks": made["event_hooks"],
    }


def _of_lent(core: Core) -> dict[str, Any]:
    lent: Any = core._here  # noqa: SLF001 - its other half
    client = getattr(lent, "_client", lent)
    return {
        "base_url": redact_url(str(client.base_url)),
        "headers": _without_values(client.headers.multi_items()),
        "params": _without_values(client.params.multi_items()),
        "follow_redirects": lent.follow_redirects,
    }


def _without_values(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Return the values by their names, those of credentials hidden."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, value = map(_text, pair)
        if name.lower() not in MEANINGLESS:
            shown = HIDDEN if is_credential(name, value) else value
            found[name] = f"{found[name]}, {shown}" if name in found else shown
    return found


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def setting(name: str, value: str | None) -> str | None:
    """Return the value of a cookie, hidden where it may say who somebody is."""
    hidden = value is not None and (is_credential(name, value) or len(value) > _LONGEST_SETTING)
    return HIDDEN if hidden else value
