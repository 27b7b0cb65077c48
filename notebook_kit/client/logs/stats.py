"""What a client has done so far, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from notebook_kit.markup import NO_FORMULA, Markup, element
from notebook_kit.numbers import count, duration, plural, size, took

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["ClientStats"]


@dataclass(frozen=True, slots=True, repr=False)
class ClientStats:
    """What a client has done up to one moment; `requests` is the sum of the four kinds.

    A request is what is sent once: a call that is tried three times is three requests. The
    redirects that it follows belong to it.

    Attributes:
        since: when the client was made.
        elapsed_s: seconds since then, until the client was closed.
        requests: requests begun.
        succeeded: those that were answered, with no 4xx or 5xx.
        failed: those that ended in an error.
        cancelled: those that were cancelled or interrupted.
        in_flight: those under way now.
        most_in_flight: the most that were under way at once.
        retries: requests that were a further try of the same call; those of a run are counted when
            it has ended.
        total_s: seconds spent in requests that ended, added up.
        mean_s: seconds that such a request took on average.
        longest_s: seconds that the longest of them took.
        sent_bytes: bytes of bodies sent, of those whose length is known beforehand.
        received_bytes: bytes of bodies received, as they came over the line.
        connections_opened: connections that were opened; None where the transport is the user's.
        connections_reused: how often a request found one open; None where the same.
        errors: how many requests raised which class of error.
    """

    since: datetime
    elapsed_s: float = 0.0
    requests: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    retries: int = 0
    total_s: float = 0.0
    mean_s: float = 0.0
    longest_s: float = 0.0
    sent_bytes: int = 0
    received_bytes: int = 0
    connections_opened: int | None = None
    connections_reused: int | None = None
    errors: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [plural(self.requests, "request")]
        for number, word in (
            (self.failed, "failed"),
            (self.cancelled, "cancelled"),
            (self.in_flight, "in flight"),
            (self.retries, "repeated"),
        ):
            if number:
                parts.append(f"{count(number)} {word}")
        if self.connections_opened is not None:
            parts.append(f"{plural(self.connections_opened, 'connection')} opened")
        parts.append(f"{size(self.received_bytes)} received")
        return f"{', '.join(parts)} in {duration(self.elapsed_s)}"

    def __repr__(self) -> str:
        return f"<ClientStats: {self}>"

    def _repr_html_(self) -> str:
        rows = [
            ("requests", count(self.requests)),
            ("succeeded", count(self.succeeded)),
            ("failed", count(self.failed)),
            *(
                (f"\N{NO-BREAK SPACE} {name}", count(number))
                for name, number in self.errors.items()
            ),
            ("cancelled", count(self.cancelled)),
            ("repeated", count(self.retries)),
            ("in flight", f"{count(self.in_flight)}, at most {count(self.most_in_flight)}"),
            ("mean", took(self.mean_s)),
            ("longest", took(self.longest_s)),
            ("sent", size(self.sent_bytes)),
            ("received", size(self.received_bytes)),
            *self._connection_rows(),
            ("since", f"{self.since:%Y-%m-%d %H:%M:%S %Z}"),
            ("elapsed", duration(self.elapsed_s)),
        ]
        return _table(rows)

    def _connection_rows(self) -> list[tuple[str, str]]:
        if self.connections_opened is None or self.connections_reused is None:
            return []
        opened, reused = count(self.connections_opened), count(self.connections_reused)
        return [("connections", f"{opened} opened, used again {reused} times")]

    def to_dict(self) -> dict[str, object]:
        """Return the numbers by name, for a DataFrame or a record of one's own.

        >>> client.stats.to_dict()["requests"]
        0
        """
        return {each.name: getattr(self, each.name) for each in fields(self)}


def _table(rows: list[tuple[str, str]]) -> Markup:
    lines = [element("tr", element("th", name), element("td", value)) for name, value in rows]
    title = element("caption", "what the client did")
    return element("table", title, element("tbody", *lines), class_=NO_FORMULA)
