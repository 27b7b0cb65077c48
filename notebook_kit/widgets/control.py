"""What a view needs of a run, and what a run needs of a view.

The two never import each other: a run satisfies `RunControl`, a view satisfies `View`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

from notebook_kit.scheduling import Snapshot

__all__ = ["Mode", "RunControl", "View"]

#: How a run is shown: what fits the front end, nothing, text, or a function given snapshots.
Mode: TypeAlias = bool | Literal["text"] | Callable[[Snapshot], object]


class RunControl(Protocol):
    """A run as its views see it; everything may be called from any thread."""

    def snapshot(self) -> Snapshot:
        """Return the numbers of this moment."""
        ...

    def pause(self) -> object:
        """Start nothing more until `resume`."""
        ...

    def resume(self) -> object:
        """Go on after `pause`."""
        ...

    def cancel(self) -> object:
        """Settle what is left as cancelled."""
        ...

    @property
    def max_concurrency(self) -> int:
        """How many attempts may be under way at once."""
        ...

    @max_concurrency.setter
    def max_concurrency(self, value: int, /) -> None: ...

    @property
    def rate(self) -> str | None:
        """The run's own limits in words, or None."""
        ...

    def scale_rate(self, factor: float) -> object:
        """Multiply the run's own limits, or set one by the present pace; may raise."""
        ...

    def export(self) -> object:
        """Write the rows as they are into a file and return its path; may raise."""
        ...

    def retry_failed(self) -> object:
        """Try the items that failed again; may raise."""
        ...

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object:
        """Have ``fn`` called with the run when it has ended, at once if it has ended already."""
        ...


class View(Protocol):
    """A view as its run calls it; both are cheap and neither ever raises."""

    #: Whether the user sees there what the run has to say.
    shows_notices: bool

    def tick(self, *, blocking: bool = False) -> None:
        """Be told, about ten times a second, that somebody waits: from the waiter's own thread.

        ``blocking`` waiters let nothing else happen in their thread meanwhile.
        """
        ...

    def finish_in_caller(self) -> None:
        """Be told, once, that a waiter has the result: from the waiter's own cell and context."""
        ...
