"""Views of a frame: the answers opened into columns, what went wrong, where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from notebook_kit.frames.columns import flat_index, inferred_column
from notebook_kit.scheduling import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["errors_view", "results_view", "timings_view"]

_NOT_DONE: Final = [STATUSES[code] for code in (Status.FAILED, Status.TIMEOUT, Status.CANCELLED)]
_ERROR_COLUMNS: Final = ["item", "status", "status_code", "error_type", "error", "attempts"]
_TIME_COLUMNS: Final = ["started", "waited_s", "network_s", "backoff_s", "elapsed_s", "attempts"]
#: Dictionaries with more keys than this among them are data keyed by something, not records: a
#: column for each key would be mostly empty, and there may be as many as rows.
_MOST_COLUMNS: Final = 1_000


def results_view(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are ok, with dictionaries opened into columns, one level deep.

    Answers that are no dictionary are in a column ``result``, which gets an underscore for each
    dictionary key that has taken the name. Dictionaries that have more than 1,000 keys among them
    stay closed. Labels are kept.

    >>> frame = pd.DataFrame(
    ...     {"result": [{"n": 1}, None, {"n": 2}], "status": ["ok", "failed", "ok"]}
    ... )
    >>> results_view(frame)
       n
    0  1
    2  2
    """
    answered = frame["status"] == STATUSES[Status.OK]
    answers = frame["result"].to_numpy()[answered.to_numpy()].tolist()
    columns = _opened(answers)
    # Built under numbers and named at the end: a key may be a tuple, which pandas would take apart.
    view = pd.DataFrame(dict(enumerate(columns.values())), index=pd.RangeIndex(len(answers)))
    view.columns = flat_index(list(columns))
    view.index = frame.index[answered.to_numpy()]
    return view


def errors_view(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that failed, timed out or were cancelled, and why."""
    columns = [name for name in _ERROR_COLUMNS if name in frame]
    return frame.loc[frame["status"].isin(_NOT_DONE).to_numpy(), columns]


def timings_view(frame: pd.DataFrame) -> pd.DataFrame:
    """Return where the time of each row went, in seconds."""
    return frame[_TIME_COLUMNS]


def _opened(answers: list[Any]) -> dict[Any, pd.Series[Any]]:
    is_record = [isinstance(answer, dict) for answer in answers]
    records = [answer for answer, known in zip(answers, is_record, strict=True) if known]
    keys = _keys(records)
    if keys is None:
        return {"result": inferred_column(answers)}
    columns = {
        key: inferred_column(
            [
                answer.get(key) if known else None
                for answer, known in zip(answers, is_record, strict=True)
            ]
        )
        for key in keys
    }
    if len(records) < len(answers) or not answers:
        name = "result"
        while name in columns:
            name += "_"
        rest = [None if known else answer for answer, known in zip(answers, is_record, strict=True)]
        columns[name] = inferred_column(rest)
    return columns


def _keys(records: Iterable[dict[Any, Any]]) -> list[Any] | None:
    """Return the keys of all records as they first come, or None where there are too many."""
    keys: dict[Any, None] = {}
    for record in records:
        keys.update(dict.fromkeys(record))
        if len(keys) > _MOST_COLUMNS:
            return None
    return list(keys)
