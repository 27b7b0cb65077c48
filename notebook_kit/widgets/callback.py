"""A user's function as a view: it is given snapshots."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from notebook_kit.redact import scrub
from notebook_kit.widgets.live import LiveView

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl

__all__ = ["CallbackView"]


class CallbackView(LiveView):
    """Gives every new snapshot to a function, and the last one exactly once.

    If the function raises it is not called again, and the waiting cell is warned.
    """

    # What the function makes of a snapshot, nobody knows.
    shows_notices = False
    messages = 0

    def __init__(self, run: RunControl, function: Callable[[Snapshot], object]) -> None:
        super().__init__(run)
        self._function = function

    def draw(self, snapshot: Snapshot) -> None:
        """Call the function."""
        self._function(snapshot)

    def finish_in_caller(self) -> None:
        """Give the last snapshot now, and own up to a failure."""
        super().finish_in_caller()
        error, self.failure = self.failure, None
        if error is None:
            return
        message = (
            f"The progress function raised {type(error).__name__}: {scrub(str(error))}. It was not "
            "called again; the run itself is whole."
        )
        # Where warnings are errors this one still must not break the run.
        with suppress(RuntimeWarning):
            warnings.warn(message, RuntimeWarning, stacklevel=2)
