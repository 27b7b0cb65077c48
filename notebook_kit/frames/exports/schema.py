"""The dtypes of a frame, for what was read from a file that does not know them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import pandas as pd

from notebook_kit.frames.build import SOURCE_TYPE, STATUS_TYPE
from notebook_kit.frames.calls.restored import columns_of
from notebook_kit.frames.columns import TEXT, as_text

__all__ = ["DTYPES", "KEPT_NAMES", "OBJECTS", "SECONDS", "TEXTS", "like_kit", "with_dtype"]

#: What a name may be to come back as it was.
KEPT_NAMES: Final = (str, int, float, bool, type(None))
#: The columns whose cells can be any object.
OBJECTS: Final = ("item", "result")
TEXTS: Final = ("error_type", "error")
SECONDS: Final = ("waited_s", "network_s", "backoff_s", "elapsed_s")
DTYPES: Final[dict[str, Any]] = {
    "status": STATUS_TYPE,
    "status_code": "Int16",
    **dict.fromkeys(TEXTS, TEXT),
    "source": SOURCE_TYPE,
    "attempts": "int32",
    "started": "datetime64[us, UTC]",
    **dict.fromkeys(SECONDS, "float64"),
}


def like_kit(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the dtypes that `build_frame` gives the columns of these names.

    A column that cannot have its dtype, because it only happens to have the name, stays; so does
    one of an input, beside which that of the run is called otherwise, and one of which nobody can
    tell whose it is.
    """
    names = columns_of(frame)
    if "result" not in names and "status" not in names:
        return frame
    for outcome, dtype in DTYPES.items():
        name = names.get(outcome)
        if name is None:
            continue
        # One of several that are called so is a table of them all.
        column: Any = frame[name]
        if isinstance(column, pd.Series) and (column.dtype != dtype or outcome in TEXTS):
            with suppress(TypeError, ValueError, OverflowError):
                made = _cast(column, dtype)
                if not (made.isna() & column.notna()).any():
                    frame[name] = made
    return frame


def _cast(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    if dtype == DTYPES["started"]:
        if pd.api.types.is_numeric_dtype(column) and column.notna().any():
            message = "numbers, of which nobody says what they count"
            raise ValueError(message)
        return pd.to_datetime(column, utc=True, format="ISO8601").astype(dtype)
    if dtype == "Int16":
        return pd.to_numeric(column).astype("Float64").astype(dtype)
    if dtype == "float64":
        return column.astype(object).where(column.notna()).astype(dtype)
    if dtype == TEXT:
        return as_text(column)
    if isinstance(dtype, pd.CategoricalDtype) and not column.dropna().isin(dtype.categories).all():
        message = "other words than those of the kit"
        raise ValueError(message)
    return column.astype(dtype)


def with_dtype(column: pd.Series[Any], note: dict[str, Any]) -> pd.Series[Any]:
    """Return a column with the dtype that it was noted to have, where that can be done."""
    with suppress(TypeError, ValueError, OverflowError):
        if "categories" in note:
            return column.astype(pd.CategoricalDtype(note["categories"], ordered=note["ordered"]))
        if note.get("dtype") == "str":
            # What pandas 3 calls so: before, to make text of a column was to make some of None.
            return as_text(column)
        if "dtype" in note and str(column.dtype) != note["dtype"]:
            return column.astype(note["dtype"])
    return column
