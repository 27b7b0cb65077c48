"""All attempts of a run as one long table, made of the columns of its ledger and of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import label_index, text_column
from notebook_kit.scheduling import Source, Status
from notebook_kit.scheduling.attempt_log import Next
from notebook_kit.scheduling.attempts import Came
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.scheduling import Ledger, Plan
    from notebook_kit.scheduling.attempt_log import LoggedColumns

__all__ = ["CAUSES", "CAUSE_LIMIT", "OUTCOMES", "all_attempts"]

#: Words for what an attempt waited for after another one, in the order of the codes of `Next`.
_AFTER: Final = ("back-off", "server said so", "second attempt", "fallback", "asked again")
#: A first attempt that was held back: by a limit, by the server's pace or by a breaker. Which of
#: them it was is written down nowhere.
CAUSE_LIMIT: Final = "limit"
#: The words of the column ``why``.
CAUSES: Final = (*_AFTER, CAUSE_LIMIT)
#: The words of the column ``outcome``.
OUTCOMES: Final = tuple(str(came) for came in Came if came is not Came.UNDER_WAY)
_WHY: Final = pd.CategoricalDtype(list(CAUSES))
_OUTCOME: Final = pd.CategoricalDtype(list(OUTCOMES))
_CODE: Final = {came: code for code, came in enumerate(OUTCOMES)}
#: Less is no waiting, but the time that any step takes.
_LEAST_WAIT_S: Final = 1e-3


class _Rows(NamedTuple):
    """Attempts in columns; times are seconds of the run's clock, a code of -1 is none."""

    item: NDArray[np.int64]
    number: NDArray[np.int64]
    started: NDArray[np.float64]
    ended: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    then: NDArray[np.int8]
    outcome: NDArray[np.int8]
    status_code: NDArray[np.int16]
    kind: NDArray[np.intp]

    def at(self, places: NDArray[np.intp]) -> _Rows:
        """Return those rows, in that order."""
        columns: list[Any] = [column[places] for column in self]
        return _Rows(*columns)


class _Ends(NamedTuple):
    """What a ledger held at one moment; the run may go on meanwhile."""

    status: NDArray[np.uint8]
    source: NDArray[np.uint8]
    status_code: NDArray[np.int16]
    attempts: NDArray[np.int64]
    left: NDArray[np.float64]
    settled: NDArray[np.float64]
    network: NDArray[np.float64]


def all_attempts(plan: Plan, ledger: Ledger) -> pd.DataFrame:
    """Return one row per attempt of all items that has ended, in the order of their starts.

    The index has the labels of the items. Columns: ``position`` of the item, from 0; ``attempt``,
    from 1; ``started`` and ``ended`` (UTC); ``waited_s``, the seconds for which limits, the
    server's pace or a breaker held it back; ``backoff_s``, those that it was to wait after the
    attempt before it; ``why`` there was such a wait, or another attempt at all; ``network_s``,
    ``outcome``, ``status_code`` and ``error_type``. What is not known is missing.

    The dtypes are the same for any number of rows. Of a live run it has what has ended so far.

    >>> from notebook_kit.frames import plan_of
    >>> from notebook_kit.scheduling import Ledger, Source
    >>> ledger = Ledger()
    >>> ledger.grow(1)
    >>> ledger.answered(0, 2.5, 0.5, "yes", 200, Source.NETWORK)
    >>> all_attempts(plan_of(["a"]), ledger)[["attempt", "network_s", "outcome"]]
       attempt  network_s   outcome
    0        1        0.5  answered
    """
    # The ledger first: what has ended there had its earlier attempts in the log before.
    ends, errors = _ends(ledger), ledger.errors.copy()
    logged = ledger.log.columns()
    kinds = {kind: code - 1 for code, kind in enumerate(logged.kinds)}
    earlier = _earlier(logged, len(ends.status))
    rows = _joined(earlier, _last(ends, earlier, logged, _kinds_of(errors, kinds, ends)))
    waited, backoff, why = _waits(rows, ends.left)
    order = np.argsort(rows.started, kind="stable")
    return _frame(
        plan,
        ledger.epoch,
        rows.at(order),
        (waited[order], backoff[order], why[order]),
        list(kinds)[1:],
    )


def _ends(ledger: Ledger) -> _Ends:
    columns: list[Any] = [
        # What has ended by its status has all the rest.
        np.frombuffer(bytes(ledger.status), np.uint8),
        np.frombuffer(bytes(ledger.source), np.uint8),
        np.array(ledger.status_code[:]),
        np.array(ledger.attempts[:]).astype(np.int64),
        np.array(ledger.left[:]),
        np.array(ledger.settled[:]),
        np.array(ledger.network[:]),
    ]
    whole = min(map(len, columns))
    return _Ends(*(column[:whole] for column in columns))


def _earlier(logged: LoggedColumns, count: int) -> _Rows:
    """Return what the log holds, by item and in the order in which they ended."""
    item = np.array(logged.items)
    # Items may have come since the ledger was looked at.
    order = np.argsort(item, kind="stable")
    order = order[: int(np.count_nonzero(item < count))]
    kind = np.frombuffer(bytes(logged.kind), np.uint8).astype(np.intp)[order] - 1
    return _Rows(
        item=item[order],
        number=np.array(logged.number).astype(np.int64)[order],
        started=np.array(logged.started)[order],
        ended=np.array(logged.ended)[order],
        delay_s=np.array(logged.delay_s)[order],
        then=np.frombuffer(bytes(logged.next), np.uint8).astype(np.int8)[order],
        outcome=np.where(kind < 0, _CODE[Came.OVERTAKEN], _CODE[Came.FAILED]).astype(np.int8),
        status_code=np.array(logged.status_code)[order],
        kind=kind,
    )


