"""The words that the panel and the text line share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, percent, plural
from notebook_kit.scheduling import RunState
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
    "way_on_from_pilot",
]

#: Before so many items were paid for, what all of them will cost is anybody's guess.
_TOO_FEW: Final = 10
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


def untouched(snapshot: Snapshot) -> int | None:
    """Return how many items have not been started, so that all the counts add up to the total."""
    if snapshot.to_do is None:
        return None
    return max(0, snapshot.to_do - snapshot.in_flight - snapshot.backing_off)


def is_ending(snapshot: Snapshot) -> bool:
    """Tell whether nothing more is started, and only what is in flight comes to its end."""
    never_started = snapshot.cancelled + snapshot.skipped
    return not snapshot.state.ended and never_started > 0 and untouched(snapshot) == 0


def is_held_up(snapshot: Snapshot) -> bool:
    """Tell whether the run waits for a server that is down, or wants to be left alone for long."""
    if snapshot.state is not RunState.RUNNING or is_ending(snapshot):
        return False
    if snapshot.waiting_for == "breaker":
        return True
    # At a pace that the server bears something ends every few seconds.
    idle = not snapshot.in_flight and not snapshot.rate_now
    return snapshot.waiting_for == "server" and idle


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


def finished(snapshot: Snapshot) -> int:
    """Return the items that came to an end of their own: not those that never had the chance."""
    return snapshot.done - snapshot.cancelled - snapshot.skipped


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
    """Return what the user should know, the newest few, and how to go on if there is a way."""
    notices = (named(notice, snapshot.called) for notice in snapshot.notices[-_NOTICES_SHOWN:])
    said = [plain(notice, _NOTICE_LIMIT) for notice in notices]
    way = _way_on(snapshot)
    if not way or any(known in notice for notice in said for known in _WAYS_KNOWN):
        return said
    if said and snapshot.state is RunState.STOPPED:
        return [*said[:-1], f"{said[-1]} {way}"]
    return [*said, way]


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


def cost_of_one(snapshot: Snapshot) -> float:
    """Return what an item has cost on average; nothing where too few were paid for."""
    paid = finished(snapshot) - snapshot.reused
    return snapshot.spent / paid if snapshot.spent and paid >= _TOO_FEW else 0.0


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
