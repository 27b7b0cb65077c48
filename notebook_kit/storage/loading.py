"""A run out of a checkpoint: its ledger as it was, or as far as it has come."""

from __future__ import annotations

import gc
from array import array
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.errors import CheckpointCorrupt
from notebook_kit.scheduling import SOURCES, STATUSES, Ledger, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.storage.chunks import unpacked
from notebook_kit.storage.exact_json import from_json
from notebook_kit.storage.failures import restored_failure
from notebook_kit.storage.listing import find_run
from notebook_kit.storage.loaded_file import reading
from notebook_kit.storage.loaded_labels import LabelFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_kit.storage.listing import KeptRun
    from notebook_kit.storage.loaded_file import Opened

__all__ = ["LoadedRun", "load_run"]

_COLUMNS: Final = """
    position, status, source, status_code, attempts, started, waited_s, network_s, backoff_s,
    label, item_value, error_type, error, error_parts, value
"""
#: Where some of them are.
_CODE: Final = 3
_LABEL: Final = 9
_ITEM: Final = 10
_ERROR: Final = 11
#: Rows that are looked up by their ids at once.
_AT_ONCE: Final = 512
_STATUSES: Final = {name: Status(code) for code, name in enumerate(STATUSES)}
_SOURCES: Final = {name: Source(code) for code, name in enumerate(SOURCES)}
#: Where rows that belong to the run are. What was written and then tried once more, until the end
#: of the run, is in both; it is as the run has left it.
_OWN: Final = ("undone", "outcomes")
#: What becomes of rows that are not in the file, by how the run has ended.
_REST: Final = {
    "cancelled": Status.CANCELLED,
    "failed": Status.CANCELLED,
    "stopped": Status.SKIPPED,
}
#: A run of more rows than these, and than a multiple of those that are there, is none.
_MOST: Final = 50_000_000
_MULTIPLE: Final = 100
#: In the place of an item that is not in the file; None may be one.
_UNKNOWN: Final = object()
#: Seconds, three centuries of them, that nothing lies apart.
_LONGEST_S: Final = 1e10
#: What is said of a row of which the file does not hold the answer.
_NOT_KEPT: Final = (
    "AnswerNotKept",
    "There was an answer, but the checkpoint does not hold it: a later run does the row again.",
    "{}",
)
#: Errors that are remembered, because many say the same.
_ERRORS: Final = 10_000


class LoadedRun(NamedTuple):
    """What a checkpoint has of a run.

    Attributes:
        name: of the work.
        about: what the run is.
        ledger: what became of its rows; those that are not in the file have not ended.
        items: its items, None where the frame shows none, and for one that is not known.
        unknown: how many items are not known.
        unanswered: how many rows ended with an answer that is not in the file; the error of each
            says so.
        facts: what its labels are.
        labels: the labels, None for one that is not known; none at all where they are positions.
    """

    name: str
    about: dict[str, Any]
    ledger: Ledger
    items: list[Any] | None
    unknown: int
    unanswered: int
    facts: LabelFacts
    labels: list[Any] | None


def load_run(checkpoint: object, wanted: object = None) -> LoadedRun:
    """Return a run of a checkpoint, also one that others are just writing.

    Args:
        checkpoint: path of the file.
        wanted: which run, see `find_run`.

    Raises:
        ConfigurationError: for what is no path, and where no run is meant or several are.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.
    """
    with reading(checkpoint) as opened, _no_collections():
        return _Loading(opened, find_run(opened, wanted)).loaded()


