"""The row of controls under the face: progress, pause, cancel, concurrency, rate, failures.

The row lives as long as the run: a widget that is saved in a notebook reopens as an error message,
so nothing of it may stay. What comes after the end is said in the face, as the call that does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.scheduling import RunState
from notebook_kit.widgets import words
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.pilot import go_on_button
from notebook_kit.widgets.reload import AfterReload
from notebook_kit.widgets.steering import Steering
from notebook_kit.widgets.widget_output import close_all, widget_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.scheduling import Snapshot
    from notebook_kit.widgets.control import RunControl

__all__ = ["ControlRow"]

_RATE_LIMIT: Final = 24
#: So many of the widgets show what a click has done, and are looked at first.
_ANSWERS: Final = 3
_MINUS: Final = "\N{MINUS SIGN}"
_FEWER: Final = "Fewer attempts at once"
_MORE: Final = "More attempts at once"
_SLOWER: Final = "A lower rate"
_FASTER: Final = "A higher rate"
_FROM_PACE: Final = "Limit the rate to a little less than the present pace"
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
_CANCEL: Final = {
    "description": "Cancel",
    "icon": "stop",
    "tooltip": "End the run now and keep what is done",
}
_SAVE: Final = {
    "description": "Save",
    "icon": "save",
    "tooltip": "Write the rows as they are now into a file beside the notebook",
}
_RETRY: Final = {
    "description": "Retry failed",
    "tooltip": "Try the items that have failed so far once more, in this run",
}
_INSPECT: Final = {
    "description": "Inspect",
    "icon": "search",
    "tooltip": "Show the first failure, or the first item if none failed, in full under this panel",
}


class ControlRow:
    """A progress bar and buttons that steer a run; needs ipywidgets.

    Args:
        run: what is steered.
        tell: given a sentence for the user when a click could not be carried out.
        changed: called after every click.
        inspect: opens the inspector, or None where there is none.
        mark: of the face above, see `AfterReload`.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self,
        run: RunControl,
        tell: Callable[[str], None],
        changed: Callable[[], None],
        *,
        inspect: Callable[[], object] | None = None,
        mark: str = "",
    ) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self._run = run
        self._steering = steering = Steering(run, tell, changed)
        self._kit, self._layout = ipywidgets, ipywidgets.Layout
        self.progress = self._progress(ipywidgets.IntProgress)
        self.pause = self._made(steering.pause_or_resume, _PAUSE, width="79px", fixed=True)
        self.cancel = self._made(steering.cancel, _CANCEL, width="82px")
        self.pace, self.slower, self.faster, concurrency = self._stepper(
            steering.change_concurrency, (_FEWER, _MORE)
        )
        self.rate, self.rate_down, self.rate_up, rate = self._stepper(
            steering.change_rate, (_SLOWER, _FASTER)
        )
        self.retry = self._made(steering.retry_failed, _RETRY, width="83px", fixed=True)
        self.save = self._made(steering.save, _SAVE, width="70px")
        self.inspect = None if inspect is None else self._made(inspect, _INSPECT, width="86px")
        #: Whose turn it is to be looked at first, so that none waits behind those that never rest.
        self._turn = 0
        self.after_reload = AfterReload(ipywidgets, mark)
        buttons = (self.pause, self.cancel, self.retry, self.inspect, self.save)
        self.box = self._laid_out(
            # All of them stand there from the start, so that none moves under the mouse.
            ipywidgets.HBox([it for it in buttons if it is not None]),
            self._line(concurrency, rate, self.progress),
        )

    def bundle(self) -> dict[str, object]:
        """Return the row as the data of an output."""
        return widget_bundle(self.box)

    def show(self, snapshot: Snapshot, *, deaf: bool = False) -> bool:
        """Bring one widget up to date, with one message; tell whether there was any to bring.

        One a time is enough while the run goes on: what is left follows an eighth of a second
        later, and a front end has many panels to draw.

        Args:
            snapshot: where the run stands.
            deaf: whether a click would be kept back, so that none should be made.
        """
        everything = self._wanted(snapshot)
        clicked, others = everything[:_ANSWERS], everything[_ANSWERS:]
        turn = self._turn % len(others)
        others = others[turn:] + others[:turn]
        for place, (widget, wanted) in enumerate(clicked + others, start=1 - _ANSWERS):
            if deaf and "disabled" in wanted:
                wanted["disabled"] = True
            if any(getattr(widget, name) != value for name, value in wanted.items()):
                with widget.hold_sync():
                    for name, value in wanted.items():
                        setattr(widget, name, value)
                self._turn = turn + max(0, place)
                return True
        return False

    def close(self) -> None:
        """Close every widget with what belongs to it."""
        close_all(self.box)

    # Making

    def _progress(self, kind: Any) -> Any:
        # What ipywidgets 8 calls a tooltip, 7 calls the tooltip of a description.
        tip = "tooltip" if "tooltip" in kind.class_trait_names() else "description_tooltip"
        layout = self._layout(flex="1 1 20px", min_width="0", max_width="220px", margin="2px 8px")
        return kind(**{tip: "Items that have ended"}, layout=layout)

    def _made(
        self,
        act: Callable[[], object],
        traits: Mapping[str, str],
        *,
        width: str,
        fixed: bool = False,
    ) -> Any:
        # In a narrow column some give way, as long as their words can be read.
        layout = self._layout(
            width=width,
            padding="0 2px",
            margin="2px 1px",
            flex="0 0 auto" if fixed else "0 1 auto",
            min_width="0",
        )
        button = self._kit.Button(layout=layout, **traits)
        do = self._steering.guarded(traits["description"], act)
        button.on_click(lambda _: do())
        return button

    def _stepper(
        self, step: Callable[[int], object], tips: tuple[str, str]
    ) -> tuple[Any, Any, Any, Any]:
        """Return a label between a button for less and one for more, and the box of them."""
        less = self._made(
            lambda: step(-1), {"description": _MINUS, "tooltip": tips[0]}, width="36px"
        )
        more = self._made(lambda: step(+1), {"description": "+", "tooltip": tips[1]}, width="36px")
        label = self._kit.Label(layout=self._layout(margin="2px 4px"))
        return label, less, more, self._line(less, label, more)

    def _line(self, *members: Any) -> Any:
        return self._kit.HBox(members, layout=self._layout(align_items="center"))

    def _laid_out(self, *members: Any) -> Any:
        """Return the box of the whole: what is shown after a reload, and the row below it.

        Where there is no room the second half of the row goes into the next line.
        """
        layout = self._layout(align_items="center", flex_flow="row wrap")
        return self._kit.VBox(
            [self.after_reload.widget, self._kit.HBox(members, layout=layout)],
            # JupyterLab leaves so much room beside the face, and none beside widgets.
            layout=self._layout(max_width="960px", margin="0 20px 0 0"),
        )

    # Showing

    def _wanted(self, snapshot: Snapshot) -> list[tuple[Any, dict[str, Any]]]:
        """Return each widget with the traits it should have, what answers a click first."""
        paused = snapshot.state is RunState.PAUSED
        ending = words.is_ending(snapshot)
        own = self._run.rate
        return [
            (self.pause, {**_pause(snapshot), "disabled": ending}),
            (self.pace, {"value": f"{words.at_once(snapshot)} at once"}),
            (self.rate, {"value": plain(own, _RATE_LIMIT) if own else "no rate"}),
            (self.cancel, {"disabled": False}),
            *self._concurrency(snapshot),
            *self._rate(snapshot, own, ending=ending),
            (self.progress, _bar(snapshot, paused=paused)),
            (self.save, {"disabled": not snapshot.done}),
            *self._after_failures(snapshot, ending=ending),
        ]

    def _concurrency(self, snapshot: Snapshot) -> list[tuple[Any, dict[str, Any]]]:
        fixed = ", and leave it at that" if snapshot.auto else ""
        return [
            (self.slower, {"disabled": snapshot.max_concurrency <= 1, "tooltip": _FEWER + fixed}),
            (self.faster, {"disabled": False, "tooltip": _MORE + fixed}),
        ]

    def _rate(
        self, snapshot: Snapshot, own: str | None, *, ending: bool
    ) -> list[tuple[Any, dict[str, Any]]]:
        unknown = own is None and not snapshot.rate_now
        return [
            (
                self.rate_down,
                {"disabled": ending or unknown, "tooltip": _SLOWER if own else _FROM_PACE},
            ),
            (self.rate_up, {"disabled": ending or own is None, "tooltip": _FASTER}),
        ]

    def _after_failures(
        self, snapshot: Snapshot, *, ending: bool
    ) -> list[tuple[Any, dict[str, Any]]]:
        """Return what there is no use for before something has ended, or failed."""
        failed = snapshot.failed + snapshot.timeout
        wanted = [(self.retry, {"disabled": ending or not failed})]
        if self.inspect is not None:
            wanted.append((self.inspect, {"disabled": not snapshot.done}))
        return wanted


def _pause(snapshot: Snapshot) -> dict[str, Any]:
    if words.at_pilot(snapshot):
        return go_on_button(snapshot)
    return _RESUME if snapshot.state is RunState.PAUSED else _PAUSE


def _bar(snapshot: Snapshot, *, paused: bool) -> dict[str, Any]:
    # Without a known end the bar shows what has come so far as all there is.
    finished = words.finished(snapshot)
    most = snapshot.total or max(1, finished + snapshot.in_flight)
    return {
        "max": most,
        "value": min(finished, most),
        "bar_style": "warning" if paused or words.is_held_up(snapshot) else "",
    }
