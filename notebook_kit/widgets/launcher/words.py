"""Python written out: values, names and calls as text that says the same when it is run."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

__all__ = ["called", "free_name", "is_name", "keywords_of", "literal", "subscript"]

#: What fits on a line of a cell without being broken.
_LINE: Final = 88
_SCALARS: Final = (str, int, float, bool, bytes, type(None))


def literal(value: object) -> str | None:
    r"""Return a value as Python writes it, in double quotes where it can; None if it cannot.

    >>> literal("ZRH"), literal('say "hi"'), literal(("a", 1)), literal(float("nan"))
    ('"ZRH"', '\'say "hi"\'', '("a", 1)', None)
    """
    if type(value) is str:
        # A quote in front makes repr choose the other kind, if that one is free.
        return repr(value) if '"' in value else f'"{repr(chr(39) + value)[2:]}'
    if type(value) in _SCALARS:
        return _read_back(value)
    if type(value) in (list, tuple, set):
        parts = [literal(part) for part in value]  # type: ignore[attr-defined]  # seen above
        return _sequence(value, parts)
    if type(value) is dict:
        pairs = [(literal(key), literal(it)) for key, it in value.items()]
        if any(key is None or it is None for key, it in pairs):
            return None
        return "{" + ", ".join(f"{key}: {it}" for key, it in pairs) + "}"
    return None


def _sequence(value: object, parts: Sequence[str | None]) -> str | None:
    if None in parts or (isinstance(value, set) and not parts):
        return None
    inner = ", ".join(str(part) for part in parts)
    if isinstance(value, list):
        return f"[{inner}]"
    if isinstance(value, set):
        return f"{{{inner}}}"
    return f"({inner},)" if len(parts) == 1 else f"({inner})"


def _read_back(value: object) -> str | None:
    """Return the repr, if it is read as the same value; inf and nan are not."""
    try:
        text = repr(value)
        same = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return text if type(same) is type(value) and same == value else None


def subscript(value: object) -> str | None:
    """Return the name of a column as it is written between brackets; None if it cannot be.

    Text, whole numbers and tuples of them mean a column and nothing else; True, for one, would be
    taken for a mask.

    >>> subscript("code"), subscript(5), subscript(True), subscript(1.5)
    ('"code"', '5', None, None)
    """
    if type(value) is tuple:
        return literal(value) if all(subscript(part) is not None for part in value) else None
    return literal(value) if type(value) in (str, int) else None


def is_name(text: str) -> bool:
    """Tell whether text can be the name of a variable, and is read as it is written.

    Python reads some letters as others: those of a ligature, for one, as the plain ones.

    >>> is_name("frame"), is_name("class"), is_name("2nd"), is_name("")
    (True, False, False, False)
    """
    is_read_so = unicodedata.normalize("NFKC", text) == text
    return text.isidentifier() and not keyword.iskeyword(text) and is_read_so


def free_name(wanted: str, taken: Container[str]) -> str:
    """Return the name, or one like it that is not taken.

    >>> free_name("row", {"row", "row_2"})
    'row_3'
    """
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def keywords_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return arguments that are passed by name; what is no name is passed in a dictionary.

    >>> keywords_of([("iata", "x"), ("iata-code", "y")])
    ['iata=x', '**{"iata-code": y}']
    """
    named: list[str] = []
    others: list[str] = []
    for name, text in pairs:
        if is_name(name):
            named.append(f"{name}={text}")
        else:
            others.append(f"{literal(name)}: {text}")
    return [*named, f"**{{{', '.join(others)}}}"] if others else named


def called(function: str, arguments: Sequence[str], *, before: str = "") -> str:
    """Return a call, on one line if that is short enough, else with a line for each argument.

    >>> print(called("client.map", ['"/a/{id}"', "ids"], before="frame = await "))
    frame = await client.map("/a/{id}", ids)
    """
    line = f"{before}{function}({', '.join(arguments)})"
    if len(line) <= _LINE or not arguments:
        return line
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"{before}{function}(\n{inner})"
