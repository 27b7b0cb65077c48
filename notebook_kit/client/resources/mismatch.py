"""Answers that are not what an endpoint says, and of which call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.errors import DecodeError

if TYPE_CHECKING:
    from notebook_kit.client.response import Response

__all__ = ["unreadable"]


def unreadable(what: str, response: Response | None) -> DecodeError:
    """Return the error for an answer that cannot be read as what was asked for."""
    call = "an answer that was kept" if response is None else response._call()  # noqa: SLF001 - its own words for itself
    status = None if response is None else response.status_code
    message = f"{call}: the answer is not as declared: {what}."
    return DecodeError(message, call=call, attempts=1, status_code=status)
