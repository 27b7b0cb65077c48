"""The words for errors by kind that the panel and the text line share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count
from notebook_kit.policies.advice import hint
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.naming import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.scheduling import ErrorGroup, Snapshot

__all__ = ["first_of", "groups_in_order", "hint_for", "in_order", "to_try_again"]

_KIND_LIMIT: Final = 40


def first_of(group: ErrorGroup) -> str:
    """Return what the example of a kind of errors is."""
    return "it" if group.count == 1 else "the first"


def groups_in_order(snapshot: Snapshot) -> list[ErrorGroup]:
    """Return the errors by kind, most frequent first and by name where they are as frequent."""
    return in_order(snapshot.errors)


def in_order(groups: Iterable[ErrorGroup]) -> list[ErrorGroup]:
    """Return kinds of errors, most frequent first and by name where they are as frequent."""
    return sorted(groups, key=lambda group: (-group.count, group.kind))


def hint_for(group: ErrorGroup, snapshot: Snapshot) -> str:
    """Return what to do about a kind of errors, or nothing where nobody knows."""
    return named(hint(group.kind) or "", snapshot.called)


def to_try_again(snapshot: Snapshot) -> str:
    """Return how many items wait for another try, and what most of them have failed with."""
    if not snapshot.backing_off:
        return ""
    told = f"{count(snapshot.backing_off)} to try again"
    kinds = in_order(snapshot.trying)
    if not kinds:
        return told
    more = " and others" if len(kinds) > 1 else ""
    return f"{told} after {plain(kinds[0].kind, _KIND_LIMIT)}{more}"
