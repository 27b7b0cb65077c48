"""What endpoints give, kept in a checkpoint as plain data and made again of that."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from notebook_kit.client.resources.plain import plain
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Outcome

__all__ = ["Kept", "TypedJournal"]


class Kept(Protocol):
    """The journal of a checkpoint."""

    def lookup(self, item: Any) -> Answer | Failure | None:
        """Return what is kept for an item, or None."""
        ...

    def record(self, outcome: Outcome) -> None:
        """Keep what became of an item."""
        ...

    def listen(self, tell: Callable[[str], object]) -> None:
        """Have what the user should know told to a function."""
        ...

    def close(self) -> None:
        """Write what is not written yet."""
        ...


class TypedJournal:
    """A journal of plain data, for answers that are objects.

    Args:
        inner: keeps plain data.
        remake: makes an answer of what was kept; raises when the type has changed since.
    """

    def __init__(self, inner: Kept, remake: Callable[[Any], Any]) -> None:
        self._inner = inner
        self._remake = remake
        self.listen = inner.listen
        self.close = inner.close

    def lookup(self, item: Any) -> Answer | Failure | None:
        """Return what is kept for an item, or None; never raises."""
        found = self._inner.lookup(item)
        if not isinstance(found, Answer):
            return found
        try:
            return found._replace(value=self._remake(found.value))
        except Exception:  # noqa: BLE001 - the row is sent again, which is always right
            return None

    def record(self, outcome: Outcome) -> None:
        """Keep what became of an item; never raises."""
        if outcome.ok:
            outcome = dataclasses.replace(outcome, value=plain(outcome.value))
        self._inner.record(outcome)
