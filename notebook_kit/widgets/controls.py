"""The row of controls under the face: progress, pause, cancel, pace.

The row lives as long as the run: a widget that is saved in a notebook reopens as an error message,
so nothing of it may stay. That is why there is no button here for what comes after the end, such as
trying the failed items again; the face says which call does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.redact import scrub
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import words
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl

__all__ = ["ControlRow"]

_WIDGET_MIME: Final = "application/vnd.jupyter.widget-view+json"
_MESSAGE_LIMIT: Final = 200
#: A step of the pace is this part of it, one at least.
_STEP: Final = 10

_FEWER: Final = "Fewer attempts at once"
_MORE: Final = "More attempts at once"
_PAUSE: Final = {
    "description": "Pause",
    "icon": "pause",
    "tooltip": "Start nothing new; what is in flight goes on",
}
_RESUME: Final = {
    "description": "Resume",
    "icon": "play",
    "tooltip": "Go on where the run was paused",
}


class ControlRow:
    """A progress bar and buttons that steer a run; needs ipywidgets.

    A click sets state of the run and nothing else. It never prints, and never raises: what goes
    wrong is handed to ``tell`` as a sentence.

    Args:
        run: what is steered.
        tell: given a sentence for the user when a click could not be carried out.
        changed: called after every click.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self, run: RunControl, tell: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self._run = run
        self._tell = tell
        self._changed = changed
        button, layout = ipywidgets.Button, ipywidgets.Layout
        wide, narrow = layout(width="92px"), layout(width="36px")
        # What ipywidgets 8 calls a tooltip, 7 calls the tooltip of a description.
        progress = ipywidgets.IntProgress
        tip = "tooltip" if "tooltip" in progress.class_trait_names() else "description_tooltip"
        self.progress = progress(
            **{tip: "Items that have ended"},
            layout=layout(flex="1 1 60px", max_width="220px", margin="2px 8px 2px 2px"),
        )
        self.pause = button(layout=wide, **_PAUSE)
        self.cancel = button(
            description="Cancel",
            icon="stop",
            tooltip="End the run now and keep what is done",
            layout=wide,
        )
        self.slower = button(description="\N{MINUS SIGN}", tooltip=_FEWER, layout=narrow)
        self.pace = ipywidgets.Label(layout=layout(margin="2px 6px"))
        self.faster = button(description="+", tooltip=_MORE, layout=narrow)
        self._members = [
            self.progress, self.pause, self.cancel, self.slower, self.pace, self.faster
        ]  # fmt: skip
        self.box = ipywidgets.HBox(
            self._members,
            layout=layout(
                max_width="960px",
                # JupyterLab leaves so much room beside the face, and none beside widgets.
                margin="0 20px 0 0",
                align_items="center",
                flex_flow="row wrap",
            ),
        )
        self._connect()

    def _connect(self) -> None:
        for button, act in (
            (self.pause, self._pause_or_resume),
            (self.cancel, self._run.cancel),
            (self.slower, lambda: self._change_pace(-1)),
            (self.faster, lambda: self._change_pace(+1)),
        ):
            button.on_click(self._guarded(act))

    def bundle(self) -> dict[str, object]:
        """Return the row as the data of an output."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {_WIDGET_MIME: view, "text/plain": ""}

    def show(self, snapshot: Snapshot) -> bool:
        """Bring one widget up to date, with one message; tell whether there was any to bring.

        One a time is enough while the run goes on: what is left follows an eighth of a second
        later, and a front end has many panels to draw.
        """
        for widget, wanted in self._wanted(snapshot):
            if any(getattr(widget, name) != value for name, value in wanted.items()):
                with widget.hold_sync():
                    for name, value in wanted.items():
                        setattr(widget, name, value)
                return True
        return False

    def close(self) -> None:
        """Close every widget with what belongs to it; ipywidgets keeps them all alive otherwise."""
        owned = {
            id(part): part
            for widget in (self.box, *self._members)
            for part in (widget, widget.layout, getattr(widget, "style", None))
            if part is not None
        }
        for part in owned.values():
            part.close()

    def _wanted(self, snapshot: Snapshot) -> list[tuple[Any, dict[str, object]]]:
        """Return each widget with the traits it should have, what answers a click first."""
        paused = snapshot.state is RunState.PAUSED
        fixed = ", and leave it at that" if snapshot.auto else ""
        # Without a known end the bar shows what has come so far as all there is.
        finished = words.finished(snapshot)
        most = snapshot.total or max(1, finished + snapshot.in_flight)
        bar: dict[str, object] = {
            "max": most,
            "value": min(finished, most),
            "bar_style": "warning" if paused or words.is_held_up(snapshot) else "",
        }
        look = _RESUME if paused else _PAUSE
        return [
            (self.pause, {**look, "disabled": words.is_ending(snapshot)}),
            (self.pace, {"value": f"{words.at_once(snapshot)} at once"}),
            (self.slower, {"disabled": snapshot.max_concurrency <= 1, "tooltip": _FEWER + fixed}),
            (self.faster, {"tooltip": _MORE + fixed}),
            (self.progress, bar),
        ]

    def _pause_or_resume(self) -> None:
        if self._run.snapshot().state is RunState.PAUSED:
            self._run.resume()
        else:
            self._run.pause()

    def _change_pace(self, direction: int) -> None:
        now = self._run.max_concurrency
        self._run.max_concurrency = max(1, now + direction * max(1, now // _STEP))

    def _guarded(self, act: Callable[[], object]) -> Callable[[object], None]:
        def clicked(button: Any) -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told to the user, never raised into the kernel
                reason = plain(scrub(f"{type(error).__name__}: {error}"), _MESSAGE_LIMIT)
                self._tell(f"{button.description} did not work: {reason}")
            self._changed()

        return clicked
