"""Checks of arguments that a type checker cannot make for who does not use one."""

from __future__ import annotations

import difflib
import math
import numbers
from typing import TYPE_CHECKING

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["number", "refuse_unknown", "whole_number"]


def refuse_unknown(given: Iterable[str], known: Collection[str], *, of: str) -> None:
    """Check that every option is one that exists.

    Raises:
        ConfigurationError: naming the first that is not, what is close to it, and all there are.

    >>> refuse_unknown(["json"], ["method", "json"], of="client.map")
    """
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            message = f"{of} has no option {name!r}.{hint} It takes {', '.join(sorted(known))}."
            raise ConfigurationError(message)


def whole_number(value: object, *, name: str, least: int = 1, example: str = "10") -> int:
    """Return the value as an int if it is a whole number of ``least`` or more, numpy's too.

    Raises:
        ConfigurationError: naming the option, what was given and what to write instead.

    >>> whole_number(3, name="max_attempts")
    3
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        message = (
            f"{name}={shown(value)} must be a whole number of {least} or more, such as {example}."
        )
        raise ConfigurationError(message)
    return int(value)


def number(value: object) -> float | None:
    """Return the value as a float if it is a finite number, numpy's too, or None.

    >>> number(2), number(True), number("2")
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        plain = float(value)
    except OverflowError:
        return None
    return plain if math.isfinite(plain) else None
