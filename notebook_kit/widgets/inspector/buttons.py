"""The row of buttons under the inspector: to other failures, to other items, a number, close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.reload import AfterReload

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.execution.inspection import Inspection

__all__ = ["ButtonRow"]

_BUTTONS: Final = (
    # Name, words, icon, tooltip, width.
    ("previous_failure", "Previous failure", "step-backward", "The failure before this", "142px"),
    ("next_failure", "Next failure", "step-forward", "The failure after this", "118px"),
    ("previous", "Previous", "chevron-left", "The item before this", "92px"),
    ("next", "Next", "chevron-right", "The item after this", "72px"),
    ("close", "Close", "times", "Close the inspector", "76px"),
)


class ButtonRow:
    """Buttons that go to other items; needs ipywidgets.

    Args:
        go: called with the position to go to.
        close: called to end it all.
        around: gives the item that is shown.
        mark: of the face above, see `AfterReload`.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(
        self,
        go: Callable[[int], object],
        close: Callable[[], object],
        around: Callable[[], Inspection],
        *,
        mark: str = "",
    ) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self._go = go
        self._around = around
        layout = ipywidgets.Layout
        self.buttons: dict[str, Any] = {}
        for name, words, icon, tooltip, width in _BUTTONS:
            self.buttons[name] = ipywidgets.Button(
                description=words, icon=icon, tooltip=tooltip, layout=layout(width=width)
            )
            self.buttons[name].on_click(
                (lambda _: close()) if name == "close" else self._clicked(name)
            )
        self.number = ipywidgets.IntText(
            # Told when it is left or Enter is pressed, and not for each digit.
            continuous_update=False,
            description="Item",
            style={"description_width": "34px"},
            layout=layout(width="136px"),
        )
        self._shown = 0
        self.number.observe(self._typed, names="value")
        order = ("previous_failure", "next_failure", "previous", "next")
        members = [*(self.buttons[name] for name in order), self.number, self.buttons["close"]]
        row = ipywidgets.HBox(members, layout=layout(align_items="center", flex_flow="row wrap"))
        self.after_reload = AfterReload(ipywidgets, mark)
        self.box = ipywidgets.VBox(
            [self.after_reload.widget, row],
            # JupyterLab leaves so much room beside the face, and none beside widgets.
            layout=layout(max_width="960px", margin="0 20px 0 0"),
        )

    def show(self, inspection: Inspection) -> None:
        """Say which item is shown, and where the buttons lead to."""
        for name, place in self._places(inspection).items():
            button = self.buttons[name]
            if button.disabled != (place is None):
                button.disabled = place is None
        self._shown = inspection.position
        if self.number.value != inspection.position:
            self.number.value = inspection.position

    def _places(self, inspection: Inspection) -> dict[str, int | None]:
        position = inspection.position
        return {
            "previous_failure": inspection.previous_failure(),
            "next_failure": inspection.next_failure(),
            "previous": position - 1 if position else None,
            "next": position + 1 if position + 1 < len(inspection.run) else None,
        }

    def _clicked(self, name: str) -> Callable[[object], None]:
        def clicked(_: object) -> None:
            place = self._places(self._around())[name]
            if place is not None:
                self._go(place)

        return clicked

    def _typed(self, change: Any) -> None:
        # What is set here to follow the face is no wish of anybody's.
        if change["new"] != self._shown:
            self._go(change["new"])
