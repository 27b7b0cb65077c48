"""Outputs that a cell has from the start, and that a click fills later.

While a click is served, what is displayed belongs to no cell on some kernels, and is lost. An
output with a display id can be updated from anywhere. So who may start a run by a click leaves
empty ones where its panel is to stand, and has it shown there.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["EMPTY", "PANEL_OUTPUTS", "Stage", "given_stage", "shown_on"]

#: Outputs that the panel of a run needs: face and controls, and as many of its inspector.
PANEL_OUTPUTS: Final = 4

#: Nothing, as an output; data without any type would be empty too, but exporters complain of it.
EMPTY: Final[dict[str, object]] = {"text/html": "", "text/plain": ""}


class Stage(Place):
    """A place whose outputs are there already: what is displayed goes into the next free one.

    Args:
        shell: the kernel's shell.
        slots: display ids of the outputs.
        before: the stage that has them until something is displayed here.
    """

    def __init__(self, shell: Any, slots: Sequence[str], *, before: Stage | None = None) -> None:
        super().__init__(shell)
        self._free = list(slots)
        self._before = before
        self._slots: dict[str, str] = {}
        self.is_cleared = False
        #: Whether the next run that is started is to be shown here.
        self.is_awaiting = False

    @property
    def is_used(self) -> bool:
        """Whether anything was displayed on it."""
        return bool(self._slots)

    def display(self, data: Mapping[str, object], display_id: str | None = None) -> None:
        """Fill the next output; without one left, add one as a place does."""
        before, self._before = self._before, None
        if before is not None:
            before.clear()
        if not self._free:
            super().display(data, display_id)
            return
        slot = self._free.pop(0)
        if display_id is not None:
            self._slots[display_id] = slot
        super().update(data, slot)

    def update(self, data: Mapping[str, object], display_id: str) -> None:
        """Put other content into the output, unless somebody else has it now."""
        if not self.is_cleared:
            super().update(data, self._slots.get(display_id, display_id))

    def clear(self) -> None:
        """Empty the outputs and leave them to others."""
        self.is_cleared = True
        for slot in self._slots.values():
            super().update(EMPTY, slot)


_given: Final[ContextVar[Stage | None]] = ContextVar("notebook_kit_stage", default=None)


@contextmanager
def shown_on(stage: Stage) -> Iterator[None]:
    """Have the runs that are started here shown on a stage."""
    token = _given.set(stage)
    stage.is_awaiting = True
    try:
        yield
    finally:
        stage.is_awaiting = False
        _given.reset(token)


def given_stage() -> Stage | None:
    """Return the stage on which a run that is started here is to be shown, or None."""
    stage = _given.get()
    # What the run calls has its context, and may start runs of its own.
    return stage if stage is not None and stage.is_awaiting and not stage.is_used else None
