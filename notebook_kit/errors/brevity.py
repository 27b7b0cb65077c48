"""Tracebacks without what the package's own code has put into them.

An error of the kit says in words what is wrong and what to write instead; its frames would only
push that out of sight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.errors.base import NotebookKitError
from notebook_kit.errors.hollow import PACKAGE, chain_of, hollow

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["brief", "empty_chain", "from_user_code"]

#: What stands between a block of the package and the block's own manager.
_BETWEEN: Final = "contextlib"


class Brief:
    """Shortens what is raised through its block; it keeps nothing of it, so that one serves all.

    Attributes:
        off: whether all frames stay, as ``nk.options.full_tracebacks`` says; values of variables
            are in none of the package's own.
        clean: takes secrets out of the words of what an error of the kit was raised from; set by
            the room that knows them.
    """

    __slots__ = ("clean", "off")

    def __init__(self) -> None:
        self.off = False
        self.clean: Callable[[BaseException], None] | None = None

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, GeneratorExit):
            return
        shown = from_user_code(traceback) if not self.off and _is_told(error) else traceback
        if self.clean is not None and isinstance(error, NotebookKitError):
            self.clean(error)
        empty_chain(error)
        # It is raised on with this; Python does not add the frame of the block once more.
        BaseException.with_traceback(error, hollow(shown))


#: Used as ``with brief:`` around what a user calls, it leaves the user's line and the message of
#: an error of the kit or an interrupt. What lies in the user's own code, called from here, stays.
brief: Final = Brief()


def _is_told(error: BaseException) -> bool:
    """Tell whether an error says all in words, or is an interrupt, which says nothing."""
    if isinstance(error, Exception):
        return isinstance(error, NotebookKitError)
    return not isinstance(error, (SystemExit, GeneratorExit))


def empty_chain(error: BaseException) -> None:
    """Take the values out of the frames of the package in all that an error was raised from."""
    for one in chain_of(error):
        if one is not error and one.__traceback__ is not None:
            # Straight to the base: a class of the user's may let nothing be assigned.
            BaseException.with_traceback(one, hollow(one.__traceback__))


def from_user_code(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package that it begins with."""
    while traceback is not None and _is_ours(traceback):
        traceback = traceback.tb_next
    return traceback


def _is_ours(traceback: TracebackType) -> bool:
    name = str(traceback.tb_frame.f_globals.get("__name__"))
    return name in (PACKAGE, _BETWEEN) or name.startswith(PACKAGE + ".")
