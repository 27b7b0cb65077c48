"""What a pool tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_kit.markup import Markup, numbers_html
from notebook_kit.numbers import count, plural, took

__all__ = ["PoolStats"]


@dataclass(frozen=True, slots=True, repr=False)
class PoolStats:
    """A pool at one moment, and what it has seen so far.

    Attributes:
        max_size: resources that there may be at most.
        size: resources that there are, those that are being opened or closed included.
        idle: of these, those that wait to be used.
        in_use: of these, those that are used now.
        waiting: blocks that wait for one.
        most_in_use: the most that were in use at the same moment.
        acquired: how often one was taken.
        opened: resources opened so far.
        closed: resources closed so far.
        broken: of these, those that failed in use or at their check.
        failed: openings that failed.
        timed_out: blocks that waited too long.
        longest_wait_s: seconds that a block has waited at most for its turn.
    """

    max_size: int
    size: int = 0
    idle: int = 0
    in_use: int = 0
    waiting: int = 0
    most_in_use: int = 0
    acquired: int = 0
    opened: int = 0
    closed: int = 0
    broken: int = 0
    failed: int = 0
    timed_out: int = 0
    longest_wait_s: float = 0.0

    def __str__(self) -> str:
        told = [
            f"{count(self.in_use)} of {count(self.max_size)} in use, {count(self.idle)} idle",
            f"{count(self.waiting)} waiting" if self.waiting else "",
            f"most {count(self.most_in_use)} at once, acquired {plural(self.acquired, 'time')}",
            f"opened {count(self.opened)}, closed {count(self.closed)}",
            f"{count(self.broken)} broken" if self.broken else "",
            f"{plural(self.failed, 'opening')} failed" if self.failed else "",
            f"{count(self.timed_out)} timed out" if self.timed_out else "",
            f"longest wait {took(self.longest_wait_s)}" if self.longest_wait_s else "",
        ]
        return ", ".join(filter(None, told))

    def __repr__(self) -> str:
        return f"<PoolStats: {self}>"

    def _repr_html_(self) -> Markup:
        rows = [
            ("in use", f"{count(self.in_use)} of {count(self.max_size)}"),
            ("idle", count(self.idle)),
            ("waiting", count(self.waiting)),
            ("most at once", count(self.most_in_use)),
            ("acquired", plural(self.acquired, "time")),
            ("opened", f"{count(self.opened)}, {plural(self.failed, 'opening')} failed"),
            ("closed", f"{count(self.closed)}, {count(self.broken)} broken"),
            ("longest wait", f"{took(self.longest_wait_s)}, {count(self.timed_out)} timed out"),
        ]
        return numbers_html("what the pool did", rows)
