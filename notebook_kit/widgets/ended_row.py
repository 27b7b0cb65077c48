"""The row of buttons under a run that has ended and is shown again: retry, inspect, save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.numbers import plural
from notebook_kit.widgets.reload import AfterReload

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Snapshot

__all__ = ["EndedRow", "left_undone"]

_INSPECT: Final = {
    "description": "Inspect",
    "icon": "search",
    "tooltip": "Show the first failure in full, or the first item if none failed",
}
_SAVE: Final = {
    "description": "Save",
    "icon": "save",
    "tooltip": "Write the rows of this run into a file beside the notebook",
}


def left_undone(snapshot: Snapshot) -> int:
    """Return how many items of a run that has ended have not ended well."""
    return 0 if not snapshot.state.ended else snapshot.done - snapshot.ok


class EndedRow:
    """Buttons for what can be done with a run that has ended; needs ipywidgets.

    Args:
        retry: starts a run over what did not end well; None where all did.
        inspect: opens the inspector, or None where there is none.
        save: writes the rows into a file.
        mark: of the face above, see `AfterReload`.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self,
        *,
        retry: Callable[[], None] | None,
        inspect: Callable[[], None] | None,
        save: Callable[[], None],
        mark: str = "",
    ) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self._kit = ipywidgets
        look = {"description": "Retry failed", "icon": "repeat"}
        self.retry = None if retry is None else self._button(retry, "116px", look)
        self.inspect = None if inspect is None else self._button(inspect, "88px", _INSPECT)
        self.save = self._button(save, "76px", _SAVE)
        buttons = [it for it in (self.retry, self.inspect, self.save) if it is not None]
        self.after_reload = AfterReload(ipywidgets, mark)
        layout = ipywidgets.Layout
        row = ipywidgets.HBox(buttons, layout=layout(flex_flow="row wrap"))
        self.box = ipywidgets.VBox(
            [self.after_reload.widget, row],
            # JupyterLab leaves so much room beside the face, and none beside widgets.
            layout=layout(max_width="960px", margin="0 20px 0 0"),
        )

    def show(self, latest: Snapshot) -> None:
        """Bring the buttons up to date.

        Args:
            latest: where the run stands in which the rows were tried last.
        """
        if self.retry is None:
            return
        undone = left_undone(latest)
        tip = f"Try {plural(undone, 'row')} again in a new run, shown below"
        if not undone:
            tip = "All rows are ok by now" if latest.state.ended else "They are being tried again"
        self.retry.tooltip = tip
        self.retry.disabled = not undone

    def _button(self, act: Callable[[], None], width: str, look: dict[str, str]) -> Any:
        button = self._kit.Button(layout=self._kit.Layout(width=width), **look)
        button.on_click(lambda _: act())
        return button
