"""What each row did when: stretches of time in which it waited or was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from notebook_kit.frames.attempts_table import CAUSES, OUTCOMES
from notebook_kit.scheduling import STATUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = [
    "HELD",
    "LEAST_S",
    "UNKNOWN",
    "WAITED",
    "Choice",
    "Stretches",
    "chosen",
    "stretches_of",
    "stretches_of_attempts",
]

Numbers: TypeAlias = "NDArray[np.float64]"
Codes: TypeAlias = "NDArray[np.int64]"

#: Waits that are shorter are not shown.
LEAST_S: Final = 1e-3
#: What the name of a wait begins with.
WAITED: Final = "waiting: "
#: What holds a row back: which of them it was is written down nowhere.
HELD: Final = "limits or server"
#: What came of an attempt of which that is not said.
UNKNOWN: Final = "unknown"
#: A row that was tried time and again must not fill the picture by itself.
_MOST: Final = 1_000


class Stretches(NamedTuple):
    """Attempts, each with the waits before it: back-off first, then what held it back.

    Attributes:
        item: positions of the rows in the frame.
        waits: when the back-off began, in seconds since the epoch.
        held: when that was over.
        sent: when the attempt began.
        ended: when it ended.
        cause: what the back-off was, as a place in ``causes``; -1 for none.
        came: what came of the attempt, as a place in ``outcomes``; -1 for anything else.
        causes: words for it.
        outcomes: words for that.
        then: a word for what held the row back.
    """

    item: Codes
    waits: Numbers
    held: Numbers
    sent: Numbers
    ended: Numbers
    cause: Codes
    came: Codes
    causes: tuple[str, ...]
    outcomes: tuple[str, ...]
    then: str = HELD

    def of(self, mine: NDArray[np.intp]) -> Stretches:
        """Return those at these places."""
        return Stretches(
            self.item[mine],
            self.waits[mine],
            self.held[mine],
            self.sent[mine],
            self.ended[mine],
            self.cause[mine],
            self.came[mine],
            causes=self.causes,
            outcomes=self.outcomes,
            then=self.then,
        )


def stretches_of_attempts(tries: Tries) -> Stretches:
    """Return what a table of attempts knows."""
    held = tries.started - tries.waited
    waits = held - tries.backoff
    return Stretches(
        tries.item,
        waits,
        held,
        tries.started,
        tries.ended,
        tries.why,
        tries.outcome,
        CAUSES,
        OUTCOMES,
    )


def stretches_of(items: Items) -> Stretches:
    """Return what a frame alone knows, which is how long and not when: waits, and all tries as one.

    What held a row back is taken to have come first.
    """
    timed = np.flatnonzero(items.timed)
    started, ended = items.started[timed], items.ended[timed]
    middle, sent = started + items.waited[timed], ended - items.network[timed]
    status = items.status[timed]
    cause = np.zeros(len(timed), np.int64)
    return Stretches(
        timed,
        started,
        middle,
        sent,
        ended,
        cause,
        status,
        causes=(HELD,),
        outcomes=STATUSES,
        then="back-off",
    )


class Choice(NamedTuple):
    """The stretches of some rows.

    Attributes:
        table: with ``position``, ``row`` from the top, ``from_s``, ``to_s`` and ``what``.
        rows: how many they are.
        total: of how many.
        attempts: how many attempts these rows had.
        drawn: how many of those are in the table.
    """

    table: pd.DataFrame
    rows: int
    total: int
    attempts: int
    drawn: int


def chosen(stretches: Stretches, most: int) -> Choice:
    """Return the stretches of some rows, chosen evenly in the order of their starts."""
    item = stretches.item
    first = np.full(int(item.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first, item, stretches.waits)
    order = np.argsort(first, kind="stable")[: int(np.isfinite(first).sum())]
    some = np.linspace(0, len(order) - 1, min(len(order), most)).round().astype(np.int64)
    row = np.full(len(first), -1, np.int64)
    row[order[some]] = np.arange(len(some))
    kept = np.flatnonzero(row[item] >= 0)
    attempts = len(kept)
    if attempts > _MOST:
        kept = kept[np.linspace(0, attempts - 1, _MOST).astype(np.int64)]
    table = _table(stretches.of(kept))
    table.insert(1, "row", row[table["position"].to_numpy()])
    return Choice(table, len(some), len(order), attempts, len(kept))


def _table(few: Stretches) -> pd.DataFrame:
    pieces = [
        (few.item, few.waits, few.held, _words(few.cause, [WAITED + it for it in few.causes])),
        (few.item, few.held, few.sent, np.full(len(few.item), WAITED + few.then, dtype=object)),
        (few.item, few.sent, few.ended, _words(few.came, list(few.outcomes))),
    ]
    tables = [
        pd.DataFrame({"position": item, "from_s": begun, "to_s": ended, "what": what})
        for item, begun, ended, what in pieces
    ]
    waits = [table.loc[table["to_s"] - table["from_s"] >= LEAST_S] for table in tables[:2]]
    return pd.concat([*waits, tables[2]], ignore_index=True)


def _words(codes: Codes, words: list[str]) -> NDArray[np.object_]:
    # The last one stands for a code of -1.
    known: NDArray[np.object_] = np.array([*words, UNKNOWN], dtype=object)
    return known[codes]
