"""The words that the panel and the text line share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, percent, plural
from notebook_kit.scheduling import RunState
from notebook_kit.scheduling.amounts import (
    average_rate,
    cost_of_one,
    finished,
    is_ending,
    is_held_up,
    untouched,
)
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.naming import named

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot

__all__ = [
    "Part",
    "at_once",
    "at_pilot",
    "average_rate",
    "cost_of_one",
    "explanations",
    "finished",
    "input_broke",
    "is_ending",
    "is_held_up",
    "learnt",
    "money",
    "outlook",
    "parts",
    "progress",
    "share",
    "spending",
    "state_word",
    "untouched",
    "waiting",
    "warned",
    "way_on_from_pilot",
]

#: Characters of what is known of the server.
_SERVER_LIMIT: Final = 90
#: Characters of a notice; why a run was stopped is told in full.
_NOTICE_LIMIT: Final = 520
_NOTICES_SHOWN: Final = 4


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


def at_pilot(snapshot: Snapshot) -> bool:
    """Tell whether the pilot is done, and the run stands until somebody says how to go on."""
    return snapshot.state is RunState.PAUSED and snapshot.waiting_for == "pilot"


def way_on_from_pilot(snapshot: Snapshot) -> str:
    """Return how to go on from the pilot."""
    rest = "the rest" if snapshot.to_do is None else f"the other {count(snapshot.to_do)}"
    way = f"run.go() goes on with {rest}, run.cancel() leaves it at that."
    return named(way, snapshot.called)


def input_broke(snapshot: Snapshot) -> bool:
    """Tell whether the run ended because its input did not go on, and for nothing else."""
    lost = snapshot.failed or snapshot.timeout or snapshot.cancelled or snapshot.skipped
    return snapshot.state is RunState.FAILED and not lost


def state_word(snapshot: Snapshot) -> str:
    """Return where the run stands, in a word or two."""
    if is_ending(snapshot):
        return "Ending"
    if is_held_up(snapshot):
        return "Waiting"
    if at_pilot(snapshot):
        return "Pilot done"
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
    RunState.STOPPED: "Stopped early",
    RunState.LOST: "Lost in a fork",
}


def progress(snapshot: Snapshot) -> str:
    """Return how many items have ended and of how many, as ``"2,310 of 3,000"``."""
    if snapshot.total == 0:
        return "nothing to do: 0 items"
    if snapshot.total is None or input_broke(snapshot):
        return f"{plural(finished(snapshot), 'item')}{'' if snapshot.state.ended else ' so far'}"
    return f"{count(finished(snapshot))} of {count(snapshot.total)}"


def share(snapshot: Snapshot) -> str:
    """Return the share that has ended in hundredths, or nothing where there is no whole."""
    whole = 0 if input_broke(snapshot) else snapshot.total
    return percent(finished(snapshot), whole) if whole else ""


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


def waiting(snapshot: Snapshot) -> str:
    """Return why nothing more is started, or what else slows the run; nothing if nothing does."""
    if snapshot.state.ended:
        return ""
    if is_ending(snapshot):
        return "calls in flight come to their end"
    if snapshot.state is RunState.PAUSED:
        return _REASONS["pilot" if at_pilot(snapshot) else "pause"]
    server = plain(snapshot.server, _SERVER_LIMIT) if snapshot.server else ""
    if server and snapshot.waiting_for in (None, "server", "breaker"):
        return server
    return _REASONS.get(snapshot.waiting_for or "", "")


_REASONS: Final = {
    "pause": "nothing new is started",
    "pilot": "waiting to be told to go on",
    "limit": "held back by the rate limit",
    "backoff": "waiting before trying again",
    "input": "waiting for more input",
    "server": "waiting for the server, which bears no more",
    "breaker": "waiting for the server, which keeps failing",
    "budget": "waiting for costs to come in",
}


def learnt(snapshot: Snapshot) -> str:
    """Return what is known of the server at the end of a run, or nothing."""
    if not snapshot.state.ended or not snapshot.server:
        return ""
    return plain(snapshot.server, _SERVER_LIMIT)


def explanations(snapshot: Snapshot) -> list[str]:
    """Return what the user should know, the newest few, and how to go on if there is a way.

    None of the newest few warnings is left out for what came after it.
    """
    said = [_told(notice, snapshot) for notice in _newest(snapshot)]
    way = _way_on(snapshot)
    if not way or any(known in notice for notice in said for known in _WAYS_KNOWN):
        return said
    if said and snapshot.state is RunState.STOPPED:
        return [*said[:-1], f"{said[-1]} {way}"]
    return [*said, way]


def warned(snapshot: Snapshot) -> list[str]:
    """Return those of the explanations that tell of something lost."""
    return [_told(notice, snapshot) for notice in snapshot.warnings[-_NOTICES_SHOWN:]]


def _told(notice: str, snapshot: Snapshot) -> str:
    return plain(named(notice, snapshot.called), _NOTICE_LIMIT)


def _newest(snapshot: Snapshot) -> list[str]:
    warnings = snapshot.warnings[-_NOTICES_SHOWN:]
    others = [notice for notice in snapshot.notices if notice not in snapshot.warnings]
    stopped = snapshot.state is RunState.STOPPED
    left = max(_NOTICES_SHOWN - len(warnings), int(stopped))
    others = others[-left:] if left else []
    if stopped:
        # Why it was stopped stands last, whatever went wrong afterwards.
        return [*warnings, *others]
    return [notice for notice in snapshot.notices if notice in {*warnings, *others}]


def _way_on(snapshot: Snapshot) -> str:
    if snapshot.state is RunState.LOST:
        return "It goes on in the process that this one was forked from."
    if input_broke(snapshot):
        return "The input broke off here: waiting for the run raises an error that says why."
    if at_pilot(snapshot):
        return way_on_from_pilot(snapshot)
    if snapshot.state in _BROKEN_OFF and snapshot.done > snapshot.ok:
        return f"{snapshot.called}.retry_failed() goes on with the rest."
    return ""


_BROKEN_OFF: Final = (RunState.STOPPED, RunState.CANCELLED, RunState.FAILED)
#: Notices with these words say themselves how to go on.
_WAYS_KNOWN: Final = ("retry_failed()", ".go()", "Run again", "The input broke off")


def at_once(snapshot: Snapshot) -> str:
    """Return how many attempts may be under way at once, as ``"17"`` or ``"auto: 17"``."""
    number = count(snapshot.max_concurrency)
    return f"auto: {number}" if snapshot.auto else number


def money(amount: float) -> str:
    """Return a sum of money, whatever the currency, as exactly as it is of use.

    >>> money(0.4213), money(12), money(12_345.6), money(0.00042), money(0)
    ('0.42', '12.00', '12,346', '0.00042', '0')
    """
    if amount <= 0:
        return "0"
    if amount >= 1_000:  # noqa: PLR2004 - cents say nothing
        return f"{amount:,.0f}"
    # Two digits that say something, however small it is.
    digits = max(2, min(1 - math.floor(math.log10(amount)), 12))
    return f"{amount:.{digits}f}"


def spending(snapshot: Snapshot) -> str:
    """Return what was spent, as ``"0.42 of 5"`` or ``"0.42 spent"``; nothing if nobody counts."""
    if snapshot.spent is None:
        return ""
    if snapshot.max_cost is None:
        return f"{money(snapshot.spent)} spent"
    return f"{money(snapshot.spent)} of {snapshot.max_cost:,.12g}"


def outlook(snapshot: Snapshot) -> str:
    """Return what all the items will cost at this rate; once it has ended, what one has cost."""
    each = cost_of_one(snapshot)
    if not each or snapshot.spent is None:
        return ""
    if snapshot.state.ended:
        return f"about {money(each)} an item"
    if snapshot.to_do is None or is_ending(snapshot):
        return ""
    needed = snapshot.spent + each * snapshot.to_do
    enough = snapshot.max_cost is None or needed <= snapshot.max_cost
    return f"about {money(needed)} {'for all' if enough else 'would be needed'}"
