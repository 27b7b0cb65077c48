"""Paths into answers, as ``owner.name`` and ``runways[0].length_ft`` are."""

from __future__ import annotations

import re
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ABSENT", "Path", "follow", "parse", "step_into", "written"]

#: Keys as text, positions in lists as numbers.
Path: TypeAlias = tuple[str | int, ...]


class _Absent:
    """The class of `ABSENT` alone, by which it is found among the classes of many values."""

    __slots__ = ()


#: Stands for what an answer does not have.
ABSENT: Final = _Absent()

_STEP: Final = re.compile(
    r"""
    (?P<dot>\.)? (?P<name>[^.\[\]]+)
    | \[ (?P<number>-?[0-9]{1,9}) \]
    | \[ (?P<quote>["']) (?P<quoted>.*?) (?P=quote) \]
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE: Final = re.compile(r"[^.\[\]]+")


def parse(text: object) -> Path:
    """Return the steps of a path.

    Keys are divided by dots, positions in lists are numbers in brackets, the last being ``[-1]``; a
    key that has a dot or a bracket in it is written in brackets and quotes.

    Raises:
        ConfigurationError: saying where the path ends to be one.

    >>> parse("runways[0].length_ft"), parse("tags['a.b'][-1]")
    (('runways', 0, 'length_ft'), ('tags', 'a.b', -1))
    """
    if not isinstance(text, str):
        raise ConfigurationError(_no_path(text, "is no text"))
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        # A dot divides: there is one before each name but the first.
        if step is None or (step["name"] and bool(step["dot"]) != bool(steps)):
            raise ConfigurationError(_no_path(text, f"cannot be read from {shown(text[at:])} on"))
        steps.append(int(step["number"]) if step["number"] else step["name"] or step["quoted"])
        at = step.end()
    if not steps:
        raise ConfigurationError(_no_path(text, "is empty"))
    return tuple(steps)


def _no_path(given: object, why: str) -> str:
    return (
        f"The path {shown(given)} {why}: write keys with dots between them and positions in "
        "brackets, such as 'owner.name' or 'runways[0].length_ft'; a key that has a dot in it "
        "goes into brackets and quotes, such as 'tags[\"a.b\"]'."
    )


def written(path: Sequence[str | int]) -> str:
    """Return the text of a path, which `parse` reads again.

    >>> written(("runways", 0, "length.ft"))
    'runways[0]["length.ft"]'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE.fullmatch(step):
            text += f".{step}" if text else step
        else:
            quote = "'" if '"' in step else '"'
            text += f"[{quote}{step}{quote}]"
    return text


def follow(values: Sequence[Any], path: Sequence[str | int]) -> Sequence[Any]:
    """Return what stands at a path of each value, or `ABSENT`."""
    for step in path:
        values = step_into(values, step)
    return values


def step_into(values: Sequence[Any], step: str | int) -> list[Any]:
    """Return what stands one step inside of each value, or `ABSENT`."""
    if isinstance(step, str):
        if set(map(type, values)) == {dict}:
            with suppress(KeyError):
                return list(map(itemgetter(step), values))
            return [value.get(step, ABSENT) for value in values]
        return [value.get(step, ABSENT) if isinstance(value, dict) else ABSENT for value in values]
    return [
        value[step]
        if isinstance(value, list | tuple) and -len(value) <= step < len(value)
        else ABSENT
        for value in values
    ]
