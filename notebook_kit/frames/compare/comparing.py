"""Two runs compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.frames.calls.restored import frame_of, require, restored
from notebook_kit.frames.compare.alignment import aligned
from notebook_kit.frames.compare.changes import Change, changes_of, equal_values
from notebook_kit.frames.compare.comparison import Comparison
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["compare"]

_NEEDED: Final = ("result", "status", "network_s")


def compare(
    a: Any,
    b: Any,
    *,
    on: str | Sequence[str] | None = None,
    tolerance: float = 1e-9,
    slower: float = 1.5,
) -> Comparison:
    """Compare two runs row by row: which answers changed, which rows fail now, which are slower.

    Rows belong together by the columns ``on``, or else by label where labels occur once, or else by
    position where both have as many rows, which stand as their runs gave them.

    Args:
        a: a run or its frame, also one that `read_frame` gave back: the older one.
        b: the newer one.
        on: a column, or several, such as ``"item"``.
        tolerance: floats that differ by no more are the same, of the larger one or absolutely.
        slower: a row is slower when its ``network_s`` are so many times as long, and at least a
            hundredth of a second longer; and faster the other way round.

    Raises:
        ConfigurationError: when it cannot be told which rows belong together, and for what is no
            frame of a run.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger, Status
    >>> def run_of(answers):
    ...     ledger = Ledger()
    ...     ledger.grow(len(answers))
    ...     for at, answer in enumerate(answers):
    ...         ledger.settle(at, Status.OK, now=1.0, value=answer)
    ...     return build_frame(plan_of(list("ab")), ledger)
    >>> found = compare(run_of([{"n": 1}, {"n": 2}]), run_of([{"n": 1}, {"n": 3}]))
    >>> found.changed["differs"].tolist()
    ['n: 2 → 3']
    """
    with brief:
        return _compared(a, b, on, tolerance, slower)


def _compared(a: Any, b: Any, on: Any, tolerance: float, slower: float) -> Comparison:
    checked = _checked(tolerance, "tolerance", least=0.0), _checked(slower, "slower", least=1.0)
    first, second = _frame(a, "first"), _frame(b, "second")
    pairs = aligned(first, second, on)
    change = changes_of(first, second, pairs, checked[0])
    return Comparison(
        first,
        second,
        pairs,
        change,
        tolerance=checked[0],
        slower_than=checked[1],
        other_items=_other_items(first, second, pairs.in_a, pairs.in_b, change),
    )


def _frame(given: Any, side: str) -> pd.DataFrame:
    frame = frame_of(given, of="nk.compare")
    require(frame, _NEEDED, of=f"The {side} frame of nk.compare")
    return restored(frame)


def _checked(value: Any, name: str, *, least: float) -> float:
    known = number(value)
    if known is None or known < least:
        message = f"{name}={shown(value)} must be a number of {least:g} or more."
        raise ConfigurationError(message)
    return known


def _other_items(a: pd.DataFrame, b: pd.DataFrame, in_a: Any, in_b: Any, change: Any) -> int:
    """Count the pairs that were made of different items, which are two rows by mistake perhaps."""
    if "item" not in a.columns or "item" not in b.columns:
        return 0
    both = np.flatnonzero((change != Change.ONLY_IN_A) & (change != Change.ONLY_IN_B))
    old = a["item"].to_numpy(dtype=object)[in_a[both]]
    new = b["item"].to_numpy(dtype=object)[in_b[both]]
    return int((~equal_values(old, new, 0.0)).sum())
