"""How the requests of a map are sent, beside what they are: alike for all rows, or for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.checks import prepared, refused_with
from notebook_kit.client.columns import per_row, varies
from notebook_kit.client.given import checked_switch
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import scrub, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OF_SENDING", "RowSending", "row_error"]

#: Options of sending, which are no part of a request.
OF_SENDING: Final = ("auth", "follow_redirects", "attempt_timeout")


class RowSending:
    """The options of sending of each row.

    Args:
        options: those of a map, each a constant, a function of the row, or holding `nk.col`.

    Raises:
        ConfigurationError: for a constant that cannot work.

    >>> sending = RowSending({"follow_redirects": lambda row: row == "far"})
    >>> sending.of("near"), sending.of("far")
    ({'follow_redirects': False}, {'follow_redirects': True})
    """

    __slots__ = ("_fixed", "_varying")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._varying: dict[str, Callable[[Any], Any]] = {
            name: per_row(value, as_text=isinstance(value, tuple))
            for name, value in options.items()
            # Credentials that can be called are credentials.
            if varies(value) and not isinstance(value, httpx.Auth)
        }
        self._fixed = _ready({n: it for n, it in options.items() if n not in self._varying})

    def __bool__(self) -> bool:
        return bool(self._varying or self._fixed)

    def of(self, item: Any) -> Mapping[str, Any]:
        """Return how the request of an item is sent.

        Raises:
            ConfigurationError: when it cannot be told from the item.
        """
        if not self._varying:
            return self._fixed
        with refused_with(row_error):
            made = {name: value_of(item) for name, value_of in self._varying.items()}
            return {**self._fixed, **_ready(made)}


def row_error(error: Exception) -> ConfigurationError:
    """Return the error of a row whose request cannot be made, given what went wrong."""
    message = f"The request cannot be made of this row: {type(error).__name__}: {text_of(error)}"
    return ConfigurationError(scrub(message))


def _ready(options: dict[str, Any]) -> dict[str, Any]:
    if "follow_redirects" in options:
        value = options["follow_redirects"]
        if type(value).__module__ == "numpy" and hasattr(value, "item"):
            value = value.item()
        options["follow_redirects"] = checked_switch(value, name="follow_redirects")
    ready = prepared(options)
    if "attempt_timeout" in ready:
        ready["limit"] = ready.pop("attempt_timeout")
    return ready
