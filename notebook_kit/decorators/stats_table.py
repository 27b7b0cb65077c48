"""The numbers of what is decorated, in one line and as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.markup import Markup, numbers_html
from notebook_kit.numbers import count, plural, took

if TYPE_CHECKING:
    from notebook_kit.decorators.tally import Stats

__all__ = ["stats_html", "stats_line"]


def stats_line(stats: Stats) -> str:
    r"""Return the numbers in one line.

    >>> from notebook_kit.decorators.tally import Stats
    >>> stats_line(Stats(calls=12, succeeded=10, failed=2, mean_s=0.5)).split(", ")
    ['12 calls', '2 failed', 'mean 500\xa0ms']
    """
    parts = [plural(stats.calls, "call")]
    for number, word in (
        (stats.failed, "failed"),
        (stats.cancelled, "cancelled"),
        (stats.in_flight, "in flight"),
    ):
        if number:
            parts.append(f"{count(number)} {word}")
    if stats.calls > stats.in_flight:
        parts.append(f"mean {took(stats.mean_s)}")
    return ", ".join(parts)


def stats_html(stats: Stats, title: str) -> Markup:
    """Return the numbers of a monitor as a table; whatever is text in them is escaped."""
    rows = [
        ("calls", count(stats.calls)),
        ("succeeded", count(stats.succeeded)),
        ("failed", count(stats.failed)),
        *((f"\N{NO-BREAK SPACE} {name}", count(number)) for name, number in stats.errors.items()),
        ("cancelled", count(stats.cancelled)),
        ("in flight", f"{count(stats.in_flight)}, at most {count(stats.most_in_flight)}"),
        ("mean", took(stats.mean_s)),
        ("longest", took(stats.longest_s)),
        ("elapsed", took(stats.elapsed_s)),
    ]
    return numbers_html(title, rows)
