"""Answers read as a schema says: objects, and what was wrong with those that do not fit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.redact import shown, text_of
from notebook_kit.typed import Mismatch, converter

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Reading", "read"]

#: So many answers are read in one step; where one of them does not fit, they are one by one.
_AT_ONCE: Final = 32


@dataclass(slots=True)
class Reading:
    """What answers were read as.

    Attributes:
        objects: one for each answer, None where it does not fit.
        said: what was wrong, by position.
    """

    objects: list[Any] = field(default_factory=list)
    said: dict[int, str] = field(default_factory=dict)

    def refuse(self, at: int, why: str) -> None:
        """Leave out an answer that is as its type says but that no column can hold."""
        self.objects[at] = None
        self.said.setdefault(at, why)


def read(
    answers: Sequence[Any], schema: Any, *, of: str, left: frozenset[int] = frozenset()
) -> Reading:
    """Return answers as objects of a schema.

    Args:
        answers: plain data, or objects of the schema already.
        schema: the class.
        of: what the schema is called in errors.
        left: positions at which nothing is, which is no error.

    Raises:
        ConfigurationError: for a schema that nothing can be read as.
    """
    convert = converter(schema, of=of)
    reading = Reading()
    # Many at once are read far faster, which needs a reader of its own.
    convert_many = converter(list[schema], of=of) if len(answers) > _AT_ONCE else None
    for start in range(0, len(answers), _AT_ONCE):
        some = answers[start : start + _AT_ONCE]
        if convert_many is not None and left.isdisjoint(range(start, start + len(some))):
            # What does not fit, or is not read alike among others, is found one by one.
            with suppress(Exception):
                reading.objects += convert_many(some, "")
                continue
        for at, answer in enumerate(some, start):
            made = None if at in left else _read_one(reading, convert, at, answer)
            reading.objects.append(made)
    return reading


def _read_one(reading: Reading, convert: Any, at: int, answer: Any) -> Any:
    try:
        return convert(answer, "")
    except Mismatch as error:
        reading.said[at] = str(error)
    except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
        reading.said[at] = f"{shown(answer)}: {type(error).__name__}: {text_of(error)}"
    return None
