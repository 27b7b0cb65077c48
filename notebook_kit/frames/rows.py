"""The rows of a DataFrame as items: light mappings over columns, made when they are asked for.

A million rows as dictionaries cost a gigabyte. Here a row is two references, and a column becomes
a list of Python objects once, when the first row is asked for a value of it.
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, overload

from notebook_kit.markup import shorten, visible
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Row", "Rows", "python_values"]

#: The version of pandas from which on a copy costs nothing until something is written.
_LAZY_COPIES: Final = 3
_COLUMNS_SHOWN: Final = 12
_VALUE_WIDTH: Final = 60
#: Beyond this, text is cut before it is searched for secrets: only its beginning is ever shown.
_TEXT_SEARCHED: Final = 10_000


class _Table(Protocol):
    @property
    def columns(self) -> Sequence[Any]: ...
    def column(self, name: Any) -> Sequence[Any]: ...


class Row(Mapping[Any, Any]):
    """One row: a mapping from column names to values, which can also be read as attributes.

    Item access works for every column; attribute access gives way to what a mapping has itself, so
    a column called ``items`` is read as ``row["items"]``. ``dict(row)`` is a dictionary.

    >>> row = Row.of({"city": "Bern", "items": 3})
    >>> row["city"], row.city, row["items"]
    ('Bern', 'Bern', 3)
    >>> row
    Row({'city': 'Bern', 'items': 3})
    """

    __slots__ = ("_at", "_table")

    def __init__(self, table: _Table, at: int) -> None:
        self._table = table
        self._at = at

    @classmethod
    def of(cls, values: Mapping[Any, Any]) -> Row:
        """Return a row of its own, apart from any frame."""
        return cls(_Single(dict(values)), 0)

    def __getitem__(self, name: Any) -> Any:
        return self._table.column(name)[self._at]

    def __getattr__(self, name: str) -> Any:
        # The two slots come here only on a half-made object, where asking on would never end.
        if name in Row.__slots__ or name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __contains__(self, name: object) -> bool:
        return name in self._table.columns

    def __iter__(self) -> Iterator[Any]:
        return iter(self._table.columns)

    def __len__(self) -> int:
        return len(self._table.columns)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self if isinstance(name, str))})

    def __reduce__(self) -> tuple[Any, ...]:
        # A row travels alone: its frame may hold a million others.
        return Row.of, (dict(self),)

    def __repr__(self) -> str:
        names = list(self)
        shown = [
            f"{_shown.repr(name)}: {_shown.repr(self[name])}" for name in names[:_COLUMNS_SHOWN]
        ]
        if len(names) > _COLUMNS_SHOWN:
            shown.append(f"… {len(names) - _COLUMNS_SHOWN} more")
        return visible(f"Row({{{', '.join(shown)}}})")


class Rows(Sequence[Row]):
    """The rows of a DataFrame, in order.

    Later changes to the frame do not show here. Values are Python's or pandas' own scalars, never
    numpy's.

    >>> import pandas as pd
    >>> rows = Rows(pd.DataFrame({"city": ["Bern", "Oslo"], "n": [1, 2]}))
    >>> len(rows), rows[1].city, type(rows[1]["n"]).__name__
    (2, 'Oslo', 'int')
    """

    __slots__ = ("_count", "_frame", "_lists", "_places")

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = _frozen(frame)
        self._count = len(frame)
        self._places: dict[Any, int] = {name: at for at, name in enumerate(frame.columns)}
        self._lists: dict[Any, list[Any]] = {}

    @property
    def frame(self) -> pd.DataFrame:
        """The DataFrame itself, as it was when the rows were made; not to be changed."""
        return self._frame

    @property
    def columns(self) -> Sequence[Any]:
        """The names of the columns, in order."""
        return tuple(self._places)

    def column(self, name: Any) -> list[Any]:
        """Return all values of one column.

        Raises:
            KeyError: naming the columns that there are.
        """
        try:
            return self._lists[name]
        except KeyError:
            pass
        if name not in self._places:
            raise KeyError(_no_column(name, self._places))
        # Two threads may both come here: they make equal lists, and either may stay.
        values = self._lists[name] = python_values(self._frame.iloc[:, self._places[name]])
        return values

    def take(self, positions: Sequence[int]) -> Rows:
        """Return the rows at the given positions."""
        return Rows(self._frame.iloc[list(positions)])

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Rows: ...
    def __getitem__(self, at: int | slice) -> Row | Rows:
        if isinstance(at, slice):
            return Rows(self._frame.iloc[at])
        count = self._count
        if not -count <= at < count:
            message = f"There are {count:,} rows; there is none at {at}."
            raise IndexError(message)
        return Row(self, at % count)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return (Row(self, at) for at in range(self._count))

    def __reduce__(self) -> tuple[Any, ...]:
        return Rows, (self._frame,)

    def __repr__(self) -> str:
        names = visible(shorten(", ".join(map(str, self._places)), 80))
        return f"<Rows: {len(self):,} rows of {names}>"


class _Single:
    """What stands behind a row that came out of its frame."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[Any, Any]) -> None:
        self._values = values

    @property
    def columns(self) -> Sequence[Any]:
        return tuple(self._values)

    def column(self, name: Any) -> Sequence[Any]:
        if name not in self._values:
            raise KeyError(_no_column(name, self._values))
        return (self._values[name],)


def python_values(series: pd.Series[Any] | pd.Index[Any]) -> list[Any]:
    """Return the values as Python objects: ``int`` and ``float``, not numpy's scalars.

    Dates and times become pandas' scalars; missing values stay what they are in the column.
    """
    # Only a sparse column has this accessor, and only it would give numpy's scalars.
    sparse: Any = getattr(series, "sparse", None)
    values: list[Any] = (series if sparse is None else sparse.to_dense()).tolist()
    return values


def _frozen(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame so that the user may change theirs: a lazy copy where pandas has those."""
    import pandas as pd  # noqa: PLC0415 - loaded already: the frame is its own

    lazy_copies = int(pd.__version__.split(".")[0]) >= _LAZY_COPIES
    return frame.copy(deep=not lazy_copies)


def _no_column(name: Any, columns: Mapping[Any, Any]) -> str:
    # By their text, in which the 0 of a frame without names is like the "0" that was asked for.
    named = {str(column): column for column in columns}
    close = difflib.get_close_matches(str(name), named, n=1)
    hint = f" Did you mean {named[close[0]]!r}?" if close else ""
    known = shorten(", ".join(map(str, columns)), 200)
    return f"There is no column {name!r}.{hint} Columns: {known}."


class _Shown(reprlib.Repr):
    """Short reprs; secrets go before anything is cut, or half of one would stay."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _VALUE_WIDTH

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(scrub(x[:_TEXT_SEARCHED]), level)

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002 - reprlib's signature
        try:
            text = scrub(repr(x)[:_TEXT_SEARCHED])
        except Exception:  # noqa: BLE001 - a user's __repr__ may raise anything
            return f"<{type(x).__name__}>"
        return shorten(text, self.maxother)


_shown: Final = _Shown()
