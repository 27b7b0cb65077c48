"""A frame as a run gave it, of one that was in a file or in other hands meanwhile."""

from __future__ import annotations

import json
import math
import operator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.build import SOURCE_TYPE, STATUS_TYPE
from notebook_kit.frames.calls.exactly import exactly
from notebook_kit.frames.columns import TEXT, as_text, object_array, object_column
from notebook_kit.frames.outcome_names import OUTCOME, names_by_outcome
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "OUTCOME",
    "columns_of",
    "decoded",
    "frame_of",
    "is_of_run",
    "missing_text",
    "require",
    "restored",
    "runs_of",
    "told_by",
    "with_answers",
]

_ORIGIN: Final = (
    "client.map(path, items) and nk.map(function, items) give such a frame: `frame = await run`, "
    "or run.frame"
)


def told_by(frame: pd.DataFrame) -> Mapping[str, Any]:
    """Return what is kept with a frame of the run that made it; nothing where it was lost."""
    told = frame.attrs.get(KEY)
    return told if isinstance(told, dict) else {}


def runs_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the runs that brought what is in a frame; nothing where that was lost.

    >>> runs_of({"run": "a"}), runs_of({"runs": ["a", "b"]}), runs_of({})
    (('a',), ('a', 'b'), ())
    """
    several = told.get("runs", [told.get("run")])
    names = several if isinstance(several, list) else []
    return tuple(name for name in names if isinstance(name, str))


def frame_of(given: Any, *, of: str) -> pd.DataFrame:
    """Return the frame of a run, or a frame as it is.

    Raises:
        ConfigurationError: for anything else.
    """
    frame = given if isinstance(given, pd.DataFrame) else getattr(given, "frame", None)
    if isinstance(frame, pd.DataFrame):
        return frame
    message = f"{of} takes the frame of a run, or a run; it was given a {type(given).__name__}."
    raise ConfigurationError(message)


def columns_of(frame: pd.DataFrame) -> dict[str, str]:
    """Return the outcome columns that a frame has, and under which names.

    Beside an input that has a column of the same name they are called otherwise. Where nothing is
    known of the run, the columns that stand side by side as a run puts them are those; one that
    may have either name is left out, and so is what answers were opened into.

    >>> columns = ["status", "result", "status_call", "status_code", "attempts"]
    >>> columns_of(pd.DataFrame(columns=columns))["status"]
    'status_call'
    """
    if frame.columns.nlevels > 1:
        return {}
    possible = names_by_outcome(frame.columns)
    told = told_by(frame)
    renamed = told.get("renamed")
    renamed = renamed if isinstance(renamed, dict) else {}
    for outcome in list(possible) if told else ():
        # What is known of the run says which it has renamed; an input may have such names too.
        known = renamed.get(outcome, outcome)
        if known in frame.columns:
            possible[outcome] = [known]
        elif outcome in renamed:
            possible[outcome] = []
    known = {name: possible[name][0] for name in OUTCOME if len(possible.get(name, ())) == 1}
    # Where answers were opened, one of their columns may be called as the whole answer is.
    return {name: it for name, it in known.items() if it not in told.get("opened", ())}


def is_of_run(frame: pd.DataFrame) -> bool:
    """Tell whether a frame is one of a run beyond doubt: it knows so, or has all the columns."""
    return bool(told_by(frame)) or len(columns_of(frame)) == len(OUTCOME)


def missing_text(frame: pd.DataFrame, columns: Sequence[str], *, of: str) -> str | None:
    """Return what is missing for something to work and how to come by it; None if nothing is."""
    known = columns_of(frame)
    absent = [name for name in columns if name not in known]
    if not absent:
        return _doubled_text(frame, [known[name] for name in columns], of)
    several = names_by_outcome(frame.columns) if frame.columns.nlevels == 1 else {}
    if unclear := [name for name in absent if len(several.get(name, ())) > 1]:
        either = " and ".join(map(repr, several[unclear[0]]))
        return (
            f"{of} needs the {unclear[0]} of each call, and there are {either} here: nothing says "
            "which is the run's, so rename or drop the other."
        )
    names = ", ".join(absent)
    return f"{of} needs the columns of a run's frame, and there is no {names} here: {_ORIGIN}."


def _doubled_text(frame: pd.DataFrame, columns: Iterable[str], of: str) -> str | None:
    doubled = next((it for it in columns if int((frame.columns == it).sum()) > 1), None)
    if doubled is None:
        return None
    return (
        f"{of} needs the columns of one run, and there are several called {doubled!r} here: take "
        "those of one, or put input and outcome side by side with join='left'."
    )


def require(frame: pd.DataFrame, columns: Sequence[str], *, of: str) -> None:
    """Check that the frame has the columns.

    Raises:
        ConfigurationError: naming those it has not, and what makes a frame that has them.
    """
    message = missing_text(frame, columns, of=of)
    if message is not None:
        raise ConfigurationError(message)


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with names and dtypes of a run's frame in the columns that a run gives.

    Files lose dtypes: a status is text in a CSV, times are too. Where a column of the input has the
    name of one of them, it is left out. Other columns stay as they are, those that are right
    already are not copied, and nothing of the frame given is changed.

    Raises:
        ConfigurationError: for a column whose values cannot be what its name says.

    >>> frame = pd.DataFrame({"status": ["ok", "failed"], "status_code": [200.0, float("nan")]})
    >>> restored(frame).dtypes.astype(str).to_dict()
    {'status': 'category', 'status_code': 'Int16'}
    """
    frame = _renamed(exactly(frame))
    changed: dict[str, Any] = {}
    for name, make in _MAKERS.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        if not isinstance(column, pd.Series):
            raise ConfigurationError(_doubled_text(frame, [name], "This"))
        try:
            made = make(column)
        except (TypeError, ValueError, OverflowError) as error:
            message = f"The column {name!r} is not that of a run's frame: {shown(str(error), 200)}."
            raise ConfigurationError(message) from error
        if made is not column:
            changed[name] = made
    return frame.assign(**changed) if changed else frame


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    back = {known: name for name, known in columns_of(frame).items() if known != name}
    if not back:
        return frame
    taken = set(back.values())
    kept = [name not in taken for name in frame.columns]
    return frame.loc[:, kept].rename(columns=back)


