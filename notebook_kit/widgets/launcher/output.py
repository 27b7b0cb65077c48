"""The output that holds the form: it goes when nobody clicks, but not under a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.widget_output import WidgetOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.widgets.place import Place

__all__ = ["FormOutput"]


class FormOutput(WidgetOutput):
    """A form in an output of its own.

    Args:
        widget: the form.
        output_id: display id of the output.
        place: the cell it stands in.
        is_needed: whether it must stay although nobody has clicked for long.
        more: as of `WidgetOutput`.
    """

    def __init__(
        self,
        widget: Any,
        output_id: str,
        place: Place,
        *,
        is_needed: Callable[[], bool],
        **more: Any,
    ) -> None:
        super().__init__(widget, output_id, place, **more)
        self._is_needed = is_needed

    def _left_alone(self) -> None:
        if self._is_needed():
            self.used()
        else:
            super()._left_alone()
