"""A frame as a table of Arrow's or polars', and a frame of such a table again."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.calls.exactly import CODED, exactly
from notebook_kit.frames.calls.restored import columns_of
from notebook_kit.frames.columns import TEXT, as_text, is_text, object_array, object_column
from notebook_kit.frames.exports.exact import are_encodable, coded, decoded, unplaced
from notebook_kit.frames.exports.names import as_label, column_names, labelled, level_names
from notebook_kit.frames.exports.schema import KEPT_NAMES, TEXTS, like_kit, with_dtype

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow as pa

    Notes: TypeAlias = dict[str, Any]

__all__ = ["arrow_backed", "frame_of_arrow", "needs", "to_arrow", "to_polars"]

#: Where the schema of a table says what its texts do not.
_NOTES: Final = b"notebook_kit"
#: Where pandas looks for the attributes of a frame that it reads from Parquet.
_ATTRS: Final = b"PANDAS_ATTRS"


def needs(library: str, what: str) -> ConfigurationError:
    """Return the error for a library that is not there."""
    return ConfigurationError(
        f"{what} needs {library}, which is not installed: pip install {library}, or "
        "pip install 'notebook_kit[export]' for all that exports can need."
    )


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return the frame as a table of Arrow's, labels included, as Parquet holds it.

    Columns of objects, ``result`` among them, are text: answers that are no text as JSON, so that
    a table can be made whatever they are. Its metadata has what `frame_of_arrow` and
    `notebook_kit.read_frame` need to give the very frame again.

    Raises:
        ConfigurationError: when pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "A table of Arrow's") from error
    frame = exactly(frame)
    flat, notes = _flat(frame)
    table = pa.Table.from_pandas(flat, preserve_index=None)
    texts = {name for name, note in notes["columns"].items() if _is_text(note)}
    for at, field in enumerate(table.schema):
        # Before pandas 3 such a column has the type of what is in it, and none if nothing is.
        if pa.types.is_null(field.type) or field.name in texts:
            texts_alone = table.column(at).cast(pa.large_string())
            table = table.set_column(at, pa.field(field.name, pa.large_string()), texts_alone)
    metadata = {**(table.schema.metadata or {}), _NOTES: json.dumps(notes).encode()}
    attrs = {name: it for name, it in frame.attrs.items() if _is_plain(it)}
    # Where pandas reads the file, its frame can be told what the texts were all the same.
    texts_of = {
        name: unplaced(note["coded"], frame.iloc[:, at].tolist())
        for at, (name, note) in enumerate(notes["columns"].items())
        if "coded" in note
    }
    if texts_of:
        attrs[CODED] = texts_of
    if attrs:
        metadata[_ATTRS] = json.dumps(attrs).encode()
    return table.replace_schema_metadata(metadata)


def frame_of_arrow(table: pa.Table) -> pd.DataFrame:
    """Return the frame that `to_arrow` made the table of; any other with the kit's dtypes."""
    metadata = table.schema.metadata or {}
    notes: Notes = json.loads(metadata.get(_NOTES, b"{}"))
    flat = table.to_pandas()
    columns: dict[int, Any] = {}
    for at, name in enumerate(flat.columns):
        note = notes.get("columns", {}).get(name, {})
        column = flat.iloc[:, at]
        if "coded" in note:
            column = object_column(object_array(decoded(column.tolist(), note["coded"])))
        else:
            column = with_dtype(column.reset_index(drop=True), note)
        columns[at] = column
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(flat)), copy=False)
    names = list(flat.columns)
    frame.columns = pd.Index(names, dtype=object if not names else None)
    if "columns" not in notes:
        frame = like_kit(frame)
    frame.index = _index(flat.index, notes.get("levels", []))
    if (given := notes.get("names")) is not None:
        frame.columns = pd.Index(
            given,
            name=notes.get("columns_name"),
            dtype=flat.columns.dtype if given == names else None,
        )
    frame.attrs = json.loads(metadata.get(_ATTRS, b"{}"))
    frame.attrs.pop(CODED, None)
    return frame


def _is_text(note: Notes) -> bool:
    return "coded" in note or note.get("dtype") == "str"


def to_polars(frame: pd.DataFrame) -> Any:
    """Return the frame as a DataFrame of polars, with the labels as its first columns.

    Labels that are only 0, 1, 2, ... are left out, as polars has none. ``result`` is text, as in
    `to_arrow`.

    Raises:
        ConfigurationError: when polars or pyarrow is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("polars", "A frame of polars'") from error
    index = frame.index
    # A slice of such a frame has labels that say where it is from.
    is_counted = isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1)
    plain = is_counted and index.name is None
    table = to_arrow(frame.reset_index(drop=True) if plain else labelled(frame))
    return pl.from_arrow(table.replace_schema_metadata(None))


def arrow_backed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with Arrow's dtypes, as ``dtype_backend="pyarrow"`` gives them elsewhere.

    Columns of objects and categories stay as they are, but for the texts of a run's errors, which
    are objects before pandas 3.

    Raises:
        ConfigurationError: when pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "dtype_backend='pyarrow'") from error
    changed: dict[int, Any] = {}
    texts = _texts_of(frame)
    for at, dtype in enumerate(frame.dtypes):
        column = frame.iloc[:, at]
        has_text = at in texts
        is_kept = isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_object_dtype(dtype)
        if has_text or not is_kept:
            array = pa.array(column, from_pandas=True)
            if has_text:
                array = array.cast(pa.large_string())
            kind: Any = pd.ArrowDtype(array.type)
            column = pd.Series(pd.array(array, dtype=kind), index=frame.index)
        changed[at] = column.reset_index(drop=True)
    backed = pd.DataFrame(changed, index=pd.RangeIndex(len(frame)))
    backed.columns = frame.columns
    backed.index = frame.index
    backed.attrs = frame.attrs
    return backed


def _texts_of(frame: pd.DataFrame) -> set[int]:
    """Return the places of a run's columns of text where these are objects: before pandas 3."""
    if isinstance(TEXT, pd.StringDtype):
        return set()
    known = {name for it, name in columns_of(frame).items() if it in TEXTS}
    return {at for at, name in enumerate(frame.columns) if name in known and _fits(frame, at)}


