"""Options of the run as they are typed: read as the code would have them, and checked as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunKeywords, RunOptions
from notebook_kit.widgets.launcher.words import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXAMPLES", "FIELDS", "HAS_PILOT", "PILOT", "as_text", "keywords", "problem_with"]

#: Whether runs can try a sample of their items first.
HAS_PILOT: Final = "pilot" in RunKeywords.__annotations__
#: How many items such a sample has.
PILOT: Final = 20
#: The options that are typed, and what stands in their empty fields.
EXAMPLES: Final[dict[str, str]] = {
    "max_concurrency": "10, or auto",
    "rate": "none; 50/s, or 500/min, 10/s",
    "retry": "2 more tries",
    "attempt_timeout": "none; 30 s",
    "checkpoint": "none; batch.db",
}
#: All options of a run that the form has.
FIELDS: Final = (*EXAMPLES, *(("pilot",) if HAS_PILOT else ()))
#: Their defaults are those of the client, where there is one.
_OF_CLIENT: Final = frozenset({"retry", "attempt_timeout"})


def _whole(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() else text


def _number(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and text.isdigit() else number


def _rates(text: str) -> object:
    """Return one rate or several; "1,000/s" is one."""
    if problem_of("rate", text) is None:
        return text
    parts = [part.strip() for part in text.replace(" and ", ",").split(",")]
    return parts if len(parts) > 1 and all(parts) else text


def _value(name: str, text: str) -> object:
    if name in ("max_concurrency", "retry", "pilot"):
        return _whole(text)
    if name == "attempt_timeout":
        return _number(text)
    return _rates(text) if name == "rate" else text


def problem_of(name: str, value: object) -> str | None:
    """Return what is wrong with the value of an option, in the words of the code that takes it.

    >>> problem_of("rate", "50/s")
    >>> print(problem_of("max_concurrency", 0))
    max_concurrency=0 must be a whole number of 1 or more, such as 10, or 'auto' to have it found.
    """
    given: Any = {name: value}
    try:
        RunOptions.of(given)
    except ConfigurationError as error:
        return str(error)
    return None


def problem_with(name: str, text: str) -> str | None:
    """Return what is wrong with an option as it is typed; None if it can be used.

    >>> problem_with("max_concurrency", "auto"), problem_with("rate", "")
    (None, None)
    """
    text = text.strip()
    return problem_of(name, _value(name, text)) if text else None


def keywords(settings: Mapping[str, str], *, of_client: bool) -> list[tuple[str, str]]:
    """Return the options that differ from their defaults, with the text of their values.

    >>> keywords({"rate": "50/s", "max_concurrency": "10", "retry": ""}, of_client=True)
    [('rate', '"50/s"')]
    """
    found: list[tuple[str, str]] = []
    for name in FIELDS:
        text = settings.get(name, "").strip()
        if not text:
            continue
        value = _value(name, text)
        if problem_of(name, value) is None and _is_default(name, value, of_client=of_client):
            continue
        found.append((name, literal(value) or ""))
    return found


def _is_default(name: str, value: object, *, of_client: bool) -> bool:
    if of_client and name in _OF_CLIENT:
        return False
    given: Any = {name: value}
    return RunOptions.of(given) == RunOptions()


def as_text(name: str, value: object) -> str | None:
    """Return a value as it is typed into its field; None for one that no field can hold.

    >>> as_text("rate", ["500/min", "10/s"]), as_text("retry", 0), as_text("rate", object())
    ('500/min, 10/s', '0', None)
    """
    if value is None:
        # Of what the client says something about, None is not the same as nothing.
        return None if name in _OF_CLIENT else ""
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        text = ", ".join(value)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value)
    else:
        return None
    wanted = list(value) if isinstance(value, tuple) else value
    return text if _value(name, text.strip()) == wanted else None
