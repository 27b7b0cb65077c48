"""What the functions of a policy are given of an answer: its body, as a map reads it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from notebook_kit.client.parse import parser
from notebook_kit.errors import DecodeError
from notebook_kit.policies.unwanted import unwanted_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.response import Response
    from notebook_kit.policies import Limits, Retry

__all__ = ["refusal_of", "value_for_policies"]

_read = parser("auto")


def refusal_of(retry: Retry) -> Callable[[Response], bool] | None:
    """Return what tells whether a policy refuses an answer; None where it refuses none."""
    return None if retry.retry_value is None else lambda answer: retry.rejects(_read(answer))


def value_for_policies(response: Response, retry: Retry, limits: Limits) -> Any:
    """Return the body, read; None where nobody asks for it, or it cannot be had.

    Raises:
        DecodeError: when ``retry_value`` needs the body and it cannot be read.
        UnwantedAnswer: when it refuses the answer.
    """
    if not response.is_closed:
        return None  # The head of a stream, whose body nobody can ask for anything yet.
    if retry.retry_value is None:
        with suppress(DecodeError):
            return _read(response) if limits.adjustable else None
        return None
    value = _read(response)
    if retry.rejects(value):
        raise unwanted_answer(value)
    return value
