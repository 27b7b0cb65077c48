"""The inspector as plain text, for terminals and beside the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.execution.asked import CalledFunction
from notebook_kit.markup import visible
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector import words
from notebook_kit.widgets.inspector.answer import answer_text
from notebook_kit.widgets.inspector.problem import problem_text
from notebook_kit.widgets.inspector.request import item_text, request_text, title
from notebook_kit.widgets.inspector.tries import tries_text
from notebook_kit.widgets.naming import USUAL

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["inspection_text"]

_NAME_LIMIT = 120


def inspection_text(
    picture: ItemPicture, *, note: str = "", static: bool = False, called: str = USUAL
) -> str:
    """Return the item as text without a newline at its end.

    Args:
        picture: all that is known of it.
        note: what else the user should know.
        static: leave out times, which differ from one run of the same work to the next.
        called: what to write for the run in code.
    """
    label, times = words.label(picture), "" if static else words.times(picture)
    first = f"{words.heading(picture).capitalize()}{f' ({label})' if label else ''}: "
    first += words.state(picture).lower() + (f", {times}" if times else "")
    told = title(picture) or plain(picture.name, _NAME_LIMIT)
    lines = [first, *([told] if told else []), *([visible(note)] if note else [])]
    for name, part in (
        ("Error", problem_text(picture, called=called)),
        ("Answer", answer_text(picture)),
        ("Attempts", tries_text(picture, static=static)),
        ("Call" if isinstance(picture.asked, CalledFunction) else "Request", request_text(picture)),
        ("Item", item_text(picture)),
    ):
        if part:
            lines += [name, *(f"  {line}".rstrip() for line in part)]
    return "\n".join(lines)
