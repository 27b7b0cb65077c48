"""Path templates: paths with placeholders, whose shape no value can change."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from uuid import UUID

from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten
from notebook_kit.redact import redact_url, scrub, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PathTemplate", "field_of", "written"]

_PIECE: Final = re.compile(r"\{\{|\}\}|\{(?P<inside>[^{}]*)\}|(?P<stray>[{}])")
#: What has attributes, but none that anybody would mean.
_PLAIN: Final = (str, bytes, int, float)
_DOTS: Final = frozenset({".", ".."})
_HELP: Final = "write '/users/{id}', '{name:path}' if a value may hold slashes, '{{' for a brace"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    whole_path: bool
    in_query: bool


class PathTemplate:
    """A path with placeholders in braces.

    A field is one segment of the path and fully percent-encoded; ``.``, ``..`` and empty text,
    which would ask for another resource, are refused, and so are None and NaN. ``{name:path}`` lets
    the value hold slashes, with something before and after each. Integral floats are written as
    integers, because a column with one missing value turns integers into floats.

    Raises:
        ConfigurationError: when a brace is not closed, a name is missing or a format is given.

    >>> template = PathTemplate("/users/{id}/files/{file:path}")
    >>> template.fill({"id": 7.0, "file": "a b/c?.txt"})
    '/users/7/files/a%20b/c%3F.txt'
    """

    __slots__ = ("_pieces", "fields", "text")

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            message = f"A path is text, not {type(text).__name__}: {_HELP}."
            raise ConfigurationError(message)
        self.text = text
        self._pieces: list[str | _Field] = list(self._parse(text))
        names = [piece.name for piece in self._pieces if isinstance(piece, _Field)]
        #: Names of the placeholders, each once, in order.
        self.fields: tuple[str, ...] = tuple(dict.fromkeys(names))

    @classmethod
    def _parse(cls, text: str) -> Sequence[str | _Field]:
        pieces: list[str | _Field] = []
        position = 0
        for match in _PIECE.finditer(text):
            pieces.append(text[position : match.start()])
            position = match.end()
            if match["stray"] is not None:
                safe = redact_url(text)
                message = (
                    f"The path {safe!r} has a {match['stray']!r} without its partner at "
                    f"position {match.start()}: {_HELP}."
                )
                raise ConfigurationError(message)
            if match["inside"] is None:
                pieces.append(match[0][0])
            else:
                pieces.append(cls._field(match["inside"], text, position))
        pieces.append(text[position:])
        return [piece for piece in pieces if piece]

    @staticmethod
    def _field(inside: str, text: str, position: int) -> _Field:
        safe = redact_url(text)
        name, colon, form = inside.partition(":")
        if not name.strip() or name != name.strip() or "!" in name:
            message = f"The path {safe!r} has a placeholder {{{inside}}} without a name: {_HELP}."
            raise ConfigurationError(message)
        if colon and form != "path":
            message = (
                f"The path {safe!r} asks for the format {form!r}; only ':path' exists: {_HELP}."
            )
            raise ConfigurationError(message)
        before = text[:position]
        if re.match(r"[a-z][a-z0-9+.-]*://[^/?#]*$", before, re.IGNORECASE):
            message = f"The path {safe!r} has a placeholder in its host; make one client per host."
            raise ConfigurationError(message)
        return _Field(name, whole_path=bool(colon), in_query="?" in before)

    def check_columns(self, columns: Sequence[object]) -> None:
        """Check that every placeholder is a column.

        Raises:
            ConfigurationError: naming the first one that is not, and what is close to it.
        """
        for name in self.fields:
            if name in columns or _as_number(name) in columns:
                continue
            known = [str(column) for column in columns]
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            safe = redact_url(self.text)
            hint = f" Did you mean {{{close[0]}}}?" if close else ""
            message = (
                f"The path {safe!r} needs {{{name}}}, and there is no such column.{hint} "
                f"Columns: {shorten(', '.join(known), 200)}."
            )
            raise ConfigurationError(message)

    def fill(self, item: Any) -> str:
        """Return the path for one item: a row, a mapping, an object, or the one value itself.

        Raises:
            ConfigurationError: when a value is missing or would ask for another resource.
        """
        return "".join(
            piece
            if isinstance(piece, str)
            else self._encode(piece, field_of(item, piece.name, self))
            for piece in self._pieces
        )

    def _encode(self, field: _Field, value: Any) -> str:
        text = written(value, field.name)
        if field.in_query:
            return quote(text, safe="")
        if text == "":
            message = f"{{{field.name}}} is empty, which would ask for another resource."
            raise ConfigurationError(message)
        segments = text.split("/") if field.whole_path else [text]
        if _DOTS.intersection(segments) or "" in segments:
            message = f"{{{field.name}}} is {scrub(text)!r}, which would ask for another resource."
            raise ConfigurationError(message)
        return quote(text, safe="/" if field.whole_path else "")


def field_of(item: Any, name: str | int, template: PathTemplate | None = None) -> Any:
    """Return the value of a name in an item: of a column, a key, an attribute or a place.

    A name in digits may be a column, a key or a place of that number.

    Raises:
        ConfigurationError: when the item has no such thing.

    >>> field_of({"id": 7}, "id"), field_of({0: "a"}, "0"), field_of(("a", "b"), "1")
    (7, 'a', 'b')
    """
    number = name if isinstance(name, int) else _as_number(name)
    if isinstance(item, Mapping):
        for key in (name, number):
            if key is not None and key in item:
                return item[key]
    elif isinstance(item, (tuple, list)) and number is not None and number < len(item):
        return item[number]
    elif isinstance(name, str) and hasattr(item, name) and not isinstance(item, _PLAIN):
        return getattr(item, name)
    elif template is not None and len(template.fields) == 1:
        return item
    message = f"The item {shown(item)} has no {name!r}."
    raise ConfigurationError(message)


def _as_number(name: str) -> int | None:
    """Return a name in digits as the number that it is, for columns that are numbered."""
    return int(name) if name.isascii() and name.isdigit() else None


def written(value: Any, name: str) -> str:
    """Return a value as a URL has it: integral floats as integers, dates in ISO form.

    Args:
        value: text, a number, a date, a UUID or an enum of them; numpy's too.
        name: the column or placeholder that it is for, named in errors.

    Raises:
        ConfigurationError: when it is missing, or cannot be written.

    >>> written(7.0, "id"), written(date(2026, 1, 31), "day")
    ('7', '2026-01-31')
    """
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if _is_missing(value):
        message = f"{{{name}}} is {value!r}: there is no value to put into the request."
        raise ConfigurationError(message)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (str, int, Decimal, UUID)):
        return str(value)
    message = (
        f"{{{name}}} is a {type(value).__name__}, which a URL cannot hold: give text, a number, a "
        "date or a UUID."
    )
    raise ConfigurationError(message)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, Decimal)) and not math.isfinite(value)
