"""Errors that are kept for long, made light: a traceback holds frames, and frames hold clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.errors import NotebookKitError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["lighten"]

_PACKAGE: Final = "notebook_kit"


def lighten(error: BaseException) -> None:
    """Take from a kept error what only the package's own code has put into its traceback.

    Of a user's error the part that lies in the user's code stays; an error of the kit says in
    words what happened, so that nothing of its traceback, or of those it was raised from, is kept.
    """
    # Straight to the base: a class of the user's may let nothing be assigned.
    BaseException.with_traceback(error, _from_user_code(error.__traceback__))
    seen: set[int] = set()
    inner: BaseException | None = error
    while isinstance(error, NotebookKitError) and inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        BaseException.with_traceback(inner, None)
        inner = inner.__cause__ or inner.__context__


def _from_user_code(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and _is_ours(traceback):
        traceback = traceback.tb_next
    return traceback


def _is_ours(traceback: TracebackType) -> bool:
    name = str(traceback.tb_frame.f_globals.get("__name__"))
    return name == _PACKAGE or name.startswith(_PACKAGE + ".")
