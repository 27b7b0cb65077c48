"""Which row of a frame each attempt belongs to, also in a frame that was cut or put together.

Labels say it where each occurs once. Where they do not, the moment does at which a row left the
input: the frame has it, and so has the first attempt, which began when it had been held back long
enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.columns import places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["places_in"]

#: Both moments are rounded to a millionth of a second.
_SAME_S: Final = 2e-6
_NOWHERE: Final = -1
_SEVERAL: Final = (
    "attempts= holds those of several runs of the rows in frame=, and nothing tells them apart: "
    "give the attempts of one run with its frame, or labels that say which run: "
    "pd.concat({'a': frame_a, 'b': frame_b}) and the same of the attempts."
)
_UNCLEAR: Final = (
    "The labels of frame= occur more than once or are not those of attempts=, and the times do not "
    "say either which attempts belong to which row: give the frame as the run gave it, or map "
    "rows whose labels occur once, as after table.reset_index()."
)


def places_in(
    index: pd.Index[Any],
    left: NDArray[np.float64],
    tried: NDArray[np.float64],
    *,
    attempts: pd.DataFrame,
    position: NDArray[np.int64],
    begun: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the position in a frame of the row of each attempt, -1 for none.

    Args:
        index: the labels of the frame.
        left: when each of its rows left the input, NaN if not known, or if it has not ended.
        tried: how many attempts each of its rows had, NaN if it has not ended.
        attempts: the table of attempts, whose labels are those of its rows.
        position: of the row in the run.
        begun: when it left the input, if the attempt is its first one; later otherwise.

    Raises:
        ConfigurationError: when nothing says which row an attempt belongs to.
    """
    nowhere = np.full(len(attempts), _NOWHERE, np.int64)
    if index.is_unique:
        by_label = places_of(attempts.index, index).astype(np.int64)
        # Of rows that shared a label one may be left: then it seems to have the attempts of all.
        if (by_label >= 0).any() and _are_not_too_many(by_label, tried):
            return by_label
    if not len(attempts) or not (tried > 0).any():
        return nowhere
    number = attempts["attempt"].to_numpy() if "attempt" in attempts else np.arange(len(attempts))
    of_run = pd.DataFrame({"position": position, "number": number, "begun": begun})
    if of_run.duplicated(["position", "number"]).any():
        raise ConfigurationError(_SEVERAL)
    starts = _starts(of_run)
    if not _are_whole(index, left, attempts, position, starts):
        position = _by_moment(index, left, attempts, position, starts)
    if not _are_not_too_many(position, tried):
        raise ConfigurationError(_SEVERAL)
    return position


def _are_not_too_many(places: NDArray[np.int64], tried: NDArray[np.float64]) -> bool:
    found = np.bincount(places[places >= 0], minlength=len(tried))
    return not (found > tried).any()


def _starts(of_run: pd.DataFrame) -> NDArray[np.float64]:
    """Return when each row of the run left the input, infinity if its attempts do not say."""
    starts = np.full(int(of_run["position"].max()) + 1, np.inf)
    rows = of_run[(of_run["position"] >= 0).to_numpy() & np.isfinite(of_run["begun"].to_numpy())]
    least = rows.groupby("position")[["number", "begun"]].min()
    # Of those after the first, nobody knows how long the ones before them took.
    told = least[least["number"] <= 1] if (of_run["number"] >= 1).all() else least
    starts[told.index] = told["begun"]
    return starts


def _are_whole(
    index: pd.Index[Any],
    left: NDArray[np.float64],
    attempts: pd.DataFrame,
    position: NDArray[np.int64],
    starts: NDArray[np.float64],
) -> bool:
    """Tell whether the rows are those of the run, in its order."""
    if len(starts) > len(index) or (position < 0).any():
        return False
    of_rows = left[: len(starts)]
    known = np.isfinite(of_rows) & np.isfinite(starts)
    if known.any():
        return bool((np.abs(of_rows - starts)[known] <= _SAME_S).all())
    # A file has kept no times: then the labels have to be enough.
    has_times = np.isfinite(left).any() and attempts["started"].notna().any()
    return not has_times and index.take(position).equals(attempts.index)


def _by_moment(
    index: pd.Index[Any],
    left: NDArray[np.float64],
    attempts: pd.DataFrame,
    position: NDArray[np.int64],
    starts: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the rows by label and moment, or by the moment alone where labels were lost."""
    of_run, first = np.unique(position[position >= 0], return_index=True)
    labels = attempts.index[position >= 0].take(first)
    if labels[~np.isfinite(starts[of_run])].isin(index).any():
        raise ConfigurationError(_UNCLEAR)
    names, _ = pd.factorize(index.append(labels)) if _share(index, labels) else (None, None)
    moments = _moments(np.concatenate([left, starts[of_run]]))
    keys = moments if names is None else names * (moments.max(initial=0) + 1) + moments
    keys[moments < 0] = _NOWHERE
    rows, groups = keys[: len(index)], keys[len(index) :]
    in_frame, in_run = pd.Series(rows).value_counts(), pd.Series(groups).value_counts()
    both = in_frame.index.intersection(in_run.index).difference([_NOWHERE])
    # Rows of one label and one moment are told apart by their order, if they are all there.
    if not len(both) or (in_frame[both] != in_run[both]).any():
        raise ConfigurationError(_UNCLEAR)
    found = pd.MultiIndex.from_arrays([rows, _count(rows)]).get_indexer(
        pd.MultiIndex.from_arrays([groups, _count(groups)])
    )
    found[groups < 0] = _NOWHERE
    places = np.full(len(starts) + 1, _NOWHERE, np.int64)
    places[of_run] = found
    return places[np.where(position >= 0, position, len(starts))]


def _share(index: pd.Index[Any], labels: pd.Index[Any]) -> bool:
    return bool(index.isin(labels).any())


def _count(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many before it have the same key."""
    return np.asarray(pd.Series(keys).groupby(keys).cumcount(), dtype=np.int64)


def _moments(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a number for each moment, the same for those that may be one; -1 if not known."""
    known = np.flatnonzero(np.isfinite(seconds))
    order = known[np.argsort(seconds[known], kind="stable")]
    numbers = np.full(len(seconds), _NOWHERE, np.int64)
    later = np.diff(seconds[order], prepend=-np.inf) > _SAME_S
    numbers[order] = np.cumsum(later) - 1
    return numbers