@contextmanager
def _no_collections() -> Iterator[None]:
    """Have nobody look for garbage among millions of answers as they are made: there is none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Loading:
    """Loads one run.

    Args:
        opened: the checkpoint.
        run: which one.
    """

    def __init__(self, opened: Opened, run: KeptRun) -> None:
        self._opened = opened
        self._run = run
        self._reused = array("q")
        #: For each chunk of what was taken over: where it begins, and its labels as JSON.
        self._chunks: list[tuple[int, str | None]] = []
        self._read_chunks()
        size = self._size()
        about = dict(run.settings)
        self._facts = LabelFacts.of(about.pop("index", None))
        self._items: list[Any] | None = [_UNKNOWN] * size if about.pop("items", True) else None
        self._labels: list[Any] | None = None if self._facts.are_positions else [None] * size
        self._about = about
        # Seconds since the run's start: as small numbers they are exact.
        self._ledger = Ledger(epoch=run.started)
        self._ledger.grow(size)
        self._errors: dict[tuple[Any, ...], BaseException] = {}
        self._unanswered = 0

    def loaded(self) -> LoadedRun:
        """Return all of it."""
        for table in _OWN:
            self._load_own(table)
        self._label_reused()
        self._load_reused()
        if (rest := _REST.get(self._run.state)) is not None:
            self._ledger.settle_rest(rest)
        items, unknown = self._items, 0
        if items is not None and (unknown := items.count(_UNKNOWN)):
            items = [None if item is _UNKNOWN else item for item in items]
        return LoadedRun(
            self._run.name,
            self._about,
            self._ledger,
            items,
            unknown,
            self._unanswered,
            self._facts,
            self._labels,
        )

    def _select(self, question: str, values: Sequence[Any]) -> Iterator[Any]:
        return self._opened.connection.execute(question, values)

    def _read_chunks(self) -> None:
        pairs = self._reused
        question = "SELECT rows, labels FROM reused WHERE run = ? ORDER BY first"
        for rows, labels in self._select(question, (self._run.number,)):
            self._chunks.append((len(pairs), labels))
            pairs.extend(unpacked(rows))
            if len(pairs) > 2 * _MOST:
                raise self._impossible(len(pairs) // 2)

    def _size(self) -> int:
        question = """
            SELECT count(*), min(position), max(position) FROM (
                SELECT position FROM outcomes WHERE run = ?
                UNION ALL SELECT position FROM undone WHERE run = ?
            )
        """
        known, least, last = next(self._select(question, (self._run.number,) * 2))
        positions = self._reused[::2]
        lowest = min(0 if least is None else least, min(positions, default=0))
        highest = max(-1 if last is None else last, max(positions, default=-1))
        size = max(self._run.total or 0, highest + 1)
        if lowest < 0 or size > _MOST + _MULTIPLE * (known + len(positions)):
            raise self._impossible(size)
        return size

    def _impossible(self, size: int) -> CheckpointCorrupt:
        return CheckpointCorrupt(
            f"The checkpoint '{self._opened.path}' says that a run had {size:,} rows, some of them "
            "at places where there are none: that cannot be. It was left as it is."
        )

    def _load_own(self, table: str) -> None:
        question = f"SELECT {_COLUMNS} FROM {table} WHERE run = ? ORDER BY position"  # noqa: S608
        ledger, epoch, labels = self._ledger, self._run.started, self._labels
        for row in self._select(question, (self._run.number,)):
            position, status, source, code, attempts, started, waited, network, backoff = row[:9]
            if ledger.status[position] != UNSETTLED:
                continue
            ledger.status_code[position] = code
            ledger.attempts[position] = attempts
            ledger.network[position] = network
            ledger.backoff[position] = backoff
            settled = 0.0
            if started is not None:
                ledger.left[position] = left = started - epoch
                settled = left + waited + network + backoff
            # Where one of them is not finite, the sum is not either.
            if attempts < 0 or not -_LONGEST_S < settled + network + backoff < _LONGEST_S:
                message = "a row with times that cannot be"
                raise ValueError(message)
            if labels is not None and row[_LABEL] is not None:
                labels[position] = from_json(row[_LABEL])
            read = self._end_of_undone if table == _OWN[0] else self._end
            value, error = read(_STATUSES[status], row)
            ledger.source[position] = _SOURCES[source]
            self._keep_item(position, row)
            ledger.settle(position, _STATUSES[status], now=settled, value=value, error=error)

    def _label_reused(self) -> None:
        if self._labels is None:
            return
        ends = [start for start, _ in self._chunks[1:]]
        for (start, text), end in zip_longest(self._chunks, ends):
            positions = self._reused[start:end:2]
            labels = [None] * len(positions) if text is None else from_json(text)
            if type(labels) is not list:
                message = "labels that are no list"
                raise TypeError(message)
            for position, label in zip(positions, labels, strict=True):
                self._labels[position] = label

    def _load_reused(self) -> None:
        pairs = self._reused
        for start in range(0, len(pairs), 2 * _AT_ONCE):
            some = pairs[start : start + 2 * _AT_ONCE]
            places: dict[int, list[int]] = {}
            for position, row in zip(some[::2], some[1::2], strict=True):
                places.setdefault(row, []).append(position)
            marks = ", ".join("?" * len(places))
            question = f"SELECT id, {_COLUMNS} FROM outcomes WHERE id IN ({marks})"  # noqa: S608
            for number, *row in self._select(question, tuple(places)):
                for position in places[number]:
                    self._take_over(position, row)

    def _take_over(self, position: int, row: Sequence[Any]) -> None:
        """Settle a row as an earlier run has left it, unless this one has done it again since."""
        _, status, _, code, *_ = row
        self._keep_item(position, row)
        value, error = self._end(_STATUSES[status], row)
        self._ledger.reuse(
            position,
            value,
            source=Source.CHECKPOINT,
            status_code=code,
            now=0.0,
            status=_STATUSES[status],
            error=error,
        )

    def _keep_item(self, position: int, row: Sequence[Any]) -> None:
        if self._items is not None and row[_ITEM] is not None:
            self._items[position] = from_json(row[_ITEM])

    def _end_of_undone(
        self, status: Status, row: Sequence[Any]
    ) -> tuple[Any, BaseException | None]:
        """Return what became of a row that may have neither an answer nor an error."""
        if status is Status.OK and row[-1] is None:
            self._unanswered += 1
            return None, restored_failure(*_NOT_KEPT, status_code=0, timed_out=False).error
        if status is not Status.OK and row[_ERROR] is None:
            return None, None
        return self._end(status, row)

    def _end(self, status: Status, row: Sequence[Any]) -> tuple[Any, BaseException | None]:
        if status is Status.OK:
            return from_json(row[-1]), None
        told = (*row[_ERROR:-1], row[_CODE], status is Status.TIMEOUT)
        error = self._errors.get(told)
        if error is None:
            error = restored_failure(*told[:3], status_code=told[3], timed_out=told[-1]).error
            if len(self._errors) < _ERRORS:
                self._errors[told] = error
        return None, error
