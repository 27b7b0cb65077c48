"""Sizes as people write them: bytes, or a text such as ``"100 MiB"``."""

from __future__ import annotations

import math
import re
from typing import Final, TypeAlias

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

__all__ = ["Size", "bytes_of", "size_text"]

#: Bytes, or a text such as ``"100 MiB"`` or ``"5 MB"``.
Size: TypeAlias = int | str

_UNITS: Final = {
    "": 1,
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}
_WRITTEN: Final = re.compile(r"\s*(?P<count>[0-9]{1,18}(?:\.[0-9]{0,9})?)\s*(?P<unit>[a-zA-Z]*)\s*")
_HELP: Final = "write bytes (5_000_000), a text ('100 MiB', '5 MB', '1 GiB'), or None for no bound"


def bytes_of(value: Size, *, name: str) -> int:
    """Return a size in bytes.

    Args:
        value: bytes, or a text with a unit: kB, MB, GB are of 1000, KiB, MiB, GiB of 1024.
        name: the option it was given for, named in the error.

    Raises:
        ConfigurationError: when it cannot be read, is no whole number of bytes, or none at all.

    >>> bytes_of("10 MiB", name="max_body"), bytes_of("1.5 kB", name="max_body")
    (10485760, 1500)
    """
    length: float | None
    if isinstance(value, str):
        match = _WRITTEN.fullmatch(value)
        unit = None if match is None else _UNITS.get(match["unit"].lower())
        length = None if match is None or unit is None else int(float(match["count"]) * unit)
    else:
        length = number(value)
    if length is None or not math.isfinite(length) or length != int(length):
        message = f"{name}={shown(value)} is not a size: {_HELP}."
        raise ConfigurationError(message)
    if length < 1:
        message = f"{name}={shown(value)} must be one byte or more: {_HELP}."
        raise ConfigurationError(message)
    return int(length)


def size_text(length: int) -> str:
    """Return a size as it can be written again.

    >>> size_text(100 * 1024**2), size_text(5_000_000), size_text(1_234)
    ('100 MiB', '5 MB', '1234 B')
    """
    for unit, per in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if length >= per and length % per == 0:
            return f"{length // per} {unit}"
    for unit, per in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if length >= per and length % per == 0:
            return f"{length // per} {unit}"
    return f"{length} B"
