"""Errors that are kept for long, made light: a traceback holds frames, and frames hold clients."""

from __future__ import annotations

from notebook_kit.errors import NotebookKitError
from notebook_kit.errors.brevity import from_user_code

__all__ = ["lighten"]


def lighten(error: BaseException) -> None:
    """Take from a kept error what only the package's own code has put into its traceback.

    Of a user's error the part that lies in the user's code stays; an error of the kit says in
    words what happened, so that nothing of its traceback, or of those it was raised from, is kept.
    """
    # Straight to the base: a class of the user's may let nothing be assigned.
    BaseException.with_traceback(error, from_user_code(error.__traceback__))
    seen: set[int] = set()
    inner: BaseException | None = error
    while isinstance(error, NotebookKitError) and inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        BaseException.with_traceback(inner, None)
        inner = inner.__cause__ or inner.__context__
