"""A cell as the place where outputs go, also when they change later and from another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.frontend import current_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Place"]


class Place:
    """The cell that is being executed where this is made.

    The kernel's display publisher may be used from any thread: it hands every message to the thread
    that owns the socket.

    Attributes:
        shell: the kernel's shell.
        cell: what tells this execution of a cell from every other, or None.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.cell = current_cell(shell)
        self._publisher = shell.display_pub

    def display(self, data: Mapping[str, object], display_id: str | None = None) -> None:
        """Add an output to the cell."""
        transient = {} if display_id is None else {"display_id": display_id}
        self._publisher.publish(data=dict(data), metadata={}, transient=transient)

    def update(self, data: Mapping[str, object], display_id: str) -> None:
        """Put other content in the place of an output."""
        self._publisher.publish(
            data=dict(data), metadata={}, transient={"display_id": display_id}, update=True
        )
