"""Groups of errors, taken apart: nobody who writes ``except ValueError`` looks into a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["leaves_of", "only_leaf", "parts", "taken_apart", "with_parts"]

#: So many parts are told. Of each all, because half a secret is not found any more.
_MOST: Final = 5


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors in a group, in however many groups; of no group the error itself.

    >>> inner = ExceptionGroup("inner", [KeyError("b")])
    >>> list(leaves_of(ExceptionGroup("outer", [ValueError("a"), inner])))
    [ValueError('a'), KeyError('b')]
    """
    left = [error]
    while left:
        one = left.pop()
        if isinstance(one, BaseExceptionGroup):
            left += reversed(one.exceptions)
        else:
            yield one


def only_leaf(error: BaseException) -> BaseException:
    """Return the one error that a group holds, or else the error as it is."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = leaves_of(error)
    first = next(leaves)
    return first if next(leaves, None) is None else error


def taken_apart(error: BaseException) -> BaseException:
    """Return the one error that a group holds; what is no group, or holds several, as it is.

    Raises:
        KeyboardInterrupt: when it holds one: it goes on through everything.
        SystemExit: likewise.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    for leaf in leaves_of(error):
        if isinstance(leaf, (KeyboardInterrupt, SystemExit)):
            raise leaf from error.__cause__
    return only_leaf(error)


def with_parts(error: BaseException) -> str:
    """Return the text of an error; of a group with what its parts say.

    Raises:
        Exception: whatever the error's own ``__str__`` raises, but for that of a part.

    >>> with_parts(ExceptionGroup("two things", [ValueError("a"), KeyError("b")]))
    "two things (2 sub-exceptions): ValueError: a; KeyError: 'b'"
    """
    said = str(error)
    if not isinstance(error, BaseExceptionGroup):
        return said
    return f"{said}: {parts(list(leaves_of(error)))}"


def parts(leaves: list[BaseException]) -> str:
    """Return what several errors say, one behind the other, the first few of them."""
    told = [_said(it) for it in leaves[:_MOST]]
    more = len(leaves) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


def _said(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        text = f"(its message cannot be read: {type(broken).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
