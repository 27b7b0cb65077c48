"""The sections of the form for the run: its options, its start, and what comes after its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.launcher.choice import FunctionCalls
from notebook_kit.widgets.launcher.settings import EXAMPLES, HAS_PILOT, PILOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.widgets.launcher.fields import Field, Fields
    from notebook_kit.widgets.launcher.form import Handler
    from notebook_kit.widgets.launcher.state import Standing

    Said = Mapping[str, tuple[str, str]]

__all__ = ["AfterPart", "RunPart"]


class RunPart:
    """Options, the variable of the frame, and the button that starts."""

    def __init__(self, fields: Fields, standing: Standing, handler: Handler) -> None:
        self._fixed = {name for name, _ in standing.entries.fixed}
        self._settings: dict[str, Field] = {
            name: fields.text(
                name,
                standing.entries.settings.get(name, ""),
                _setting(handler, name),
                hint=hint,
            )
            for name, hint in EXAMPLES.items()
            if name not in self._fixed
        }
        self._target = fields.text(
            "frame variable",
            standing.entries.target,
            lambda name: handler.edit(lambda entries: replace(entries, target=name)),
            tip="The variable that the frame is put into",
        )
        self._pilot = self._make_pilot(fields, handler) if HAS_PILOT else None
        self._run = fields.button("Run", handler.run, button_style="primary", icon="play")
        reset = fields.button("Reset", handler.reset, tip="Put back what stood here at first")
        close = fields.button("Close", handler.close, tip="Take the form away; the code stays")
        settings = [field.box for field in self._settings.values()]
        pilot = [] if self._pilot is None else [self._pilot]
        self.box = fields.section([
            fields.words("Options"),
            fields.row([*settings, self._target.box, *pilot]),
            fields.row([self._run, reset, close], align="center"),
        ])  # fmt: skip

    def _make_pilot(self, fields: Fields, handler: Handler) -> Any:
        return fields.tick(
            f"try a sample of {PILOT} first",
            lambda on: handler.edit(lambda it: it.setting("pilot", str(PILOT) if on else "")),
        )

    def show(self, standing: Standing) -> None:
        """Bring the fields and the button up to date."""
        entries = standing.entries
        for name, field in self._settings.items():
            field.put(entries.settings.get(name, ""))
        self._target.put(entries.target)
        if self._pilot is not None:
            self._pilot.value = bool(entries.settings.get("pilot"))
        ready = standing.code is not None and not standing.problems and not standing.is_running
        self._run.disabled = not ready
        why = "A run is under way" if standing.is_running else "Something is still missing"
        self._run.tooltip = f"Start {standing.setup.size} calls" if ready else why

    def say(self, said: Said) -> None:
        """Say beside each field what is wrong with it."""
        for name, field in self._settings.items():
            field.say(said.get(name, ("", ""))[0])
        text, kind = said.get("target", ("", "wrong"))
        self._target.say(text, kind=kind)


def _setting(handler: Handler, name: str) -> Callable[[str], object]:
    return lambda text: handler.edit(lambda entries: entries.setting(name, text))


def _why_retry(standing: Standing) -> str:
    if standing.is_saving:
        return "The rows are being saved"
    if not standing.can_retry:
        return "No row failed"
    called = "function" if isinstance(standing.setup.calls, FunctionCalls) else "client"
    return f"Try the rows again that did not end well, with the {called} of their run"


class AfterPart:
    """What can be done with a run that has ended."""

    def __init__(self, fields: Fields, standing: Standing, handler: Handler) -> None:
        self._retry = fields.button("Retry failed", handler.retry, icon="repeat")
        self._file = fields.text(
            "file",
            standing.entries.file,
            lambda name: handler.edit(lambda entries: replace(entries, file=name)),
            tip="Its ending says what is written: .csv, .xlsx, .parquet or .jsonl",
        )
        self._save = fields.button("Save", handler.save, icon="save", tip="Write the file")
        head = fields.row([fields.words("Afterwards"), self._retry], align="center")
        self._head = fields.under(head)
        self.box = fields.section(
            [self._head.box, fields.beside(fields.row([self._file.box]), self._save)]
        )

    def show(self, standing: Standing) -> None:
        """Show it as soon as there is a run that has ended."""
        self.box.layout.display = "" if standing.can_save else "none"
        self._save.disabled = standing.is_saving
        self._retry.disabled = not standing.can_retry
        self._retry.tooltip = _why_retry(standing)
        self._file.put(standing.entries.file)

    def say(self, said: Said) -> None:
        """Say beside the name of the file what is wrong with it, and with what rows are retried."""
        text, kind = said.get("file", ("", "wrong"))
        self._file.say(text, kind=kind)
        text, kind = said.get("afterwards", ("", "warn"))
        self._head.say(text, kind=kind)