def decoded(value: Any) -> Any:
    """Return a text that is a JSON object or array as what it says; anything else as it is.

    In files, answers that are no text are written as JSON.

    >>> decoded('{"n": 1}'), decoded("{text}"), decoded("1")
    ({'n': 1}, '{text}', '1')
    """
    if type(value) is str and value[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def with_answers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with answers that are JSON text as what they say.

    >>> with_answers(pd.DataFrame({"result": ['{"n": 1}', "text"]}))["result"].tolist()
    [{'n': 1}, 'text']
    """
    given = frame["result"].tolist()
    if str not in set(map(type, given)):
        return frame
    read = [decoded(value) for value in given]
    if all(map(operator.is_, given, read)):
        return frame
    return frame.assign(result=object_column(object_array(read)).set_axis(frame.index))


def _category(dtype: pd.CategoricalDtype) -> Callable[[pd.Series[Any]], pd.Series[Any]]:
    def make(column: pd.Series[Any]) -> pd.Series[Any]:
        if column.dtype == dtype:
            return column
        words = column.astype(object)
        names = dtype.categories.tolist()
        unknown = words[~words.isin(names)]
        if len(unknown):
            message = f"{shown(unknown.iloc[0])} is none of {', '.join(names)}"
            raise ValueError(message)
        return words.astype(dtype)

    return make


def _objects(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype == object:
        return column
    values = object_array([None if _is_missing(it) else it for it in column.tolist()])
    return object_column(values).set_axis(column.index)


def _is_missing(value: Any) -> bool:
    return value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _text(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype != TEXT and not column.notna().any():
        # A column without any text is read as one of numbers.
        nothing: pd.Series[Any] = pd.Series(np.nan, index=column.index, dtype=TEXT)
        return nothing
    return as_text(column)


def _instants(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    if pd.api.types.is_numeric_dtype(column) and column.notna().any():
        message = f"{shown(column.dropna().tolist()[0])} is no time"
        raise ValueError(message)
    made: pd.Series[Any] = pd.to_datetime(column, utc=True, format="ISO8601")
    moments: pd.Series[Any] = made.astype("datetime64[us, UTC]")
    return moments


def _number(dtype: Any) -> Callable[[pd.Series[Any]], pd.Series[Any]]:
    def make(column: pd.Series[Any]) -> pd.Series[Any]:
        return column if column.dtype == dtype else pd.to_numeric(column).astype(dtype)

    return make


_MAKERS: Final[dict[str, Callable[[pd.Series[Any]], pd.Series[Any]]]] = {
    "result": _objects,
    "status": _category(STATUS_TYPE),
    "status_code": _number(pd.Int16Dtype()),
    "error_type": _text,
    "error": _text,
    "source": _category(SOURCE_TYPE),
    "attempts": _number(np.dtype("int32")),
    "started": _instants,
    **dict.fromkeys(("waited_s", "network_s", "backoff_s", "elapsed_s"), _number(np.dtype(float))),
}
