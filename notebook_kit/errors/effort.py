"""How often and for how long something was tried, in the words of the error that it ended with.

The same words in the same place everywhere: ``(after 210 ms)``, ``(after 3 attempts in 4.2 s)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.numbers import duration, plural, stretch, took

if TYPE_CHECKING:
    from notebook_kit.errors.calls import RequestError

__all__ = [
    "effort",
    "leave_to_columns",
    "tell_effort",
    "tell_pause",
    "with_effort",
    "with_pause",
    "without_effort",
]

_SPACE = "\N{NO-BREAK SPACE}"
_MINUTE_S = 60


def effort(attempts: int, elapsed_s: float) -> str:
    """Return in words how often and for how long something was tried; "" for not at all.

    >>> effort(1, 0.21), effort(3, 4.2), effort(0, 1.0)
    ('after 210 ms', 'after 3 attempts in 4.2 s', '')
    """
    if attempts < 1:
        return ""
    time = took(max(0.0, elapsed_s)).replace(_SPACE, " ")
    return f"after {time}" if attempts == 1 else f"after {plural(attempts, 'attempt')} in {time}"


def with_effort(said: str, words: str) -> str:
    """Return a message with those words at its end, before a full stop.

    >>> with_effort("No answer within attempt_timeout=2 s.", "after 2.0 s")
    'No answer within attempt_timeout=2 s (after 2.0 s).'
    """
    if not words:
        return said
    ends = said.endswith(".") and not said.endswith("..")
    return f"{said[:-1]} ({words})." if ends else f"{said} ({words})".lstrip()


def tell_pause(error: RequestError, asked_s: float, most_s: float) -> None:
    """Have an error tell that its server asks for a longer wait than the policy allows."""
    asked, most = (
        (stretch(it) if it >= _MINUTE_S else duration(it)).replace(_SPACE, " ")
        for it in (asked_s, most_s)
    )
    error._pause = (  # noqa: SLF001 - what it tells, and nobody else
        f"it asks to wait {asked}, which is longer than max_retry_after={most} of the retry policy"
    )


def with_pause(said: str, words: str) -> str:
    """Return a message with what its server asks for.

    >>> with_pause("GET http://host/x answered 429.", "it asks to wait 1 h")
    'GET http://host/x answered 429; it asks to wait 1 h'
    """
    return f"{said.removesuffix('.')}; {words}" if words else said


def tell_effort(error: RequestError, attempts: int, elapsed_s: float) -> None:
    """Have an error that a call ended with carry its attempts and seconds, and tell them."""
    error.attempts, error.elapsed_s = attempts, elapsed_s
    error._effort = effort(attempts, elapsed_s)  # noqa: SLF001 - what it tells, and nobody else


def leave_to_columns(error: RequestError) -> None:
    """Have an error of a row tell no seconds: columns do, and equal errors are to read alike."""
    error.__dict__.pop("_effort", None)


def without_effort(text: str, error: BaseException) -> str:
    """Return the text of an error for who says himself how often and for how long it was tried."""
    words = error.__dict__.get("_effort", "")
    return text.replace(f" ({words})", "") if words else text
