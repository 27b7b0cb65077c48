"""The fields of the form: widgets of ipywidgets, each with a label and room for a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.markup import element
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.style import NO_FORMULA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Field", "Fields"]

_LABEL_WIDTH: Final = "124px"
_UNDER_VALUE: Final = "0 0 4px 128px"
#: Side by side where there is room for two of this width, else below each other.
_WIDTH: Final = "330px"
_BUTTON_MARGIN: Final = "2px 0"
#: Between what stands side by side, and not at its end: that is where the face ends.
_GAP: Final = "0 10px"
#: What has a button at its right keeps so much, or has it below.
_BESIDE: Final = "240px"
_SENTENCE_LIMIT: Final = 2_000


class Field:
    """A widget for one value, and under it what is to be said about it.

    Attributes:
        widget: the one that holds the value.
        box: both.
    """

    def __init__(self, widget: Any, sentence: Any, box: Any) -> None:
        self.widget = widget
        self.box = box
        self._sentence = sentence
        self._said = ("", "")

    def say(self, text: str, *, kind: str = "wrong") -> None:
        """Show a sentence; nothing for an empty one."""
        if (kind, text) == self._said:
            return
        self._said = (kind, text)
        look = f"nbk-form-{kind} {NO_FORMULA}"
        shown = element("div", plain(text, _SENTENCE_LIMIT), class_=look, role="alert")
        self._sentence.value = str(shown) if text else ""
        self._sentence.layout.display = "" if text else "none"

    def put(self, value: Any) -> None:
        """Set the value, if it is another one."""
        if self.widget.value != value:
            self.widget.value = value


class Fields:
    """Makes fields; needs ipywidgets.

    Attributes:
        kit: that module.

    Args:
        guarded: makes a callback of a function, one that never raises.

    Raises:
        ImportError: without ipywidgets.
    """

    def __init__(self, guarded: Callable[[Callable[..., object]], Callable[..., None]]) -> None:
        import ipywidgets  # noqa: PLC0415 - imported when first used, not with the package

        self.kit = ipywidgets
        self._guarded = guarded

    def text(
        self,
        label: str,
        value: str,
        typed: Callable[[str], object],
        *,
        hint: str = "",
        tip: str = "",
        basis: str = _WIDTH,
    ) -> Field:
        """Return a field for text."""
        widget = self._made(self.kit.Text, label, tip, value=value, placeholder=hint)
        return self._field(widget, typed, basis)

    def choice(
        self,
        label: str,
        options: Sequence[tuple[str, Any]],
        value: Any,
        chosen: Callable[[Any], object],
        *,
        tip: str = "",
        basis: str = _WIDTH,
    ) -> Field:
        """Return a field with a list to choose from."""
        widget = self._made(self.kit.Dropdown, label, tip, options=list(options), value=value)
        return self._field(widget, chosen, basis)

    def tick(self, label: str, ticked: Callable[[bool], object]) -> Any:
        """Return a box to tick."""
        layout = self.kit.Layout(width="auto", flex=f"1 1 {_WIDTH}", margin="2px 0")
        box = self.kit.Checkbox(description=label, value=False, indent=False, layout=layout)
        box.observe(self._guarded(lambda change: ticked(change["new"])), names="value")
        return box

    def button(
        self, label: str, clicked: Callable[[], object], *, tip: str = "", **look: Any
    ) -> Any:
        """Return a button."""
        layout = self.kit.Layout(width="auto", flex="0 0 auto", margin=_BUTTON_MARGIN)
        button = self.kit.Button(description=label, tooltip=tip, layout=layout, **look)
        button.on_click(self._guarded(lambda _: clicked()))
        return button

    def words(self, text: str) -> Any:
        """Return a heading."""
        layout = self.kit.Layout(margin="4px 2px 0 2px", width="auto")
        return self.kit.HTML(str(element("div", text, class_="nbk-form-title")), layout=layout)

    def html(self, content: str) -> Any:
        """Return HTML that is safe already."""
        return self.kit.HTML(content, layout=self.kit.Layout(margin="0"))

    def under(self, main: Any) -> Field:
        """Return widgets with room for a sentence below them."""
        sentence = self.kit.HTML("", layout=self.kit.Layout(display="none", margin=_UNDER_VALUE))
        return Field(main, sentence, self.column([main, sentence]))

    def row(self, children: Sequence[Any], *, align: str = "flex-start") -> Any:
        """Return widgets side by side, below each other where there is no room."""
        layout = self.kit.Layout(
            flex_flow="row wrap",
            align_items=align,
            width="100%",
            overflow="hidden",
            grid_gap=_GAP,
        )
        return self.kit.Box(list(children), layout=layout)

    def beside(self, main: Any, button: Any) -> Any:
        """Return a row with a button at its right, or below it where there is little room."""
        main.layout.flex, main.layout.width = f"1 1 {_BESIDE}", "auto"
        main.layout.min_width = f"min(100%, {_BESIDE})"
        layout = self.kit.Layout(
            flex_flow="row wrap",
            align_items="flex-start",
            justify_content="flex-end",
            width="100%",
            grid_gap=_GAP,
        )
        return self.kit.Box([main, button], layout=layout)

    def section(self, children: Sequence[Any]) -> Any:
        """Return widgets below each other, a little apart from those above."""
        return self.column(children, margin="6px 0 0 0")

    def column(self, children: Sequence[Any], **layout: Any) -> Any:
        """Return widgets below each other."""
        width = {"width": "100%", **layout}
        return self.kit.VBox(list(children), layout=self.kit.Layout(**width))

    def _made(self, kind: Any, label: str, tip: str, **traits: Any) -> Any:
        # What ipywidgets 8 calls a tooltip, 7 calls the tooltip of a description.
        named = "tooltip" if "tooltip" in kind.class_trait_names() else "description_tooltip"
        return kind(
            description=label,
            style={"description_width": _LABEL_WIDTH if label else "0px"},
            layout=self.kit.Layout(width="100%", margin="2px 0"),
            **({named: tip} if tip else {}),
            **traits,
        )

    def _field(self, widget: Any, changed: Callable[[Any], object], basis: str) -> Field:
        widget.observe(self._guarded(lambda change: changed(change["new"])), names="value")
        sentence = self.kit.HTML(
            "", layout=self.kit.Layout(display="none", margin=_UNDER_VALUE, width="auto")
        )
        layout = self.kit.Layout(
            flex=f"1 1 {basis}", min_width="min(100%, 240px)", max_width="100%", margin="0"
        )
        return Field(widget, sentence, self.kit.VBox([widget, sentence], layout=layout))
