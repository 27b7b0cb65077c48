"""JSON of answers, read fast and strictly: what the standard has, and what Python can bear.

Python's own reader takes NaN, infinities and numbers that overflow to them for JSON, and nests
values deeper than anything can print, copy or write that was made in Python.
"""

from __future__ import annotations

import gc
import json
import math
import re
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_LEVELS", "NotTaken", "loads"]

#: Lists and objects within each other. What walks through values in Python takes up to three calls
#: for a level, of a thousand that there are by default.
MOST_LEVELS: Final = 200

#: The brackets of each level take two characters, so what is shorter is not too deep.
_SHORT: Final = 2 * MOST_LEVELS
#: Up to here brackets are counted, which is faster than looking at the values; the counting makes
#: copies.
_LONG: Final = 16_384
_OPENING: Final[dict[type, tuple[Any, Any]]] = {bytes: (b"[", b"{"), str: ("[", "{")}
_EMPTY: Final[dict[type, Any]] = {bytes: b"", str: ""}
#: What stands in JSON, and in what some take for it; numbers as they are written.
_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*+"|[\[\]{}]|-?(?:NaN|Infinity|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)',
    re.DOTALL,
)
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_LONGEST_SHOWN: Final = 40

_decode: Final = msgspec.json.Decoder().decode


class NotTaken(json.JSONDecodeError):
    """A document that the standard library may take for JSON, and that is not taken here.

    Attributes:
        instead: what reads it all the same; ``{0}`` stands for the document.
    """

    instead = "json.loads({0}) takes it all the same"


class _Refused(ValueError):
    """A word or a number that JSON does not have."""


def loads(document: bytes | str, **keywords: Any) -> Any:
    """Return what ``json.loads`` returns, of JSON that is not too deep and has no other words.

    Args:
        document: UTF-8, UTF-16, UTF-32 or text.
        keywords: as of ``json.loads``; ``parse_constant=float`` takes NaN and infinities, and
            ``parse_float=float`` what overflows to them.

    Raises:
        ValueError: what ``json.loads`` raises, or `NotTaken`.

    >>> loads(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    """
    if keywords:
        return _slowly(document, keywords)
    try:
        value = _decode(document)
    except (ValueError, RecursionError):
        # Lone surrogates, UTF-16, numbers of any length: the standard library takes more, and it
        # knows the words for what it does not take.
        return _slowly(document, keywords)
    if len(document) > _SHORT and _has_many_brackets(document) and _is_deep(value):
        _refuse_depth(document)
    return value


def _has_many_brackets(document: bytes | str) -> bool:
    size, kind = len(document), type(document)
    if size > _LONG:
        return True
    lists, objects = _OPENING[kind]
    nothing = _EMPTY[kind]
    # Taking them out is twice as fast as counting them.
    without = len(document.replace(lists, nothing)) + len(document.replace(objects, nothing))
    return 2 * size - without > MOST_LEVELS


def _is_deep(value: Any) -> bool:
    # Level by level, and all parts of a level at once, in C; what has no parts adds nothing to the
    # next one.
    level = [value]
    for _ in range(MOST_LEVELS):
        level = gc.get_referents(*level)
        if not level:
            return False
    return any(isinstance(part, (dict, list)) for part in level)


def _slowly(document: bytes | str, keywords: dict[str, Any]) -> Any:
    # A class of the user's own knows what it takes.
    strict = {} if "cls" in keywords else {"parse_constant": _refuse, "parse_float": _finite}
    try:
        value = json.loads(document, **{**strict, **keywords})
    except _Refused as error:
        _refuse_token(document, str(error))
    except RecursionError:
        _refuse_depth(document)
    except (UnicodeError, json.JSONDecodeError):
        raise
    except ValueError:
        _refuse_digits(document)
        raise  # It is of a function of the user's.
    if _is_made_deep(value):
        _refuse_depth(document)
    return value


def _is_made_deep(value: Any) -> bool:
    """Tell the same of values that functions have made: only lists and dictionaries count."""
    level: list[Any] = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [it for it in level if isinstance(it, (dict, list))]
        if not level:
            return False
        level = [part for it in level for part in (it.values() if isinstance(it, dict) else it)]
    return True


def _refuse(word: str) -> NoReturn:
    raise _Refused(word)


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise _Refused(number)
    return value


def _refuse_token(document: bytes | str, token: str) -> NoReturn:
    what = "no word of JSON" if token.lstrip("-").isalpha() else "more than a float holds"
    _refuse_at(document, f"{shorten(token, _LONGEST_SHOWN)} is {what}", lambda it: it == token)


def _refuse_depth(document: bytes | str) -> NoReturn:
    depth = 0

    def is_too_deep(token: str) -> bool:
        nonlocal depth
        depth += _STEPS.get(token, 0)
        return depth > MOST_LEVELS

    what = f"lists and objects stand more than {MOST_LEVELS} deep in each other"
    _refuse_at(document, what, is_too_deep, "json.loads({0}) goes as deep as Python can")


def _refuse_digits(document: bytes | str) -> None:
    """Refuse a whole number that Python would take too long to read, if there is one."""
    most = sys.get_int_max_str_digits()
    found = ""

    def is_too_long(token: str) -> bool:
        nonlocal found
        found = token.lstrip("-")
        return found.isdigit() and 0 < most < len(found)

    text, at = _found(document, is_too_long)
    if at is not None:
        message = f"a number of {len(found):,} digits, and Python reads at most {most:,}"
        error = NotTaken(message, text, at)
        error.instead = "sys.set_int_max_str_digits(0) lifts that limit"
        raise error from None


def _refuse_at(
    document: bytes | str,
    what: str,
    is_it: Callable[[str], bool],
    instead: str = NotTaken.instead,
) -> NoReturn:
    text, at = _found(document, is_it)
    error = NotTaken(what, text, at or 0)
    error.instead = instead
    raise error from None


def _found(document: bytes | str, is_it: Callable[[str], bool]) -> tuple[str, int | None]:
    """Return a document as text, and where its first token stands that is meant."""
    if isinstance(document, bytes):
        document = document.decode(json.detect_encoding(document), "replace")
    places = (it.start() for it in _TOKEN.finditer(document) if is_it(it[0]))
    return document, next(places, None)
