"""The words that the panel and the text line share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, percent, plural, roughly
from notebook_kit.scheduling import RunState

if TYPE_CHECKING:
    from notebook_kit.scheduling import ErrorGroup, Snapshot

__all__ = [
    "Part",
    "average_rate",
    "finished",
    "groups_in_order",
    "parts",
    "progress",
    "share",
    "state_word",
    "time_left",
    "untouched",
    "waiting",
]

#: Before this the pace says nothing yet.
_TOO_EARLY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """Items that share a fate.

    Attributes:
        kind: the name of the part, for its look.
        number: how many items.
        word: what follows the number.
    """

    kind: str
    number: int
    word: str

    def __str__(self) -> str:
        return f"{count(self.number)} {self.word}"


def untouched(snapshot: Snapshot) -> int | None:
    """Return how many items have not been started, so that all the counts add up to the total."""
    if snapshot.to_do is None:
        return None
    return max(0, snapshot.to_do - snapshot.in_flight - snapshot.backing_off)


def state_word(snapshot: Snapshot) -> str:
    """Return where the run stands, in a word or two."""
    if snapshot.state is RunState.DONE and (snapshot.failed or snapshot.timeout):
        whole = snapshot.failed + snapshot.timeout == snapshot.done
        return "Done, all failed" if whole else "Done, with errors"
    return _STATE_WORDS[snapshot.state]


_STATE_WORDS: Final = {
    RunState.RUNNING: "Running",
    RunState.PAUSED: "Paused",
    RunState.DONE: "Done",
    RunState.CANCELLED: "Cancelled",
    RunState.FAILED: "Failed",
    RunState.LOST: "Lost in a fork",
}


def progress(snapshot: Snapshot) -> str:
    """Return how many items have ended and of how many, as ``"2,310 of 3,000"``."""
    if snapshot.total == 0:
        return "nothing to do: 0 items"
    if snapshot.total is None:
        return f"{plural(finished(snapshot), 'item')}{'' if snapshot.state.ended else ' so far'}"
    return f"{count(finished(snapshot))} of {count(snapshot.total)}"


def share(snapshot: Snapshot) -> str:
    """Return the share that has ended in hundredths, or nothing where there is no whole."""
    return percent(finished(snapshot), snapshot.total) if snapshot.total else ""


def finished(snapshot: Snapshot) -> int:
    """Return the items that came to an end of their own: not those that were cut off."""
    return snapshot.done - snapshot.cancelled


def parts(snapshot: Snapshot) -> list[Part]:
    """Return what became of the items that have ended; together they are ``snapshot.done``."""
    found = (
        Part("ok", snapshot.ok - snapshot.reused, "ok"),
        Part("reused", snapshot.reused, "reused"),
        Part("failed", snapshot.failed, "failed"),
        Part("timeout", snapshot.timeout, "timed out"),
        Part("cancelled", snapshot.cancelled, "cancelled"),
        Part("skipped", snapshot.skipped, "skipped"),
    )
    return [part for part in found if part.number > 0]


def average_rate(snapshot: Snapshot) -> float:
    """Return items a second since the start, those that needed no work left out."""
    worked = snapshot.done - snapshot.reused - snapshot.cancelled - snapshot.skipped
    return worked / snapshot.elapsed_s if snapshot.elapsed_s > 0 and worked > 0 else 0.0


def time_left(snapshot: Snapshot) -> str:
    """Return when the run will end, as far as anybody can tell; nothing once it has."""
    if snapshot.state.ended:
        return ""
    if snapshot.state is RunState.PAUSED:
        return "stands still"
    if snapshot.to_do is None:
        return "time left unknown"
    if snapshot.to_do == 0:
        return "finishing"
    if snapshot.eta_s is None or snapshot.elapsed_s < _TOO_EARLY_S:
        return "estimating time left"
    return f"about {roughly(snapshot.eta_s)} left"


def waiting(snapshot: Snapshot) -> str:
    """Return why nothing more is started, or nothing if that is not so."""
    if snapshot.state.ended:
        return ""
    if snapshot.state is RunState.PAUSED or snapshot.waiting_for == "pause":
        return "nothing new is started"
    if snapshot.waiting_for == "limit":
        return "held back by the rate limit"
    if snapshot.waiting_for == "backoff":
        return "waiting before trying again"
    if snapshot.waiting_for == "input":
        return "waiting for more input"
    return ""


def groups_in_order(snapshot: Snapshot) -> list[ErrorGroup]:
    """Return the errors by kind, most frequent first and by name where they are as frequent."""
    return sorted(snapshot.errors, key=lambda group: (-group.count, group.kind))
