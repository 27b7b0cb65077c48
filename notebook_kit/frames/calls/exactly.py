"""The objects of a frame whose Parquet file pandas has read, which gives texts for them."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.columns import object_array, object_column
from notebook_kit.frames.outcome_names import names_by_outcome

__all__ = ["CODED", "exactly"]

#: The attribute that says for which columns of a file texts stand in the place of objects, and how
#: they are read.
CODED: Final = "notebook_kit.coded"


def exactly(frame: pd.DataFrame, *, of: str | None = None) -> pd.DataFrame:
    """Return the frame with the objects for which texts stand where pandas has read a Parquet file.

    The very frame where nothing says so, with its attribute otherwise: it is said no more.

    Args:
        frame: any.
        of: what cannot do with objects that may not be those; other columns than ``result`` have
            none of them then.

    Raises:
        ConfigurationError: for such objects, if it is said what cannot do with them.
    """
    notes = frame.attrs.get(CODED)
    if not isinstance(notes, dict):
        return frame
    # Only frames that pandas has read need what reads texts.
    from notebook_kit.frames.exports.exact import decoded as read  # noqa: PLC0415

    changed: dict[Any, Any] = {}
    answers = names_by_outcome(frame.columns).get("result", [])
    for at, name in enumerate(frame.columns):
        # In the file, all names are different texts.
        note = notes.get(str(name))
        column = frame.iloc[:, at]
        if note is None or not _is_text_alone(column):
            continue
        if of is not None and "mixed" in note and name not in answers:
            message = (
                f"{of} needs the column {name!r} as it was, of values of several kinds, some of "
                f"them {note['mixed']}: read the file with nk.read_frame(path) in the place of "
                "pandas.read_parquet(path), which does not tell them apart."
            )
            raise ConfigurationError(message)
        changed[at] = object_column(object_array(read(column.tolist(), note)), frame.index)
    made = frame.copy()
    for at, column in changed.items():
        made.isetitem(at, column)
    del made.attrs[CODED]
    return made


def _is_text_alone(column: pd.Series[Any]) -> bool:
    """Tell whether nobody has put anything else into a column of texts."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    known = column[column.notna()]
    return all(isinstance(value, str) for value in known.tolist())
