"""What the items of a run are recognised by, made as late as can be.

An item that the user's code may change while it works on it is read before; all others when their
outcomes are written, away from the loop that the run is on.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from notebook_kit.canonical import NotPlain, canonical_text, digest, digest_of_text
from notebook_kit.markup import shorten
from notebook_kit.redact import shown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from notebook_kit.scheduling import Plan
    from notebook_kit.storage.problems import Problems

__all__ = ["Digests"]

#: Items that nothing can change between the look-up and the outcome.
_UNCHANGING: Final = frozenset(
    {str, int, float, bool, bytes, type(None), complex, range, date, time, timedelta, Decimal, UUID}
)
#: Columns of these kinds hold numbers and dates; others may hold lists, which can be changed.
_PLAIN_COLUMNS: Final = "biufcmM"
_SIZE: Final = 32
#: Characters of an item, and of what is wrong with it.
_SHOWN: Final = 160
#: Items that are looked at together.
_STRETCH: Final = 65_536
#: In the place of a digest: it was not read ahead, or it was and there is none.
_UNREAD: Final = bytes(_SIZE)
_NONE: Final = b"\xff" * _SIZE


class Digests:
    """The digests of the items of one run, by position.

    Args:
        plan: has the items.
        part: gives what of an item it is recognised by.
        problems: told of items that cannot be recognised.
        keyed: whether ``part`` is a function of the user's, which may give anything.
    """

    def __init__(
        self,
        plan: Plan,
        part: Callable[[Any], Any],
        problems: Problems,
        *,
        keyed: bool = False,
    ) -> None:
        self._keyed = keyed
        self._plan = plan
        self._part = part
        self._problems = problems
        self._table = _table_of(plan.source)
        self._stays = self._table is not None and _columns_stay(self._table)
        # One after the other: a million small objects would be a hundred megabytes.
        self._before = bytearray()
        #: What is wrong with keys, as far as it was told.
        self._told: set[str] = set()

    def read_ahead(self, first: int, count: int) -> None:
        """Read those of some items that may be changed from now on."""
        if self._stays:
            return
        item_at = self._plan.getter
        for start in range(first, first + count, _STRETCH):
            positions = range(start, min(start + _STRETCH, first + count))
            if not _UNCHANGING.issuperset(map(type, map(item_at, positions))):
                for position in positions:
                    item = item_at(position)
                    if type(item) not in _UNCHANGING and not isinstance(item, Enum):
                        self._keep(position, self._made(item))

    def of(self, positions: Sequence[int]) -> list[bytes | None]:
        """Return what items are recognised by; None for one that cannot be."""
        if len(positions) <= 1 or self._keyed:
            return [self._of_one(position) for position in positions]
        made = None
        try:
            if self._table is None:
                made = self._of_scalars(positions)
            elif self._stays:
                made = self._of_rows(positions)
        except Exception:  # noqa: BLE001 - each by itself says what is wrong with it
            made = None
        # What is recognised of an item is for the work to say: it may be less, or something else.
        if made is not None and made[0] == self._of_one(positions[0]):
            return list(made)
        return [self._of_one(position) for position in positions]

    def _of_one(self, position: int) -> bytes | None:
        before = self._before[position * _SIZE : (position + 1) * _SIZE]
        if before == _NONE:
            return None
        if before and before != _UNREAD:
            return bytes(before)
        return self._made(self._plan.item(position))

    def _keep(self, position: int, made: bytes | None) -> None:
        missing = (position + 1) * _SIZE - len(self._before)
        if missing > 0:
            self._before.extend(bytes(missing))
        self._before[position * _SIZE : (position + 1) * _SIZE] = made or _NONE

    def _made(self, item: Any) -> bytes | None:
        try:
            return digest(self._part(item))
        except Exception as error:  # noqa: BLE001 - an item's own methods may raise anything
            kind = error.kind if isinstance(error, NotPlain) else type(item).__name__
            if self._keyed:
                self._tell_of_key(item, error)
                return None
            self._problems.add(
                f"Items that hold a {kind} are not kept in the checkpoint, because a later run "
                "could not recognise them: put text, numbers, dates and the like into the items."
            )
            return None

    def _tell_of_key(self, item: Any, error: Exception) -> None:
        """Say of the first item of each kind what is wrong with its key."""
        if isinstance(error, NotPlain):
            kind = wrong = f"gives a {error.kind}"
        else:
            kind = type(error).__name__
            wrong = f"raised {kind}: {text_of(error)}"
        if kind in self._told:
            return
        self._told.add(kind)
        self._problems.add(
            f"key= {shorten(wrong, _SHOWN)} for {shorten(shown(item), _SHOWN)}. Such items are not "
            "kept in the checkpoint: let key= return text, a number, or a tuple of these."
        )

    def _of_scalars(self, positions: Sequence[int]) -> list[bytes] | None:
        """Return the digests of items that are text or whole numbers all of them; else None."""
        items = list(map(self._plan.getter, positions))
        kinds = set(map(type, items))
        if kinds == {str}:
            return [digest_of_text(f"s{len(item)}:{item}") for item in items]
        if kinds == {int}:
            return [digest_of_text(f"i{item:x};") for item in items]
        return None

    def _of_rows(self, positions: Sequence[int]) -> list[bytes]:
        """Return the digests of rows of a table, made column by column."""
        names = list(self._part(self._plan.item(positions[0])))
        columns = [(canonical_text(name), self._table.column(name)) for name in names]
        # The pairs of a mapping stand in the order of their texts, which begin with the names.
        columns.sort(key=lambda pair: pair[0])
        texts = [_texts(name, column, positions) for name, column in columns]
        head = f"m{len(names)}:"
        return [digest_of_text(head + "".join(row)) for row in zip(*texts, strict=True)]


def _texts(name: str, column: Sequence[Any], positions: Iterable[int]) -> list[str]:
    values = [column[position] for position in positions]
    kinds = set(map(type, values))
    if kinds == {str}:
        return [f"{name}s{len(value)}:{value}" for value in values]
    if kinds == {int}:
        return [f"{name}i{value:x};" for value in values]
    return [name + canonical_text(value) for value in values]


def _table_of(source: Any) -> Any:
    """Return the source if it is one of rows of a table: it has columns and gives each whole."""
    return source if hasattr(source, "column") and hasattr(source, "columns") else None


def _columns_stay(table: Any) -> bool:
    """Tell whether no value of a table can be changed."""
    frame = table.frame
    for at, name in enumerate(table.columns):
        kind = getattr(frame.dtypes.iloc[at], "kind", "O")
        if kind not in _PLAIN_COLUMNS and not _UNCHANGING.issuperset(map(type, table.column(name))):
            return False
    return True
