"""What is to be seen of a run after the page was loaded again while it goes on.

A page that is loaded again shows outputs as they were saved, and what is sent to their display ids
does not reach it any more: the face stands still. Widgets do come back, because the page asks the
kernel for their state. So when that is asked, the face goes on in a widget under the old one, and a
line of style hides the old one.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.io_thread import io_loop
from notebook_kit.markup import Markup, element
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.widget_output import close_all

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AfterReload", "face_notice", "inspector_notice", "linger", "marked"]

#: Seconds in which a page that is being loaded has asked for its widgets, and longer.
LINGER_S: Final = 30.0
#: Seconds in which a page has drawn widgets that it was sent. It complains of those that close
#: while it is at it, as they would under a run of a few milliseconds.
DRAWN_S: Final = 1.0


def face_notice(called: str) -> str:
    """Return what to tell of the face that a page shows after it was loaded again."""
    return (
        "This page was loaded again, so its file keeps the face from before that: "
        f"{called} in a cell puts this one into it."
    )


def inspector_notice(called: str) -> str:
    """Return what to tell who opens an inspector on such a page."""
    return f"This page was loaded again: {called}.inspect() in a cell shows what Inspect would."


def linger(box: Any, after_reload: AfterReload) -> None:
    """Close a box when every page that is just being loaded has asked for its widgets.

    If one has, the face stays: that page has no other one. All else goes before that.
    """
    # An empty context, so that the timers do not keep the one of some cell alive.
    empty = contextvars.Context()
    loop = io_loop()

    def begin() -> None:
        loop.call_later(DRAWN_S, _quietly, lambda: after_reload.stay_alone(box))
        loop.call_later(LINGER_S, _quietly, lambda: _close_unseen(box, after_reload))

    loop.call_soon_threadsafe(begin, context=empty)


def _close_unseen(box: Any, after_reload: AfterReload) -> None:
    if not after_reload.is_needed:
        close_all(box)


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - told to the log
        logger.warning("Widgets could not be taken away.", exc_info=error)


def marked(face: Markup, mark: str) -> Markup:
    """Return the face in an element by which it can be hidden."""
    return element("div", face, class_=mark)


class AfterReload:
    """A widget that is empty until a page asks for it anew, and shows the face from then on.

    Attributes:
        widget: the widget, to be put where the face shall be seen.
        is_needed: whether a page was loaded again since.

    Args:
        ipywidgets: the module.
        mark: of the face that stands still, as in `marked`.
    """

    def __init__(self, ipywidgets: Any, mark: str) -> None:
        self.is_needed = False
        self._hiding = element("style", Markup(f".{mark} {{ display: none }}"))
        self.widget = _told_of_loading(ipywidgets.HTML, self._asked)(
            layout=ipywidgets.Layout(display="none", margin="0")
        )

    def show(self, face: Markup) -> None:
        """Show the face as it is now, in the place of the one that stands still."""
        # First, because a page hides the old face also while the new one cannot be seen.
        if self.widget.layout.display is not None:
            self.widget.layout.display = None
        self.widget.value = str(self._hiding + face)

    def leave(self, box: Any) -> bool:
        """Close all that is in a box but the face, if the page has no other; tell whether.

        What would empty the output of the box does not reach such a page.
        """
        if not self.is_needed:
            return False
        self.stay_alone(box)
        return True

    def stay_alone(self, box: Any) -> None:
        """Close all that is in a box but the face."""
        others = [part for part in box.children if part is not self.widget]
        box.children = [self.widget]
        for part in others:
            close_all(part)

    def _asked(self) -> None:
        self.is_needed = True


def _told_of_loading(kind: Any, asked: Callable[[], None]) -> Any:
    """Return a kind of widget that tells when a page asks for all of its state again.

    ipywidgets is imported when first used, so the class cannot be made with this module.
    """

    class Told(kind):  # type: ignore[misc]  # ipywidgets has no types
        def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:  # noqa: FBT001, FBT002 - ipywidgets' own
            # The first time it is opened, with nobody having asked.
            if key is None and self.comm is not None:
                asked()
            return super().get_state(key, drop_defaults)

    return Told
