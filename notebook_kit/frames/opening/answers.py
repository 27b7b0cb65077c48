"""Where answers come from and where their columns go: a frame with results, a frame of columns."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.columns import flat_index
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Answers", "answers_of", "frame_of_columns"]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of the rows that are ok, and what these rows are called."""

    given: list[Any]
    index: pd.Index[Any]
    attrs: Mapping[Any, Any]


def answers_of(frame: pd.DataFrame) -> Answers:
    """Return the answers of a frame.

    Raises:
        ConfigurationError: when it is no frame with results.
    """
    columns: list[Any] = list(getattr(frame, "columns", ()))
    for name in ("result", "status"):
        if columns.count(name) != 1:
            message = (
                f"Answers are opened from a DataFrame with one column {name!r}, which this one "
                "does not have: give the frame of a run, as run.frame is."
            )
            raise ConfigurationError(message)
    is_ok = (frame["status"] == STATUSES[Status.OK]).to_numpy(dtype=bool, na_value=False)
    values = frame["result"].to_numpy(dtype=object)
    if is_ok.all():
        return Answers(values.tolist(), frame.index[:], frame.attrs)
    return Answers(values[is_ok].tolist(), frame.index[is_ok], frame.attrs)


def frame_of_columns(
    columns: Mapping[Any, Any], answers: Answers, taken: NDArray[np.intp] | None
) -> pd.DataFrame:
    """Return columns as a DataFrame with the labels of the answers.

    Args:
        columns: by name.
        answers: whose they are.
        taken: the answer that each row is of; one row each if not given.
    """
    index = answers.index if taken is None else answers.index.take(taken)
    # Built under numbers and named at the end: a key may be a tuple, which pandas would take apart,
    # and labels that occur twice would multiply rows.
    numbered = dict(enumerate(columns.values()))
    frame = pd.DataFrame(numbered, index=pd.RangeIndex(len(index)), copy=False)
    frame.columns = flat_index(list(columns))
    frame.index = index
    frame.attrs = copy.deepcopy(dict(answers.attrs))
    return frame
