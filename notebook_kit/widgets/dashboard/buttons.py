"""The buttons under a dashboard: what can be ended, paused or tried again, one group a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.numbers import count
from notebook_kit.widgets.aside import aside
from notebook_kit.widgets.dashboard import words
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.reload import AfterReload
from notebook_kit.widgets.widget_output import close_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.lifetime import OpenResource
    from notebook_kit.widgets.dashboard.state import Glance

__all__ = ["MOST", "ButtonRow", "closed_when_idle"]

#: Things that have buttons; who has more open closes in code.
MOST: Final = 12

_MESSAGE_LIMIT: Final = 200
_ICONS: Final = {
    "Close": "times",
    "Cancel": "stop",
    "Pause": "pause",
    "Resume": "play",
    "Go on": "play",
    "Clear": "eraser",
    "Forget": "trash",
    "Retry failed": "repeat",
    "Save": "save",
}
_TIPS: Final = {
    "Close": "Close it; what is under way in it is cut",
    "Cancel": "End the run now and keep what is done",
    "Pause": "Start nothing new; what is in flight goes on",
    "Resume": "Go on where the run was paused",
    "Go on": "Do the rest; what the pilot has done stays",
    "Clear": "Forget all answers that are kept",
    "Forget": "Let go of the run and its answers",
    "Retry failed": "Try the rows again that did not end well",
    "Save": "Write the rows into a file in the working folder",
}
#: Between what is done and what it is done with, where that is more than a space.
_JOINTS: Final = {"Retry failed": ", ", "Go on": " with "}
#: What takes work that only its owner knows to be over is not closed with what is idle.
_CLOSED_WHEN_IDLE: Final = frozenset({"client", "executor"})


def closed_when_idle(resources: Sequence[OpenResource]) -> list[OpenResource]:
    """Return the clients and executors that have nothing under way."""
    return [it for it in resources if it.kind in _CLOSED_WHEN_IDLE and not it.busy]


def _most_wanted(things: Sequence[OpenResource]) -> list[OpenResource]:
    """Return as many as have buttons, in their order: runs and who holds sockets before others."""
    by_weight = sorted(things, key=lambda it: (it.kind != "run", not it.sockets))
    chosen = {it.number for it in by_weight[:MOST]}
    return [it for it in things if it.number in chosen]


class ButtonRow:
    """Buttons for the things that are shown, which follow them as they come and go.

    A click never prints and never raises: what came of it is handed to ``tell`` as a sentence.

    Args:
        perform: does with a thing what its button says, and returns what there is to say.
        label: gives the number that a thing is called by.
        tell: given a sentence for the user.
        clicked: called after every click.
        mark: of the face above, see `AfterReload`.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self,
        perform: Callable[[OpenResource, str], str],
        label: Callable[[OpenResource], str],
        tell: Callable[[str], None],
        clicked: Callable[[], None],
        *,
        mark: str = "",
    ) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self._kit = ipywidgets
        self._perform = perform
        self._label = label
        self._tell = tell
        self._clicked = clicked
        self._shown: tuple[OpenResource, ...] = ()
        self._groups: dict[int, tuple[tuple[str, ...], Any]] = {}
        self.idle = self._button(
            "Close all idle",
            "Close every client and executor that has nothing under way",
            self._close_idle,
        )
        self.idle.layout.margin = "2px 14px 2px 2px"
        self.more = ipywidgets.Label(layout=ipywidgets.Layout(margin="2px 6px", display="none"))
        self.box = ipywidgets.HBox(
            [self.idle, self.more],
            layout=ipywidgets.Layout(align_items="center", flex_flow="row wrap"),
        )
        self.after_reload = AfterReload(ipywidgets, mark)
        #: The buttons, and the face where the page has no other.
        self.whole = ipywidgets.VBox(
            [self.after_reload.widget, self.box],
            # JupyterLab leaves so much room beside the face, and none beside widgets.
            layout=ipywidgets.Layout(max_width="960px", margin="0 20px 0 0"),
        )

    def show(self, glance: Glance) -> None:
        """Bring the buttons up to date."""
        self._shown = glance.everything
        # A checkpoint ends with its run, which has a button.
        things = [it for it in self._shown if it.kind != "checkpoint" and it.acts]
        wanted, left = _most_wanted(things), len(things) - MOST
        gone = self._gone(wanted)
        for it in wanted:
            if it.number not in self._groups:
                self._groups[it.number] = it.acts, self._group(it)
        _set(self.idle, disabled=not closed_when_idle(self._shown))
        more = f"and {count(left)} more" if left > 0 else ""
        _set(self.more, value=more)
        _set(self.more.layout, display="" if more else "none")
        children = (self.idle, *(self._groups[it.number][1] for it in wanted), self.more)
        if children != self.box.children:
            self.box.children = children
        # Only now, when nothing shows them any more.
        for group in gone:
            close_all(group)

    def _gone(self, wanted: Sequence[OpenResource]) -> list[Any]:
        """Take out the groups of what has gone, or can be done something else with by now."""
        acts = {it.number: it.acts for it in wanted}
        gone = [key for key, (old, _) in self._groups.items() if acts.get(key) != old]
        return [self._groups.pop(key)[1] for key in gone]

    def _group(self, resource: OpenResource) -> Any:
        layout = self._kit.Layout(flex_flow="row wrap", margin="0 10px 0 0")
        return self._kit.HBox([self._act(resource, act) for act in resource.acts], layout=layout)

    def _act(self, resource: OpenResource, act: str) -> Any:
        said = f"{act}{_JOINTS.get(act, ' ')}{resource.kind} {self._label(resource)}"
        tip = f"{_TIPS.get(act, act)}: {words.name_of(resource)}"
        return self._button(
            said,
            tip,
            lambda: self._perform(resource, act),
            icon=_ICONS.get(act, ""),
            takes_long=act == "Save",
        )

    def _button(
        self,
        said: str,
        tip: str,
        act: Callable[[], object],
        *,
        icon: str = "",
        takes_long: bool = False,
    ) -> Any:
        layout = self._kit.Layout(width="auto", max_width="100%")
        button = self._kit.Button(description=said, tooltip=tip, icon=icon, layout=layout)
        do = self._guarded(said, act)
        button.on_click((lambda _: aside(do)) if takes_long else (lambda _: do()))
        return button

    def _close_idle(self) -> str:
        closing = closed_when_idle(self._shown)
        for it in closing:
            self._perform(it, it.acts[0])
        return ""

    def _guarded(self, label: str, act: Callable[[], object]) -> Callable[[], None]:
        def do() -> None:
            try:
                said = str(act() or "")
            except Exception as error:  # noqa: BLE001 - told to the user, never raised into the kernel
                reason = f"{type(error).__name__}: {error}"
                said = f"{label} did not work: {reason}"
            if said:
                self._tell(plain(said, _MESSAGE_LIMIT))
            self._clicked()

        return do


def _set(widget: Any, **wanted: object) -> None:
    for name, value in wanted.items():
        if getattr(widget, name) != value:
            setattr(widget, name, value)
