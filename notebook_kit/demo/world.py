"""What the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.demo.bucket import Bucket
from notebook_kit.demo.connections import Connections
from notebook_kit.demo.stats import Counters
from notebook_kit.demo.switches import Switches
from notebook_kit.demo.todos import TodoList

if TYPE_CHECKING:
    from notebook_kit.demo.data import Airports
    from notebook_kit.demo.records import Records

__all__ = ["World"]

#: The organisation that the token belongs to.
_ORGANISATION: Final = "demo-org"


@dataclass(slots=True)
class Buckets:
    """The limits that are kept, each with a bucket of its own."""

    all_routes: Bucket = field(default_factory=Bucket)
    limited: Bucket = field(default_factory=Bucket)
    chat_requests: Bucket = field(default_factory=Bucket)
    chat_tokens: Bucket = field(default_factory=Bucket)


class World:
    """The data, the switches and the memory of one server; touched by its own thread only."""

    def __init__(
        self,
        airports: Airports,
        records: Records,
        *,
        token: str,
        seed: int,
        settings: dict[str, Any],
    ) -> None:
        self.airports = airports
        self.records = records
        self.token = token
        self.organisation = _ORGANISATION
        self.seed = seed
        self.switches = Switches(**settings)
        self.counters = Counters()
        self.connections = Connections(self.counters)
        self._as_started = self.switches.as_dict()
        self._forget()

    def reset(self) -> None:
        """Put everything back to how it was at the start."""
        self.switches.update(self._as_started)
        self.counters.reset()
        self._forget()

    def _forget(self) -> None:
        self.buckets = Buckets()
        self.todos = TodoList(self.records.todos)
        self.asked: dict[str, int] = {}
        self.failed_last: set[str] = set()
        self.sequence = 0
