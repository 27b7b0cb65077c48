"""Looking at the items of a run one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.inspection import Inspection
from notebook_kit.execution.run_data import RunData
from notebook_kit.execution.seeking import worth_a_look

if TYPE_CHECKING:
    from notebook_kit.execution.protocols import Presenter
    from notebook_kit.execution.run import Run

__all__ = ["Looking"]

#: No label was given: None may be one.
_NOT_GIVEN: Final[Any] = object()


class Looking(RunData):
    """The part of a run that shows single items; from any thread, also while it is live."""

    __slots__ = ()

    _presenter: Presenter

    def inspect(self, position: int | None = None, *, label: Any = _NOT_GIVEN) -> Inspection:
        """Show one item in full: what was asked, what came, each attempt, the whole error.

        As the last value of a cell it is shown there, with buttons to go on to other items; it is
        an object to ask as well: ``run.inspect(17).error``.

        Args:
            position: of the item in the input, from 0. If not said, the first that failed; if none
                did, the first that has ended.
            label: what the row is called in the frame, in the place of its position.

        Raises:
            IndexError: when no item has come at that position, or none at all.
            KeyError: when no row has that label.
            ConfigurationError: when both are given, or several rows have that label.
        """
        if label is not _NOT_GIVEN:
            if position is not None:
                message = "Give a position or label=, not both: run.inspect(17)."
                raise ConfigurationError(message)
            position = self._frames.position_of(self._engine.plan, label)
        elif position is None:
            position = worth_a_look(self._engine.ledger.status)
        self.outcome(position)  # or it says that there is no such item
        return Inspection(
            cast("Run", self),
            self._engine,
            position,
            frames=self._frames,
            presenter=self._presenter,
        )
