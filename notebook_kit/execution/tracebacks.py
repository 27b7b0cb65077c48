"""Errors that are kept for long, made light: a traceback holds frames, and frames hold clients."""

from __future__ import annotations

from notebook_kit.errors import NotebookKitError
from notebook_kit.errors.brevity import empty_chain, from_user_code
from notebook_kit.errors.hollow import chain_of, hollow

__all__ = ["lighten"]


def lighten(error: BaseException) -> None:
    """Take from a kept error what only the package's own code has put into its traceback.

    Of a user's error the part that lies in the user's code stays; an error of the kit says in
    words what happened, so that nothing of its traceback, or of those it was raised from, is kept.
    """
    # Straight to the base: a class of the user's may let nothing be assigned.
    BaseException.with_traceback(error, hollow(from_user_code(error.__traceback__)))
    if not isinstance(error, NotebookKitError):
        empty_chain(error)
        return
    for one in chain_of(error):
        BaseException.with_traceback(one, None)
