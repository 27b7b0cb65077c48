"""One item of a run, to be looked at: what was asked, what came, and each attempt between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.execution.item_picture import ItemPicture, label_of, picture_of, response_of
from notebook_kit.execution.seeking import failure_after, failure_before
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.execution.asked import Asked
    from notebook_kit.execution.protocols import Frames, Presenter
    from notebook_kit.execution.run import Run
    from notebook_kit.execution.standing import Standing
    from notebook_kit.scheduling import Outcome

__all__ = ["Inspection"]


class Inspection:
    """What `Run.inspect` gives: shown as the last value of a cell, it is the inspector.

    Everything may be asked at any time, also while the item is under way.

    Attributes:
        run: the run that the item belongs to.
        position: where the item stands in the input, from 0.
    """

    __slots__ = (
        "__weakref__",
        "_engine",
        "_frames",
        "_made",
        "_presenter",
        "position",
        "run",
    )

    def __init__(
        self, run: Run, engine: Standing, position: int, *, frames: Frames, presenter: Presenter
    ) -> None:
        self.run = run
        self.position = position
        self._engine = engine
        self._frames = frames
        self._presenter = presenter
        #: What was asked or why that cannot be told; and of which answer it was read, if of one.
        self._made: tuple[Asked | None, Exception | None, Any] | None = None

    @property
    def label(self) -> Any:
        """What the row is called in the frame."""
        return label_of(self._engine, self.position)

    @property
    def item(self) -> Any:
        """The input itself."""
        return self._engine.plan.item(self.position)

    @property
    def ended(self) -> bool:
        """Whether the item has ended."""
        return self._engine.ledger.status[self.position] != UNSETTLED

    @property
    def outcome(self) -> Outcome:
        """What became of the item; one that has not ended counts as cancelled."""
        return self._engine.outcome(self.position)

    @property
    def request(self) -> Asked | None:
        """What was asked: the request, or the function and its arguments; without credentials.

        A request is made of the item again, unless its answer was kept with it. None where that
        cannot be done.
        """
        return self._asked()[0]

    @property
    def response(self) -> Any:
        """The whole answer to the request, with headers, where it was kept: of errors; or None."""
        return response_of(self.outcome)

    @property
    def result(self) -> Any:
        """The result, None where there is none."""
        return self._engine.ledger.values[self.position]  # noqa: PD011 - a ledger is no DataFrame

    @property
    def error(self) -> BaseException | None:
        """The error, or None."""
        return self._engine.ledger.errors.get(self.position)

    @property
    def attempts(self) -> pd.DataFrame:
        """The attempts, one a row: when, how long, what they waited for, what came of them."""
        return self._frames.attempts(self.picture().attempts, self._engine.ledger.epoch)

    def text(self) -> str:
        """Return all of it as text, as it is shown where there is no notebook."""
        return self._presenter.inspection_text(self)

    def picture(self) -> ItemPicture:
        """Return all that is known at this moment, as plain data."""
        asked, problem, _ = self._asked()
        return picture_of(self._engine, self.position, asked=asked, problem=problem)

    def next_failure(self) -> int | None:
        """Return the position of the first failure after this item, or None."""
        return failure_after(self._engine.ledger.status, self.position)

    def previous_failure(self) -> int | None:
        """Return the position of the last failure before this item, or None."""
        return failure_before(self._engine.ledger.status, self.position)

    def _asked(self) -> tuple[Asked | None, Exception | None, Any]:
        response = self.response
        if self._made is None or self._made[2] is not response:
            try:
                self._made = self._engine.asked(self.position, response), None, response
            except Exception as problem:  # noqa: BLE001 - a user's function; told where it is shown
                self._made = None, problem, response
        return self._made

    def __repr__(self) -> str:
        status = self.outcome.status if self.ended else "not ended"
        return f"<Inspection of item {self.position:,}: {status}>"

    def __str__(self) -> str:
        return self.text()

    def _ipython_display_(self) -> None:
        self._presenter.inspect(self)
