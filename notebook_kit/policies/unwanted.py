"""The error that stands for an answer which came, and was refused."""

from __future__ import annotations

from typing import Any

from notebook_kit.errors import UnwantedAnswer
from notebook_kit.redact import shown

__all__ = ["unwanted_answer"]


def unwanted_answer(value: Any, *, attempts: int = 0) -> UnwantedAnswer:
    """Return the error for an answer that `Retry.rejects`.

    Args:
        value: the answer.
        attempts: how often it was asked for.

    >>> unwanted_answer({"state": "pending"})
    UnwantedAnswer("retry_value refused the answer {'state': 'pending'}.")
    """
    message = f"retry_value refused the answer {shown(value)}."
    return UnwantedAnswer(message, value=value, attempts=attempts)