def _last(ends: _Ends, earlier: _Rows, logged: LoggedColumns, kind: NDArray[np.intp]) -> _Rows:
    """Return the attempt of each item that the log does not have: the last one."""
    count = len(ends.status)
    known = np.bincount(earlier.item, minlength=count)
    at = np.flatnonzero((ends.status != UNSETTLED) & (ends.attempts > known))
    number, settled = ends.attempts[at], ends.settled[at]
    spent = np.bincount(np.array(logged.items), np.array(logged.network_s), minlength=count)
    numbers = np.bincount(earlier.item, earlier.number, minlength=count)
    # Without all the others nobody can tell what the last one's share was.
    complete = known[at] + 1 == number
    missing = number * (number + 1) // 2 - numbers[at].astype(np.int64)
    share = ends.network[at] - spent[at]
    return _Rows(
        item=at.astype(np.int64),
        number=np.where(complete, missing, number),
        started=np.where(complete, settled - share, np.nan),
        ended=settled,
        delay_s=np.zeros(len(at)),
        then=np.full(len(at), -1, np.int8),
        outcome=_outcomes(ends.status[at], ends.source[at]),
        status_code=ends.status_code[at],
        kind=kind[at],
    )


def _outcomes(status: NDArray[np.uint8], source: NDArray[np.uint8]) -> NDArray[np.int8]:
    codes = np.full(len(status), _CODE[Came.FAILED], np.int8)
    codes[status == Status.OK] = _CODE[Came.ANSWERED]
    codes[(status == Status.OK) & (source == Source.FALLBACK)] = _CODE[Came.FALLBACK]
    codes[status == Status.CANCELLED] = _CODE[Came.CUT]
    return codes


def _kinds_of(
    errors: dict[int, BaseException], kinds: dict[str, int], ends: _Ends
) -> NDArray[np.intp]:
    """Return the class of each item's error, as its place in ``kinds``, which learns new ones."""
    found = np.full(len(ends.status), -1, np.intp)
    for at, error in errors.items():
        if at < len(found):
            found[at] = kinds.setdefault(type(error).__name__, len(kinds) - 1)
    return found


def _joined(earlier: _Rows, last: _Rows) -> _Rows:
    """Return both by item, the last one of each after its others."""
    if not len(earlier.item):
        return last
    pairs: list[Any] = list(zip(earlier, last, strict=True))
    columns: list[Any] = [np.concatenate(pair) for pair in pairs]
    both = _Rows(*columns)
    return both.at(np.argsort(both.item, kind="stable"))


def _waits(
    rows: _Rows, left: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Return the seconds held back, those of back-off, and why, of each attempt."""
    waited = np.zeros(len(rows.item))
    backoff = np.zeros(len(rows.item))
    why = np.full(len(rows.item), -1, np.int8)
    overtaken = rows.outcome == _CODE[Came.OVERTAKEN]
    why[overtaken] = Next.SECOND
    # One that was cut stands beside those that it waited for nothing to come after.
    at = np.flatnonzero(~overtaken)
    item = rows.item[at]
    first = np.ones(len(at), bool)
    first[1:] = item[1:] != item[:-1]
    begun, later = at[first], at[~first]
    held = rows.started[begun] - left[rows.item[begun]]
    waited[begun] = np.maximum(np.nan_to_num(held), 0.0)
    before = at[np.flatnonzero(~first) - 1]
    since = np.maximum(np.nan_to_num(rows.started[later] - rows.ended[before]), 0.0)
    backoff[later] = np.minimum(since, rows.delay_s[before])
    waited[later] = since - backoff[later]
    why[later] = rows.then[before]
    why[begun[waited[begun] >= _LEAST_WAIT_S]] = CAUSES.index(CAUSE_LIMIT)
    return waited, backoff, why


def _frame(
    plan: Plan,
    epoch: float,
    rows: _Rows,
    waits: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]],
    kinds: list[str],
) -> pd.DataFrame:
    waited, backoff, why = waits
    columns: dict[str, Any] = {
        "position": rows.item,
        "attempt": rows.number,
        "started": _instants(rows.started + epoch),
        "ended": _instants(rows.ended + epoch),
        "waited_s": waited,
        "backoff_s": backoff,
        "why": pd.Categorical.from_codes(why, dtype=_WHY),
        "network_s": rows.ended - rows.started,
        "outcome": pd.Categorical.from_codes(rows.outcome, dtype=_OUTCOME),
        "status_code": pd.arrays.IntegerArray(rows.status_code, rows.status_code == 0),
        "error_type": text_column(kinds, rows.kind),
    }
    frame = pd.DataFrame(columns, copy=False)
    frame.index = _labels(plan, rows.item)
    return frame


def _labels(plan: Plan, positions: NDArray[np.int64]) -> pd.Index[Any]:
    if plan.index is None:
        return pd.Index(positions)
    index = plan.index if isinstance(plan.index, pd.Index) else label_index(plan.index)
    return index.take(positions)


def _instants(seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
    micros = np.full(len(seconds), np.iinfo(np.int64).min)
    known = np.isfinite(seconds)
    micros[known] = np.round(seconds[known] * 1e6)
    return pd.DatetimeIndex(micros.view("datetime64[us]"), copy=False).tz_localize("UTC")
