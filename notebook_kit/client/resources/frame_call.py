"""A list, all of its pages, as a DataFrame."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, get_origin

from notebook_kit.checks import whole_number
from notebook_kit.client.pending import Pending
from notebook_kit.client.resources.plain import plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    import pandas as pd

__all__ = ["FrameCall", "fields_of", "frame_of"]


class FrameCall(Pending["pd.DataFrame"]):
    """All items of a list as a DataFrame: ``await`` it, or ask for its `result`.

    Args:
        text: what it is in words.
        pages: goes over the pages.
        limit: how many items at most; None for all.
        kind: the type of the items, which names the columns where there are none.
    """

    __slots__ = ("_kind",)

    def __init__(
        self,
        text: str,
        pages: Callable[[], AsyncGenerator[Any, None]],
        limit: int | None,
        kind: Any,
    ) -> None:
        most = None if limit is None else whole_number(limit, name="limit", least=0)
        self._kind = kind

        async def collect() -> list[Any]:
            rows: list[Any] = []
            if most == 0:
                return rows
            async with aclosing(pages()) as every:
                async for page in every:
                    rows += page.items
                    if most is not None and len(rows) >= most:
                        return rows[:most]
            return rows

        super().__init__(text, collect)

    def _read(self, sent: Sequence[Any]) -> pd.DataFrame:
        return frame_of(sent, self._kind)


def frame_of(items: Sequence[Any], kind: Any) -> pd.DataFrame:
    """Return a DataFrame with a row for each item and a column for each of its fields.

    What has no fields is in a column ``value``.
    """
    # Imported for who wants a frame.
    import pandas as pd  # noqa: PLC0415

    if not items:
        return pd.DataFrame(columns=pd.Index(list(fields_of(kind)) or ["value"], dtype=object))
    rows = [record_of(item) for item in items]
    # Said, because items without a field would be no rows.
    return pd.DataFrame.from_records(rows, index=pd.RangeIndex(len(rows)))


def record_of(item: Any) -> Mapping[str, Any]:
    """Return an item as a row: names of columns and their values, which stay what they are."""
    if isinstance(item, Mapping):
        return {str(name): value for name, value in item.items()}
    if dataclasses.is_dataclass(item):
        return {it.name: getattr(item, it.name) for it in dataclasses.fields(item)}
    names = fields_of(type(item))
    if names:
        return {name: getattr(item, name) for name in names}
    made = plain(item)
    return made if isinstance(made, dict) else {"value": item}


def fields_of(kind: Any) -> tuple[str, ...]:
    """Return the names of the fields of a type; none if it has none."""
    kind = get_origin(kind) or kind
    if dataclasses.is_dataclass(kind):
        return tuple(it.name for it in dataclasses.fields(kind))
    if typing.is_typeddict(kind):
        return tuple(kind.__annotations__)
    for mark in ("model_fields", "__struct_fields__"):
        names = getattr(kind, mark, None) if isinstance(kind, type) else None
        if names:
            return tuple(names)
    return ()
