"""Where two answers differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.frames.calls.restored import decoded
from notebook_kit.frames.columns import encodable
from notebook_kit.frames.compare.plain import plain
from notebook_kit.markup import shorten
from notebook_kit.redact import HIDDEN, is_secret_field, scrub, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ABSENT", "Difference", "differences", "near", "same", "words"]

#: Differences of one row that are told.
_MOST_TOLD: Final = 3
_VALUE_LENGTH: Final = 40
_PATH_LENGTH: Final = 80
#: What holds nothing else.
_LEAVES: Final = (str, bytes, int, float, type(None))


class _Absent:
    """Stands where the other answer has something."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


class Difference(NamedTuple):
    """One place at which two answers differ.

    Attributes:
        path: keys and positions that lead to it.
        old: what the first one has there, or `ABSENT`.
        new: what the second one has there, or `ABSENT`.
    """

    path: tuple[Any, ...]
    old: Any
    new: Any


def same(old: Any, new: Any, tolerance: float = 0.0) -> bool:
    """Tell whether two answers are the same.

    As Python compares them, ``1`` being ``1.0`` and ``True``, but NaN is like NaN, and floats may
    differ by ``tolerance``, of the larger one or absolutely. The order of keys does not matter,
    that of lists does. Text that is JSON is like what it says. What cannot be compared is the same
    if it is written alike.

    >>> same({"a": float("nan"), "b": 1.0}, {"b": 1.0 + 1e-12, "a": float("nan")}, 1e-9)
    True
    """
    return next(differences(old, new, tolerance), None) is None


def differences(old: Any, new: Any, tolerance: float = 0.0) -> Iterator[Difference]:
    """Go through the places at which two answers differ, in the order of the first one."""
    try:
        # Read back from a file, answers that are no text are JSON.
        yield from _Walk(tolerance).go((), decoded(old), decoded(new))
    except RecursionError:
        # What holds itself, or is too deep, is written down by Python with dots.
        if not _written_alike(old, new):
            yield Difference((), old, new)


def words(old: Any, new: Any, tolerance: float = 0.0) -> str:
    """Return in words where two answers differ, cut and without secrets; empty if nowhere.

    >>> words({"n": 1, "key": "abc"}, {"n": 2, "key": "abd", "x": []})
    'n: 1 → 2; key: **** → ****; x: (absent) → []'
    """
    found = list(islice(differences(old, new, tolerance), _MOST_TOLD + 1))
    parts = [_in_words(it) for it in found[:_MOST_TOLD]]
    return "; ".join([*parts, *(["…"] if len(found) > _MOST_TOLD else [])])


class _Walk:
    """One way through two answers, side by side; no two of their parts are compared twice."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        #: Kept, so that none is taken for another that has its place in memory.
        self._seen: dict[tuple[int, int], tuple[Any, Any]] = {}

    def go(self, path: tuple[Any, ...], old: Any, new: Any) -> Iterator[Difference]:
        if old is new or self._equal(old, new):
            return
        if not isinstance(old, _LEAVES):
            if (id(old), id(new)) in self._seen:
                return
            self._seen[id(old), id(new)] = (old, new)
        first, second = _opened(old), _opened(new)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            yield from self._keys(path, first, second)
        elif isinstance(first, list) and isinstance(second, list):
            for at in range(max(len(first), len(second))):
                one = first[at] if at < len(first) else ABSENT
                other = second[at] if at < len(second) else ABSENT
                yield from self.go((*path, at), one, other)
        elif not self._equal(first, second) and not _same_object(first, second):
            yield Difference(path, first, second)

    def _keys(
        self, path: tuple[Any, ...], old: Mapping[Any, Any], new: Mapping[Any, Any]
    ) -> Iterator[Difference]:
        for key, value in old.items():
            yield from self.go((*path, key), value, new.get(key, ABSENT))
        for key, value in new.items():
            if key not in old:
                yield Difference((*path, key), ABSENT, value)

    def _equal(self, old: Any, new: Any) -> bool:
        try:
            if (old == new) is True:
                return True
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 - a comparison of the user's may raise anything
            return False
        return near(old, new, self._tolerance)


def near(old: Any, new: Any, tolerance: float) -> bool:
    """Tell whether two values are numbers, one a float at least, and differ by no more.

    >>> near(1.0, 1, 0.0), near(float("nan"), float("nan"), 0.0), near(1, 2, 5.0)
    (True, True, False)
    """
    numbers = isinstance(old, (int, float)) and isinstance(new, (int, float))
    # Whole numbers are exact, such as identifiers.
    if not numbers or not (isinstance(old, float) or isinstance(new, float)):
        return False
    try:
        if math.isnan(old) or math.isnan(new):
            return math.isnan(old) and math.isnan(new)
        return math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:
        return False


def _opened(value: Any) -> Any:
    try:
        return plain(value)
    except Exception:  # noqa: BLE001 - a class of the user's may fail to say what it holds
        return value


def _same_object(old: Any, new: Any) -> bool:
    if isinstance(old, (*_LEAVES, Mapping, list)):
        return False
    return type(old) is type(new) and _written_alike(old, new)


def _written_alike(old: Any, new: Any) -> bool:
    try:
        return repr(old) == repr(new)
    except Exception:  # noqa: BLE001 - a user's __repr__ may raise anything
        return False


def _in_words(it: Difference) -> str:
    secret = any(is_secret_field(key, "") for key in it.path if isinstance(key, str))
    old, new = (
        HIDDEN if secret and side is not ABSENT else shown(side, _VALUE_LENGTH)
        for side in (it.old, it.new)
    )
    where = _path(it.path)
    return f"{where}: {old} → {new}" if where else f"{old} → {new}"


def _path(path: tuple[Any, ...]) -> str:
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f"{'.' if text else ''}{key}"
    return shorten(scrub(encodable(text)), _PATH_LENGTH)
