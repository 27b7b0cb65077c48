"""The face of the inspector: one item in full, as HTML that needs no script and no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector import words
from notebook_kit.widgets.inspector.answer import answer_html
from notebook_kit.widgets.inspector.problem import problem_html
from notebook_kit.widgets.inspector.request import item_html, request_html, title
from notebook_kit.widgets.inspector.style import SHEETS
from notebook_kit.widgets.inspector.tries import tries_html
from notebook_kit.widgets.naming import USUAL
from notebook_kit.widgets.parts import APART, icon
from notebook_kit.widgets.style import FRAME

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["inspector_face"]

_NAME_LIMIT: Final = 120
_ICONS: Final = {
    "Done": "done",
    "Failed": "failed",
    "Timed out": "failed",
    "In flight": "running",
    "Waiting": "waiting",
    "To be tried again": "waiting",
}


def inspector_face(
    picture: ItemPicture, *, note: str = "", static: bool = False, called: str = USUAL
) -> Markup:
    """Return the item as HTML.

    Args:
        picture: all that is known of it.
        note: what else the user should know, such as that a click did not work.
        static: leave out times, which differ from one run of the same work to the next.
        called: what to write for the run in code.
    """
    state = words.state(picture)
    told = title(picture) or plain(picture.name, _NAME_LIMIT)
    return element(
        "div",
        *SHEETS,
        _head(picture, state, static=static),
        element("div", element("bdi", told), class_="nbk-line nbk-code") if told else None,
        element("div", note, class_="nbk-line", role="alert") if note else None,
        problem_html(picture, static=static, called=called),
        answer_html(picture),
        tries_html(picture, static=static),
        request_html(picture),
        item_html(picture),
        class_=f"{FRAME} nbk-inspector",
        role="group",
        aria_label=f"{words.heading(picture)}: {state}",
    )


def _head(picture: ItemPicture, state: str, *, static: bool) -> Markup:
    label = words.label(picture)
    times = "" if static else words.times(picture)
    word = element("b", state)
    look = _ICONS.get(state, "cancelled")
    return element(
        "div",
        element("span", icon(look), word, class_="nbk-state"),
        APART,
        element("span", words.heading(picture).capitalize()),
        *([APART, element("bdi", f"row {label}", class_="nbk-name nbk-quiet")] if label else []),
        *([APART, element("span", times, class_="nbk-quiet nbk-right")] if times else []),
        class_="nbk-row",
    )
