"""The words that the inspector and its text share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, duration, took
from notebook_kit.redact import shown
from notebook_kit.scheduling.attempts import Came
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture
    from notebook_kit.scheduling.attempts import Attempt

__all__ = [
    "came",
    "clock",
    "heading",
    "label",
    "nothing_made",
    "source",
    "state",
    "times",
    "waited",
]

_STATES: Final = {
    "ok": "Done",
    "failed": "Failed",
    "timeout": "Timed out",
    "cancelled": "Cancelled",
    "skipped": "Skipped",
}
_SOURCES: Final = {
    "network": "from the network",
    "cache": "from the cache",
    "checkpoint": "from the checkpoint",
    "fallback": "from the fallback, in the place of an answer",
}
_CAME: Final = {
    Came.ANSWERED: "answered",
    Came.FALLBACK: "the fallback gave something else",
    Came.OVERTAKEN: "cut, as the other attempt was faster",
    Came.CUT: "cut when the run was ended",
    Came.UNDER_WAY: "under way",
}
_WHY: Final = {
    "backoff": "before trying again",
    "asked": "as the server asked",
    "reopened": "until it was asked for again",
}
_LABEL_LIMIT: Final = 60
_KIND_LIMIT: Final = 60
#: Shorter waits are those of a computer and not of a limit.
_WORTH_TELLING_S: Final = 0.001


def state(picture: ItemPicture) -> str:
    """Return where the item stands, in a word or two."""
    if picture.ended:
        return _STATES[picture.outcome.status]
    if picture.is_under_way:
        return "In flight"
    return "Waiting" if picture.due_s is None else "To be tried again"


def heading(picture: ItemPicture) -> str:
    """Return which item it is, as ``"item at position 17, 500 in all"``: the first is at 0."""
    return f"item at position {count(picture.position)}, {count(picture.count)} in all"


def label(picture: ItemPicture) -> str:
    """Return what the row is called, if that is not its position; else nothing."""
    text = plain(shown(picture.label, _LABEL_LIMIT), _LABEL_LIMIT)
    return "" if picture.label is None or text == str(picture.position) else text


def source(picture: ItemPicture) -> str:
    """Return where the answer came from."""
    return _SOURCES[picture.outcome.source]


def times(picture: ItemPicture) -> str:
    """Return how long the item took, or has been under way."""
    if picture.left is None:
        return ""
    if picture.ended:
        return took(picture.outcome.elapsed_s)
    so_far = duration(max(0.0, picture.now - picture.left))
    if picture.due_s is None:
        return f"{so_far} so far"
    return f"{so_far} so far, tried again in {duration(picture.due_s)}"


def clock(picture: ItemPicture, at: float) -> str:
    """Return the time of day, UTC, of a time of the run's clock."""
    moment = datetime.fromtimestamp(at + picture.epoch, tz=UTC)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def waited(attempt: Attempt) -> str:
    """Return what an attempt waited for, and how long; nothing if it did not."""
    if attempt.why == "second":
        return "begun beside a late one"
    parts = []
    if attempt.why in _WHY:
        parts.append(f"{took(attempt.backoff_s)} {_WHY[attempt.why]}")
    if attempt.waited_s >= _WORTH_TELLING_S:
        parts.append(f"{took(attempt.waited_s)} held back")
    return ", ".join(parts)


def came(attempt: Attempt) -> str:
    """Return what came of an attempt."""
    said = _CAME.get(attempt.came) or plain(attempt.error_type, _KIND_LIMIT) or "failed"
    return f"{attempt.status_code} {said}" if attempt.status_code else said


def nothing_made(picture: ItemPicture) -> str:
    """Return why there was no attempt."""
    outcome = picture.outcome
    if not picture.ended:
        return "None yet."
    if outcome.source in ("cache", "checkpoint"):
        return f"None: the answer came {_SOURCES[outcome.source]}."
    if outcome.status in ("cancelled", "skipped"):
        return "None: the run ended before it was begun."
    if outcome.status == "ok":
        return "None: it has the answer of an equal item."
    return "None: it could not be sent, or not in time."
