"""What is remembered of the pages that came, to notice a list that goes in a circle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Trail"]


@dataclass(frozen=True, slots=True)
class Trail:
    """The way to a page, from where the reading began.

    Each page has its own, so that asking for the same next page twice is no circle. Marks are
    compared with one that is kept and moved on after 1, 2, 4, 8, ... of them (Brent's algorithm),
    so that a circle of any length is found and nothing grows.

    Attributes:
        pages: how many pages came.
        items: how many items they had.
        last: the items of the last one, as plain data.
        kept: the mark that others are compared with.
        latest: the mark of the last page.
        steps: how many more are compared with the one that is kept.
        power: how many will be compared with the next one that is.

    >>> Trail().marked("a").marked("b").marked("b") is None
    True
    """

    pages: int = 0
    items: int = 0
    last: list[Any] = field(default_factory=list)
    kept: Any = None
    latest: Any = None
    steps: int = 0
    power: int = 1

    def after(self, items: list[Any]) -> Trail:
        """Return the trail with one more page."""
        return replace(self, pages=self.pages + 1, items=self.items + len(items), last=items)

    def repeats(self, items: list[Any]) -> bool:
        """Tell whether these are the very items of the page before.

        Of plain values that cannot be told: a page of zeros may follow another.
        """
        return bool(items) and isinstance(items[0], (Mapping, list)) and items == self.last

    def marked(self, mark: Any) -> Trail | None:
        """Return the trail with the mark of the next page; None if it goes in a circle."""
        if mark is not None and mark in (self.kept, self.latest):
            return None
        if self.steps == 0:
            return replace(self, kept=mark, latest=mark, steps=self.power, power=self.power * 2)
        return replace(self, latest=mark, steps=self.steps - 1)
