"""What earlier runs have left: found along their positions, or else by what an item is.

A run is mostly the run before once more. So the rows of earlier runs are read in the order of their
positions, many at a time, and each is compared with the item that stands there now. Only what
stands elsewhere is looked up by itself. No index of a million items is ever in memory: one number
an item is, the row that it most likely has.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from notebook_kit.storage.chunks import unpacked
from notebook_kit.storage.earlier_rows import EarlierRows, Known

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from notebook_kit.policies import Failure

__all__ = ["WINDOW", "Earlier", "Matches", "Reuse"]

Reuse: TypeAlias = Literal["ok", "settled", "none"]

#: Items looked up at once.
WINDOW: Final = 512
#: Runs whose positions are gone by, the last ones; further ones are found by what an item is.
_RUNS: Final = 20
#: Positions that are read at once.
_STRETCH: Final = 65_536
#: Items for which nothing is read ahead after one window that was of no use.
_SKIPPED: Final = 32 * WINDOW
#: Pages that are kept in memory where all is in another order: most are asked for many times.
_CACHE_KB: Final = 32_768
#: What is one row's from the next one's, in what is read at once.
_MARK: Final = ","


class Matches:
    """What is kept for items that follow each other, in columns.

    Attributes:
        positions: those of items that were answered.
        values: their answers.
        status_codes: the HTTP statuses of these.
        failures: positions of items that failed, each with its failure.
        rows: pairs of a position and the id of the row that it has, of answers and failures.
    """

    __slots__ = ("failures", "positions", "rows", "status_codes", "values")

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.values: list[Any] = []
        self.status_codes: list[int] = []
        self.failures: list[tuple[int, Failure]] = []
        self.rows = array("q")

    def add(self, position: int, known: Known, at: int) -> None:
        """Add the answer that stands there in what was read."""
        self.positions.append(position)
        self.values.append(known.values[at])
        self.status_codes.append(known.status_codes[at])
        self.rows.append(position)
        self.rows.append(known.rows[at])


class Earlier:
    """Looks up what earlier runs of the same work have left.

    Args:
        connection: to the file; nobody else reads through it.
        works: the id of the work, and behind it those of works whose answers it keeps.
        reuse: which outcomes are looked up.
        before: the id of the run that asks; those before it are gone along, and what others add
            meanwhile is found too, but never what it has settled itself.
        complain: told once of rows that cannot be read.

    Attributes:
        is_empty: whether there is nothing to be found.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        works: Sequence[int],
        reuse: Reuse,
        *,
        before: int,
        complain: Callable[[Exception], None],
    ) -> None:
        self._connection = connection
        self._works = tuple(works)
        self._is_of_them = f"work IN ({', '.join('?' * len(works))})"
        self._settled = reuse == "settled"
        self._before = before
        self._rows = EarlierRows(connection, works, settled=self._settled, complain=complain)
        self._complain = complain
        self._likely = array("q")
        #: Rows read ahead, where in them that of a position is, and the position after the last.
        self._ahead = Known.none()
        self._places: dict[int, int] = {}
        self._read_to = 0
        #: Items for which nothing is read ahead, those seen since that was decided, and of them
        #: those that stood somewhere else.
        self._skips = self._seen = self._missed = 0
        self.is_empty = reuse == "none" or not self._has_any()

    def _has_any(self) -> bool:
        question = f"SELECT EXISTS (SELECT 1 FROM outcomes WHERE {self._is_of_them})"  # noqa: S608 - nothing but question marks
        return bool(self._select(question, self._works)[0][0])

    def remake_with(self, remake: Callable[[Any], Any]) -> None:
        """Have answers made of the plain data that was kept."""
        self._rows.remake = remake

    def forget(self) -> None:
        """Let go of all that was read ahead, for nothing more is looked up."""
        self.is_empty = True
        self._likely = array("q")
        self._ahead, self._places = Known.none(), {}

    def along(self, total: int | None) -> None:
        """Go by the positions of earlier runs, which are those of a run of so many items."""
        # Where nobody knows how long the run is, a file is not believed beyond what it has.
        question = f"SELECT count(*) FROM outcomes WHERE {self._is_of_them}"  # noqa: S608 - as above
        rows = self._select(question, self._works)[0][0]
        most = 2 * rows + WINDOW if total is None else total
        # Its own runs come before those of works whose answers it keeps.
        question = f"""
            SELECT id FROM runs WHERE {self._is_of_them} AND id < ?
            ORDER BY work = ? DESC, id DESC LIMIT ?
        """  # noqa: S608 - as above
        asked = (*self._works, self._before, self._works[0], _RUNS)
        for (run,) in self._select(question, asked):
            # The last run first: what it says is the newest. Where one before it adds nothing, the
            # last one has taken over all that there was.
            told, new = self._go_by(run, most)
            if told and not new:
                break

    def _go_by(self, run: int, most: int) -> tuple[bool, bool]:
        """Take over where the rows of a run are; tell whether it has any, and any that are new."""
        told = new = False
        for pairs in self._pairs(run, most):
            told = told or bool(pairs)
            new = self._take(pairs, most) or new
        return told, new

    def _pairs(self, run: int, most: int) -> Iterator[array[int]]:
        question = "SELECT min(position), max(position) FROM outcomes WHERE run = ?"
        first, last = self._select(question, (run,))[0]
        if type(first) is int and type(last) is int:
            end = min(last + 1, most)
            for start in range(max(0, first), end, _STRETCH):
                yield self._stretch(run, start, min(start + _STRETCH, end))
        for (rows,) in self._select("SELECT rows FROM reused WHERE run = ?", (run,)):
            try:
                yield unpacked(rows)
            except ValueError as error:
                self._complain(error)

    def _stretch(self, run: int, start: int, end: int) -> array[int]:
        # As one text: the interpreter is handed over for each row that SQLite gives.
        question = """
            SELECT group_concat(position || ',' || id) FROM outcomes
            WHERE run = ? AND position >= ? AND position < ?
        """
        text = self._select(question, (run, start, end))[0][0]
        try:
            return array("q", map(int, text.split(_MARK))) if text else array("q")
        except (ValueError, OverflowError) as error:
            self._complain(error)
            return array("q")

    def _take(self, pairs: array[int], most: int) -> bool:
        """Take over where rows are, but for positions that are known; tell whether any is new."""
        likely = self._likely
        new = False
        for position, row in zip(pairs[::2], pairs[1::2], strict=False):
            # No more than the run has, whatever the file says.
            if not 0 <= position < most:
                continue
            if position >= len(likely):
                more = position + 1 - len(likely)
                likely.frombytes(bytes(8 * max(more, min(len(likely) // 8, most - position))))
            if not likely[position]:
                likely[position] = row
                new = True
        return new

    def find(self, first: int, items: Sequence[bytes | None]) -> Matches:
        """Return what is kept for items that follow each other.

        Args:
            first: the position of the first.
            items: their digests; None for one that cannot be recognised.
        """
        self._read_ahead(first, len(items))
        places, ahead = self._places, self._ahead
        matches = Matches()
        elsewhere: dict[bytes, list[int]] = {}
        for position, item in enumerate(items, first):
            at = places.get(position)
            if at is not None and ahead.items[at] == item:
                matches.add(position, ahead, at)
            elif item is not None:
                elsewhere.setdefault(item, []).append(position)
        self._note(len(items), missed=len(elsewhere))
        if elsewhere:
            self._find_elsewhere(elsewhere, matches)
        return matches

    def _find_elsewhere(self, items: dict[bytes, list[int]], matches: Matches) -> None:
        known = self._rows.read(self._rows_of(list(items)))
        for at, item in enumerate(known.items):
            for position in items.get(item, ()):
                matches.add(position, known, at)
        for row, item, failure in known.failures:
            for position in items.get(item, ()):
                matches.rows.extend((position, row))
                matches.failures.append((position, failure))

    def _read_ahead(self, first: int, count: int) -> None:
        """Read the rows that these and the next positions most likely have."""
        if first < self._read_to or self._skips > 0:
            return
        end = first + max(count, WINDOW)
        rows = self._likely[first:end]
        # What has failed there may have been answered in another run.
        self._ahead = self._rows.read([row for row in rows if row], failures=False)
        where = {row: at for at, row in enumerate(self._ahead.rows)}
        self._places = {
            position: where[row] for position, row in enumerate(rows, first) if row in where
        }
        self._read_to = end

    def _note(self, count: int, *, missed: int) -> None:
        """Take note of how many items did not stand where they stood before.

        Where most are somewhere else, nothing is read ahead for a while.
        """
        self._skips -= count
        self._missed += missed
        self._seen += count
        if self._seen >= WINDOW:
            if self._missed > self._seen // 2 and self._skips <= 0:
                self._skips = _SKIPPED
                self._select(f"PRAGMA cache_size = -{_CACHE_KB}", ())
            self._missed = self._seen = 0

    def _rows_of(self, items: Sequence[bytes]) -> list[int]:
        """Return the rows of items: of each the last answer, or else the last that there is.

        An answer of the work itself comes before those that it keeps of others.

        What the run itself has settled meanwhile is no earlier outcome: an equal item that comes
        later is done as well.
        """
        marks = ", ".join("?" * len(items))
        answers = "max(CASE WHEN status = 'ok' AND {} THEN id END)"
        best = [answers.format("work = ?"), answers.format("1")]
        best += ["max(id)"] if self._settled else []
        question = f"""
            SELECT group_concat(best) FROM (
                SELECT coalesce({", ".join(best)}) AS best FROM outcomes
                WHERE {self._is_of_them} AND item IN ({marks}) AND run <> ? GROUP BY item
            )
        """  # noqa: S608 - nothing but question marks
        asked = (self._works[0], *self._works, *items, self._before)
        text = self._select(question, asked)[0][0]
        return list(map(int, text.split(_MARK))) if text else []

    def _select(self, question: str, values: Sequence[Any]) -> list[Any]:
        # Always to the end: a half-read answer would hold up the writers.
        return self._connection.execute(question, values).fetchall()
