"""The input and what became of it side by side."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.columns import flat_index
from notebook_kit.frames.outcome_names import SUFFIX
from notebook_kit.frames.refusals import check_joinable
from notebook_kit.frames.rows import Rows

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.scheduling import Plan

__all__ = ["join", "joined"]


def join(data: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the input with the columns of the outcomes beside it, under the input's labels.

    Rows are joined by position, so labels may occur more than once. Columns of the input keep their
    names and come first; an outcome column whose name is taken gets the suffix ``_call``, as in
    ``status_call``, and ``attrs["notebook_kit"]["renamed"]`` says which. The input is not changed.

    Args:
        data: the DataFrame that was mapped, or another one of as many rows.
        frame: what came of it, all rows in order, as the run gave it.

    Raises:
        ConfigurationError: for an input that is no DataFrame, or whose rows are others.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"result": [4, 9], "status": ["ok", "ok"]})
    >>> join(pd.DataFrame({"n": [2, 3], "status": ["new", "old"]}), frame)
       n status  result status_call
    0  2    new       4          ok
    1  3    old       9          ok
    """
    import pandas as pd  # noqa: PLC0415 - loaded already: the frame is its own

    _check(data, frame)
    outcomes = frame.drop(columns="item", errors="ignore")
    renamed = _renamed(data.columns, outcomes.columns)
    places = pd.RangeIndex(len(data))
    # Two indexes that are one and the same: labels that occur twice would multiply the rows.
    parts = [data.set_axis(places), outcomes.set_axis(places)]
    joined = pd.concat([part.set_axis(range(part.shape[1]), axis=1) for part in parts], axis=1)
    names = [*data.columns, *(renamed.get(name, name) for name in outcomes.columns)]
    joined.columns = flat_index(names).rename(data.columns.name)
    joined.index = data.index.copy()
    # What is in them would be shared with the input and the frame.
    joined.attrs = copy.deepcopy({**data.attrs, **frame.attrs})
    if KEY in frame.attrs:
        joined.attrs[KEY] |= {"joined": True} | ({"renamed": renamed} if renamed else {})
    return joined


def joined(plan: Plan, frame: pd.DataFrame, expand: Any = None, **options: Any) -> pd.DataFrame:
    """Return the input of a plan with its outcomes beside it; see `join`.

    Args:
        plan: of a DataFrame.
        frame: what has come of it so far, which is a row for each of its rows.
        expand: what of the answers is opened into columns in the place of ``result``, see
            `notebook_kit.frames.opening.expand`; None leaves them closed.
        **options: as there.

    Raises:
        ConfigurationError: when the input was no DataFrame, and for what cannot be opened.
    """
    check_joinable(plan)
    assert isinstance(plan.source, Rows)  # noqa: S101 - or it would have been refused
    beside = join(plan.source.frame, frame)
    if expand is None:
        return beside
    # Loads what opens answers, for those who want it.
    from notebook_kit.frames.opened_beside import opened_beside  # noqa: PLC0415

    return opened_beside(beside, frame, expand, options)


def _check(data: Any, frame: pd.DataFrame) -> None:
    if not hasattr(data, "columns") or not hasattr(data, "iloc"):
        message = (
            f"Outcomes are joined to a DataFrame, and the input is a {type(data).__name__}: "
            "pd.DataFrame({'item': items}) makes one of it."
        )
        raise ConfigurationError(message)
    if len(data) != len(frame):
        message = (
            f"The input has {len(data):,} rows and the frame {len(frame):,}: rows are joined by "
            "position, so give all rows of both, in order."
        )
        raise ConfigurationError(message)
    if not data.index.equals(frame.index):
        message = (
            "The labels of the input and of the frame differ, and rows are joined by position: "
            "give both in the order of the run, or frame.set_axis(data.index) if that is meant."
        )
        raise ConfigurationError(message)


def _renamed(taken: Any, names: Any) -> dict[str, str]:
    """Return the new names of the outcome columns whose names are taken."""
    known = {*taken, *names}
    renamed = {}
    for name in names:
        if name not in taken:
            continue
        new = f"{name}{SUFFIX}"
        while new in known:
            new += "_"
        known.add(new)
        renamed[name] = new
    return renamed