def _fits(frame: pd.DataFrame, at: int) -> bool:
    column = frame.iloc[:, at]
    if column.dtype != object:
        return False
    values = column.tolist()
    return is_text(values) and are_encodable([it for it in values if isinstance(it, str)])


def _flat(frame: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Return the frame with texts for objects, under names that are different texts, and notes."""
    names = column_names(frame)
    columns: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    texts = _texts_of(frame)
    for at, name in enumerate(names):
        column = frame.iloc[:, at]
        if at in texts:
            # As pandas 3 would say, so that it gives its own text for it.
            columns[name], notes[name] = column.array, {"dtype": "str"}
        else:
            columns[name], notes[name] = _column(column)
    flat = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)), copy=False)
    flat.columns = pd.Index(names, dtype=object)
    flat.index, levels = _flat_index(frame)
    written: Notes = {"columns": notes, "levels": levels}
    if all(isinstance(name, KEPT_NAMES) for name in (*frame.columns, frame.columns.name)):
        written |= {"names": frame.columns.tolist(), "columns_name": frame.columns.name}
    return flat, written


def _column(column: pd.Series[Any]) -> tuple[Any, Notes]:
    if column.dtype != object:
        note: Notes = {"dtype": str(column.dtype)}
        if isinstance(column.dtype, pd.CategoricalDtype):
            categories = column.cat.categories.tolist()
            if all(isinstance(it, KEPT_NAMES) for it in categories):
                note |= {"categories": categories, "ordered": bool(column.cat.ordered)}
        return column.array, note
    texts, note = coded(column.tolist())
    return pd.array(texts, dtype=TEXT), {"coded": note}


def _flat_index(frame: pd.DataFrame) -> tuple[pd.Index[Any], list[Notes]]:
    index = frame.index
    levels: list[Any] = []
    notes: list[Notes] = []
    for at in range(index.nlevels):
        level = index.get_level_values(at)
        name = level.name
        note: Notes = {"dtype": str(level.dtype)}
        if isinstance(index, pd.MultiIndex) and isinstance(level, pd.RangeIndex):
            # pyarrow writes the range of a level, and older ones do not find it again.
            level = pd.Index(level.to_numpy(), name=name)
        if isinstance(name, KEPT_NAMES):
            note["name"] = name
        if level.dtype == object:
            texts, how = coded(level.tolist())
            note["coded"] = how
            level = pd.Index(pd.array(texts, dtype=TEXT))
        whole: Any = index.levels[at] if isinstance(index, pd.MultiIndex) else level
        # Only times have one.
        if getattr(whole, "freq", None) is not None:
            note["freq"] = whole.freqstr
        levels.append(level)
        notes.append(note)
    if index.nlevels > 1:
        return pd.MultiIndex.from_arrays(levels, names=level_names(frame)), notes
    only = levels[0]
    own = index.name is None or (isinstance(index.name, str) and index.name not in frame.columns)
    return only.rename(index.name if own else level_names(frame)[0]), notes


def _index(index: pd.Index[Any], notes: list[Notes]) -> pd.Index[Any]:
    if len(notes) != index.nlevels:
        return index
    levels = [_level(index.get_level_values(at), note) for at, note in enumerate(notes)]
    if len(levels) == 1:
        return levels[0]
    whole = pd.MultiIndex.from_arrays(levels, names=[level.name for level in levels])
    for at, note in enumerate(notes):
        if "freq" in note:
            whole = whole.set_levels(_at_times(whole.levels[at], note), level=at)
    return whole


def _level(level: pd.Index[Any], note: Notes) -> pd.Index[Any]:
    name = note.get("name", level.name)
    if "coded" in note:
        known = decoded(level.tolist(), note["coded"])
        values = object_array([as_label(label) for label in known])
        return pd.Index(values, dtype=object, name=name, tupleize_cols=False)
    if note["dtype"] == "str":
        # Before pandas 3 that would make text of what is missing.
        words: pd.Index[Any] = pd.Index(as_text(level.to_series()), dtype=TEXT).rename(name)
        return words
    if str(level.dtype) != note["dtype"]:
        with suppress(TypeError, ValueError, OverflowError):
            level = level.astype(note["dtype"])
    named: pd.Index[Any] = _at_times(level, note).rename(name)
    return named


def _at_times(level: pd.Index[Any], note: Notes) -> Any:
    """Return labels that are times with the frequency that they were noted to have."""
    if "freq" in note:
        with suppress(TypeError, ValueError):
            times: Any = type(level)
            return times(level, freq=note["freq"])
    return level


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
