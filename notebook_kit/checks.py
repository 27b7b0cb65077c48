"""Checks of arguments that a type checker cannot make for who does not use one."""

from __future__ import annotations

import math

from notebook_kit.errors import ConfigurationError

__all__ = ["number", "whole_number"]


def whole_number(value: object, *, name: str, least: int = 1, example: str = "10") -> int:
    """Return the value if it is a whole number of ``least`` or more.

    Raises:
        ConfigurationError: naming the option, what was given and what to write instead.

    >>> whole_number(3, name="max_attempts")
    3
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{name}={value!r} must be a whole number of {least} or more, such as {example}."
        raise ConfigurationError(message)
    return value


def number(value: object) -> float | None:
    """Return the value as a float if it is a finite number, or None.

    >>> number(2), number(True), number("2")
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
