"""Seeing that what a function returns is no answer but something that nobody awaits."""

from __future__ import annotations

from typing import Any

from notebook_kit.scheduling import Stop, StopKind

__all__ = ["unawaited"]


def unawaited(value: Any) -> Stop:
    """Return why nothing more is started: the calls that are made are not the ones that are meant.

    >>> unawaited(iter([])).kind
    <StopKind.ERRORS: 'errors'>
    """
    kind = type(value).__name__
    reason = (
        f"The function returned a {kind} that nobody awaits, so nothing comes of it: write "
        "`return await ...` in it."
    )
    return Stop(StopKind.ERRORS, reason)
