"""The dtypes of a frame, for what was read from a file that does not know them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import pandas as pd

from notebook_kit.frames.build import SOURCE_TYPE, STATUS_TYPE
from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.joining import SUFFIX

__all__ = ["DTYPES", "KEPT_NAMES", "OBJECTS", "SECONDS", "like_kit", "with_dtype"]

#: What a name may be to come back as it was.
KEPT_NAMES: Final = (str, int, float, bool, type(None))
#: The columns whose cells can be any object.
OBJECTS: Final = ("item", "result")
SECONDS: Final = ("waited_s", "network_s", "backoff_s", "elapsed_s")
DTYPES: Final[dict[str, Any]] = {
    "status": STATUS_TYPE,
    "status_code": "Int16",
    "error_type": TEXT,
    "error": TEXT,
    "source": SOURCE_TYPE,
    "attempts": "int32",
    "started": "datetime64[us, UTC]",
    **dict.fromkeys(SECONDS, "float64"),
}


def like_kit(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the dtypes that `build_frame` gives the columns of these names.

    A column that cannot have its dtype, because it only happens to have the name, stays; so does
    one of an input, beside which that of the run is called otherwise.
    """
    if "result" not in frame and "status" not in frame:
        return frame
    for column_name, dtype in DTYPES.items():
        other_name = f"{column_name}{SUFFIX}"
        name = other_name if other_name in frame else column_name
        if name in frame and frame[name].dtype != dtype:
            with suppress(TypeError, ValueError, OverflowError):
                column = _cast(frame[name], dtype)
                if not (column.isna() & frame[name].notna()).any():
                    frame[name] = column
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
    if isinstance(dtype, pd.CategoricalDtype) and not column.dropna().isin(dtype.categories).all():
        message = "other words than those of the kit"
        raise ValueError(message)
    return column.astype(dtype)


def with_dtype(column: pd.Series[Any], note: dict[str, Any]) -> pd.Series[Any]:
    """Return a column with the dtype that it was noted to have, where that can be done."""
    with suppress(TypeError, ValueError, OverflowError):
        if "categories" in note:
            return column.astype(pd.CategoricalDtype(note["categories"], ordered=note["ordered"]))
        if "dtype" in note and str(column.dtype) != note["dtype"]:
            return column.astype(note["dtype"])
    return column
