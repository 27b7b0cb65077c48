"""The form: what a person clicks and types, in sections. It shows a standing and reports edits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from notebook_kit.widgets.launcher.calls_part import ArgumentsPart, PathPart
from notebook_kit.widgets.launcher.entries import endpoint_of
from notebook_kit.widgets.launcher.fields import Fields
from notebook_kit.widgets.launcher.look import FORM_SHEET
from notebook_kit.widgets.launcher.run_part import AfterPart, RunPart
from notebook_kit.widgets.reload import AfterReload

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from notebook_kit.widgets.launcher.entries import Entries
    from notebook_kit.widgets.launcher.state import Standing
    from notebook_kit.widgets.launcher.target import Target

__all__ = ["Form", "Handler"]


class Handler(Protocol):
    """What the form reports to; nothing of it raises for what a user does."""

    def edit(self, change: Callable[[Entries], Entries]) -> None:
        """Change what stands in the fields."""
        ...

    def refresh(self) -> None:
        """Look for data again."""
        ...

    def run(self) -> None:
        """Start the batch."""
        ...

    def retry(self) -> None:
        """Try the rows again that did not end well."""
        ...

    def save(self) -> None:
        """Write the frame into the file."""
        ...

    def reset(self) -> None:
        """Put back what stood in the fields at first."""
        ...

    def close(self) -> None:
        """Take the form away."""
        ...

    def tell(self, error: BaseException) -> None:
        """Say that a click did not work."""
        ...

    def used(self) -> None:
        """Be told that somebody is there."""
        ...


class Form:
    """The widgets of a launcher; needs ipywidgets.

    Args:
        standing: what it shows at first.
        target: what is launched.
        handler: what edits and clicks go to.
        lock: held while it changes.
        mark: of the face, as in `marked`.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self,
        standing: Standing,
        target: Target,
        handler: Handler,
        lock: threading.RLock,
        *,
        mark: str,
    ) -> None:
        self._target = target
        self._handler = handler
        self._lock = lock
        self._is_showing = True
        self._fields = fields = Fields(self._guarded)
        #: The face, once the page was loaded again and the one in its own output stands still.
        self.after_reload = AfterReload(fields.kit, mark)
        self._data = fields.choice("data", [], None, self._data_chosen, tip="What there is to map")
        refresh = fields.button("Refresh", handler.refresh, tip="Look for data again")
        refresh.icon = "refresh"
        self._listed: tuple[str, ...] = ()
        self._what = self._make_what(standing)
        self._arguments = ArgumentsPart(fields, handler.edit)
        self._path = None if target.is_function else PathPart(fields, handler.edit)
        self._run = RunPart(fields, standing, handler)
        self._after = AfterPart(fields, standing, handler)
        parts = [
            fields.html(str(FORM_SHEET)),
            fields.beside(fields.row([self._data.box]), refresh),
            *([] if self._what is None else [fields.row([self._what.box])]),
            *([] if self._path is None else [self._path.box]),
            self._arguments.box,
            self._run.box,
            self._after.box,
            self.after_reload.widget,
        ]
        # JupyterLab leaves so much room beside the face, and none beside widgets.
        self.box = fields.column(parts, width="auto", max_width="960px", margin="0 20px 4px 0")
        self.box.add_class("nbk-form")
        self._is_showing = False
        self.show(standing)

    def _make_what(self, standing: Standing) -> Any:
        if not self._target.endpoints:
            return None
        options = [("a path", "")]
        options += [(f"{it.place}: {it.route}", it.place) for it in self._target.endpoints]
        place = standing.entries.place
        return self._fields.choice("call", options, place, self._place_chosen)

    def _data_chosen(self, name: str | None) -> None:
        self._handler.edit(lambda entries: replace(entries, data=name or ""))

    def _place_chosen(self, place: str) -> None:
        self._handler.edit(lambda entries: replace(entries, place=place))

    def show(self, standing: Standing) -> None:
        """Bring all fields up to date, from any thread."""
        with self._lock:
            before, self._is_showing = self._is_showing, True
            try:
                self._show(standing)
            finally:
                self._is_showing = before

    def _show(self, standing: Standing) -> None:
        self._show_data(standing)
        entries, setup = standing.entries, standing.setup
        if self._what is not None:
            self._what.put(entries.place)
        is_path = not self._target.is_function and endpoint_of(entries, self._target) is None
        if self._path is not None:
            self._path.box.layout.display = "" if is_path else "none"
        self._arguments.box.layout.display = "none" if is_path else ""
        if is_path and self._path is not None:
            self._path.show(entries, setup)
        else:
            self._arguments.show(entries, setup)
        self._run.show(standing)
        self._after.show(standing)
        self._say(standing)

    def _show_data(self, standing: Standing) -> None:
        listed = tuple(data.in_words for data in standing.found)
        widget = self._data.widget
        if listed != self._listed or not widget.options:
            self._listed = listed
            widget.options = [(data.in_words, data.name) for data in standing.found] or [
                ("nothing to map yet", None)
            ]
        data = standing.setup.data
        self._data.put(None if data is None else data.name)

    def _say(self, standing: Standing) -> None:
        said = {problem.where: (problem.text, "warn") for problem in standing.warnings}
        said |= {problem.where: (problem.text, "wrong") for problem in standing.problems}
        text, kind = said.get("data", ("", "wrong"))
        self._data.say(text, kind=kind)
        for part in (self._arguments, self._path, self._run, self._after):
            if part is not None:
                part.say(said)

    def leave(self) -> bool:
        """Close all but the face, where the page was loaded again; tell whether it was."""
        return self.after_reload.leave(self.box)

    def _guarded(self, act: Callable[..., object]) -> Callable[..., None]:
        """Return a callback that does nothing while the form itself changes, and never raises."""

        def called(*arguments: Any) -> None:
            with self._lock:
                if self._is_showing:
                    return
                self._handler.used()
                try:
                    act(*arguments)
                except Exception as error:  # noqa: BLE001 - told to the user
                    self._handler.tell(error)

        return called
