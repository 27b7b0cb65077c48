"""What the buttons of a panel do to its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import plural
from notebook_kit.scheduling import RunState
from notebook_kit.widgets.aside import aside
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.widgets.control import RunControl

__all__ = ["Steering"]

#: A step of the concurrency is this part of it, one at least.
_STEP: Final = 10
#: A click on + or - makes the rate so many times what it was.
_FASTER: Final = 1.1
_SLOWER: Final = 0.9
_MESSAGE_LIMIT: Final = 200


class Steering:
    """Does what a click asks for; each sets state of the run and returns at once.

    Nothing here prints or raises: what goes wrong is handed to ``tell`` as a sentence.

    Args:
        run: what is steered.
        tell: given sentences for the user.
        changed: called after everything that was done.
    """

    def __init__(
        self, run: RunControl, tell: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self._run = run
        self._tell = tell
        self._changed = changed

    def pause_or_resume(self) -> None:
        """Pause the run, or go on with one that is paused."""
        if self._run.snapshot().state is RunState.PAUSED:
            self._run.resume()
        else:
            self._run.pause()

    def cancel(self) -> None:
        """End the run and keep what is done."""
        self._run.cancel()

    def change_concurrency(self, direction: int) -> None:
        """Let a tenth more, or fewer, attempts be under way at once."""
        now = self._run.max_concurrency
        self._run.max_concurrency = max(1, now + direction * max(1, now // _STEP))

    def change_rate(self, direction: int) -> None:
        """Make the run's own limits higher or lower by a tenth."""
        self._run.scale_rate(_FASTER if direction > 0 else _SLOWER)

    def retry_failed(self) -> None:
        """Have the items that failed tried once more, in the same run."""
        snapshot = self._run.snapshot()
        self._run.retry_failed()
        items = plural(snapshot.failed + snapshot.timeout, "failed item")
        # As true while they are tried as afterwards, when it stays in the face.
        self._tell(f"{items} taken up again.")

    def save(self) -> None:
        """Write the rows into a file, in a thread: a million of them take seconds."""
        aside(self.guarded("Save", self._save))

    def _save(self) -> None:
        path = self._run.export()
        self._tell(f"The rows as they are now were saved to {path}.")

    def guarded(self, label: str, act: Callable[[], object]) -> Callable[[], None]:
        """Return the action as a click may call it: whatever it raises is told, not raised."""

        def do() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told to the user, never raised into the kernel
                reason = plain(f"{type(error).__name__}: {error}", _MESSAGE_LIMIT)
                self._tell(f"{label} did not work: {reason}")
            self._changed()

        return do
