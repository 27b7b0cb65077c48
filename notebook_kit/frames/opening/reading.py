"""Answers read as a schema says: objects, and what was wrong with those that do not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_kit.redact import shown, text_of
from notebook_kit.typed import Mismatch, converter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Reading", "read"]


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


def read(answers: Sequence[Any], schema: Any, *, of: str, left: Collection[int] = ()) -> Reading:
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
    for at, answer in enumerate(answers):
        made = None
        if at not in left:
            try:
                made = convert(answer, "")
            except Mismatch as error:
                reading.said[at] = str(error)
            except Exception as error:  # noqa: BLE001 - a class of the user's may raise anything
                reading.said[at] = f"{shown(answer)}: {type(error).__name__}: {text_of(error)}"
        reading.objects.append(made)
    return reading
