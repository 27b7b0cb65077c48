"""Errors that an error of the kit was raised from, without secrets in their words.

Users' code may raise with a key in a message, and Python shows what an error was raised from in
full. Such an error stays what it is, its words are cleaned in place; one whose words come from
elsewhere is replaced, in the chain only, by one that is called the same.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from notebook_kit.errors.brevity import brief
from notebook_kit.errors.hollow import chain_of
from notebook_kit.redact.told import scrub_told

__all__ = ["scrub_chain"]

_NOTES: Final = "__notes__"
#: A longer one holds a document, as that of a fault of decoding does, and nobody shows it.
_LONGEST_REPR: Final = 10_000
_UNREADABLE: Final = "(its words cannot be read)"


def scrub_chain(error: BaseException) -> None:
    """Take secrets out of the words and notes of all that an error was raised from, or while.

    >>> error = RuntimeError("outer")
    >>> error.__cause__ = ValueError("no access with api_key=abc")
    >>> scrub_chain(error)
    >>> error.__cause__
    ValueError('no access with api_key=****')
    """
    instead: dict[int, BaseException] = {}
    chain = list(chain_of(error))
    # Members before their groups, which are made anew of them.
    for one in reversed(chain):
        if one is not error:
            instead[id(one)] = _clean(one, instead)
    for one in (*chain, *instead.values()):
        _link(one, instead)


def _clean(error: BaseException, instead: dict[int, BaseException]) -> BaseException:
    """Return the error with its words cleaned in place, or what stands for it."""
    _clean_notes(error)
    if isinstance(error, BaseExceptionGroup):
        return _clean_group(error, instead)
    if _is_clean(error):
        return error
    BaseException.args.__set__(error, tuple(map(_clean_argument, error.args)))  # type: ignore[attr-defined]
    return error if _is_clean(error) else _stand_in(error)


def _is_clean(error: BaseException) -> bool:
    # What Python shows is the text; what a cell shows of a variable is the repr.
    for show, most in ((str, None), (repr, _LONGEST_REPR)):
        with suppress(Exception):  # a user's own may raise anything, and then shows nothing
            text = show(error)
            if (most is None or len(text) <= most) and scrub_told(text) != text:
                return False
    return True


def _clean_argument(value: object) -> object:
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - a user's own may raise anything
        return _UNREADABLE
    clean = scrub_told(text)
    return value if clean == text else clean


def _clean_notes(error: BaseException) -> None:
    notes = getattr(error, _NOTES, None)
    if isinstance(notes, list):
        notes[:] = [scrub_told(it) if isinstance(it, str) else it for it in notes]


def _clean_group(
    group: BaseExceptionGroup[Any], instead: dict[int, BaseException]
) -> BaseException:
    members = [instead.get(id(it), it) for it in group.exceptions]
    clean = scrub_told(group.message)
    is_same = all(new is old for new, old in zip(members, group.exceptions, strict=True))
    if clean == group.message and is_same:
        return group
    return _like(BaseExceptionGroup(clean, members), group)


def _stand_in(error: BaseException) -> BaseException:
    """Return an error that is called like another, and says what that says without secrets."""
    kind = type(error)
    named = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    made: BaseException = type(kind.__name__, (Exception,), named)(_clean_argument(error))
    return _like(made, error)


def _like(made: BaseException, error: BaseException) -> BaseException:
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    made.__suppress_context__ = error.__suppress_context__
    for note in getattr(error, _NOTES, ()):
        made.add_note(str(note))
    return made.with_traceback(error.__traceback__)


def _link(error: BaseException, instead: dict[int, BaseException]) -> None:
    """Let what was replaced be replaced wherever something was raised from it."""
    for name in ("__cause__", "__context__"):
        before = getattr(error, name)
        after = instead.get(id(before), before)
        if after is not before:
            is_hidden = error.__suppress_context__
            setattr(error, name, after)
            error.__suppress_context__ = is_hidden


brief.clean = scrub_chain
