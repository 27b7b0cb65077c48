"""Rows of earlier runs, read by their ids: many at once, or each by itself where one is damaged."""

from __future__ import annotations

import sqlite3
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.storage.exact_json import from_json
from notebook_kit.storage.failures import restored_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from notebook_kit.policies import Failure

__all__ = ["EarlierRows", "Known"]

#: Rows read at once at most.
_MOST: Final = 512
_DIGEST: Final = 32
#: Rows read at once at first, and how many characters are too many or few for that number.
_FIRST: Final = 64
_MUCH: Final = 4_000_000
_LITTLE: Final = 1_000_000
#: How many rows there may be from the first to the last for each that is wanted.
_DENSE: Final = 1.25
#: What SQLite says of one row: it is too long, or of another type.
_OF_ROWS: Final = frozenset({sqlite3.SQLITE_OK, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH})
#: What is one row's from the next one's, in what is read at once.
_MARK: Final = ","
_LARGEST_CODE: Final = 999
_STATUSES: Final = ("ok", "failed", "timeout")
_LARGEST_ID: Final = 2**63 - 1


class Known(NamedTuple):
    """Rows of earlier runs, in columns: an object each would cost more than reading them.

    Attributes:
        rows: the ids of the rows of answers.
        items: the digests of their items.
        values: the answers themselves.
        status_codes: the HTTP statuses.
        failures: the id of a row, the digest of its item and how it failed, for each that did.
    """

    rows: list[int]
    items: list[bytes]
    values: list[Any]
    status_codes: list[int]
    failures: list[tuple[int, bytes, Failure]]

    @classmethod
    def none(cls) -> Known:
        """Return columns with nothing in them."""
        return cls([], [], [], [], [])

    def add(self, row: int, item: bytes, value: Any, status_code: int) -> None:
        """Add one answer."""
        self.rows.append(row)
        self.items.append(item)
        self.values.append(value)
        self.status_codes.append(status_code)

    def extend(self, more: Known) -> None:
        """Add all answers of others."""
        self.rows.extend(more.rows)
        self.items.extend(more.items)
        self.values.extend(more.values)
        self.status_codes.extend(more.status_codes)


class _OfAnotherType(Exception):
    """What was kept is no answer any more, because the type of answers has changed."""


class EarlierRows:
    """Reads rows of one work, and of those whose answers it keeps.

    Args:
        connection: to the file.
        works: their ids.
        settled: whether failures are wanted, too.
        complain: told of rows that cannot be read.

    Attributes:
        remake: makes an answer of the plain data that was kept, or None.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        works: Sequence[int],
        *,
        settled: bool,
        complain: Callable[[Exception], None],
    ) -> None:
        self.remake: Callable[[Any], Any] | None = None
        self._connection = connection
        self._works = tuple(works)
        # The plus keeps SQLite from going through all rows of the work instead.
        self._is_of_them = f"+work IN ({', '.join('?' * len(works))})"
        self._settled = settled
        self._complain = complain
        self._at_once = _FIRST

    def read(self, rows: Sequence[int], *, failures: bool = True) -> Known:
        """Return rows by their ids; those that cannot be read are left out, which is said.

        Args:
            rows: their ids.
            failures: whether those are wanted too, in as far as they are at all.
        """
        known = Known.none()
        while rows:
            some, rows = rows[: self._at_once], rows[self._at_once :]
            several = self._answers(some)
            left: Iterable[int] = some
            if several is not None:
                known.extend(several)
                left = set(some).difference(several.rows) if failures and self._settled else ()
            for row in left:
                self._add(known, row)
        return known

    def _answers(self, rows: Sequence[int]) -> Known | None:
        """Return the answers among some rows, read at once; None where that cannot be."""
        which, asked = f"IN ({', '.join('?' * len(rows))})", rows
        if max(rows) - min(rows) < _DENSE * len(rows):
            # Gone through in one go, also those between them.
            which, asked = "BETWEEN ? AND ?", (min(rows), max(rows))
        question = f"""
            SELECT group_concat(id), group_concat(hex(item), ''), group_concat(status_code),
                   '[' || group_concat(value) || ']'
            FROM outcomes WHERE id {which} AND {self._is_of_them} AND status = 'ok'
        """  # noqa: S608 - nothing but question marks
        try:
            ids, items, codes, values = self._select(question, (*asked, *self._works))[0]
            if ids is None:
                return Known.none()
            self._adapt(len(values))
            numbers = list(map(int, ids.split(_MARK)))
            digests = bytes.fromhex(items)
            columns = [
                numbers,
                [digests[at : at + _DIGEST] for at in range(0, len(digests), _DIGEST)],
                from_json(values),
                list(map(int, codes.split(_MARK))),
            ]
            return self._made(columns, set(rows))
        except Exception as error:  # noqa: BLE001 - each by itself says what is wrong with it
            _raise_of_file(error)
            return None

    def _made(self, columns: list[list[Any]], wanted: set[int]) -> Known | None:
        """Return what has been read at once; None where some of it is not as it should be."""
        if len(set(map(len, columns))) > 1:
            return None
        if len(columns[0]) > len(wanted):
            which = [row in wanted for row in columns[0]]
            columns = [list(compress(column, which)) for column in columns]
        rows, items, values, codes = columns
        if codes and not 0 <= min(codes) <= max(codes) <= _LARGEST_CODE:
            return None
        if self.remake is not None:
            values = [self._remade(value) for value in values]
        return Known(rows, items, values, codes, [])

    def _adapt(self, size: int) -> None:
        # Answers of megabytes are read a few at a time.
        if size > _MUCH:
            self._at_once = max(1, self._at_once // 2)
        elif size < _LITTLE:
            self._at_once = min(_MOST, 2 * self._at_once)

    def _remade(self, value: Any) -> Any:
        if self.remake is None:
            return value
        try:
            return self.remake(value)
        except Exception as error:
            raise _OfAnotherType from error

    def _add(self, known: Known, row: int) -> None:
        """Add one row that is read by itself, if it can be."""
        question = f"""
            SELECT item, status, status_code, error_type, error, error_parts, value
            FROM outcomes WHERE id = ? AND {self._is_of_them}
        """  # noqa: S608 - as above
        try:
            for item, status, code, *error, value in self._select(question, (row, *self._works)):
                _check(status, code)
                if status == "ok":
                    known.add(row, item, self._remade(from_json(value)), code)
                elif self._settled:
                    timed_out = status == "timeout"
                    failure = restored_failure(*error, status_code=code, timed_out=timed_out)
                    known.failures.append((row, item, failure))
        except _OfAnotherType:
            pass  # The row is done again, which is always right.
        except Exception as error:  # noqa: BLE001 - the row is done again, which is always right
            _raise_of_file(error)
            self._complain(error)

    def _select(self, question: str, values: Sequence[Any]) -> list[Any]:
        # Always to the end: a half-read answer would hold up the writers.
        return self._connection.execute(question, values).fetchall()


def _check(status: Any, code: Any) -> None:
    if type(code) is not int or not 0 <= code <= _LARGEST_CODE:
        message = f"{code!r} is no status code"
        raise ValueError(message)
    if status not in _STATUSES:
        message = "an unknown status"
        raise ValueError(message)


def _raise_of_file(error: Exception) -> None:
    """Raise an error again that says more than that one row is damaged: the file is."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        if code not in _OF_ROWS:
            raise error
