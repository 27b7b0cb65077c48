"""Labels of rows, as they are written: exactly, as a text that their dtype reads, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.storage.exact_json import NotExact, to_json
from notebook_kit.storage.run_rows import counts_positions

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Labels"]

#: Dtypes whose labels are told by their text, and how those of intervals begin.
_READ_FROM_TEXT: Final = ("datetime64", "timedelta64", "period")
_INTERVALS: Final = "interval["
_NONE: Final = "null"


class Labels:
    """The labels of a plan.

    Args:
        index: an index of pandas, a list, or None where labels are the positions.

    >>> Labels(["a", "b"]).texts([1]), Labels(None).texts([1])
    (['"b"'], [None])
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._are_positions = counts_positions(index)
        dtypes = [] if isinstance(index, list) else getattr(index, "dtypes", None)
        #: One for each level; none where there is but one.
        self._levels: tuple[str, ...] = () if dtypes is None else tuple(map(str, dtypes))
        self._dtype = str(getattr(index, "dtype", ""))

    def texts(self, positions: Sequence[int]) -> Sequence[str | None]:
        """Return the labels at some positions as JSON; None where they are the positions."""
        if self._are_positions:
            return [None] * len(positions)
        index = self._index
        if isinstance(index, list):
            labels: list[Any] = [index[position] for position in positions]
        else:
            labels = index.take(list(positions)).tolist()
        return [self._text(label) for label in labels]

    def list_of(self, positions: Sequence[int]) -> str | None:
        """Return the labels at some positions as one list in JSON, or None as before.

        >>> Labels(["a", (1, 2)]).list_of([1, 0])
        '[{"~":["tuple",[1,2]]},"a"]'
        """
        if self._are_positions:
            return None
        return f"[{','.join(text or _NONE for text in self.texts(positions))}]"

    def _text(self, label: Any) -> str:
        try:
            if self._levels and isinstance(label, tuple):
                told = zip(label, self._levels, strict=True)
                return to_json(tuple(_told(part, dtype) for part, dtype in told))
            return to_json(_told(label, self._dtype))
        except Exception:  # noqa: BLE001 - labels may be anything
            # A frame made of the file has none in its place, and not something that looks like it.
            return _NONE


def _told(label: Any, dtype: str) -> Any:
    """Return what stands for a label of such a dtype; None where nothing would give it back."""
    if dtype.startswith(_READ_FROM_TEXT):
        return str(label)
    if dtype.startswith(_INTERVALS):
        if not hasattr(label, "left"):
            return None
        limits = (label.left, label.right)
        inner = dtype.removeprefix(_INTERVALS)
        # Numbers are numpy's there.
        return [_told(it.item() if hasattr(it, "item") else it, inner) for it in limits]
    try:
        to_json(label)
    except NotExact:
        return None
    return label
