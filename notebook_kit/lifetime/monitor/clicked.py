"""Where things were made that a click has made: a click has no line of code of its own."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_kit.lifetime.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClickedOrigin", "clicked_in", "clicked_origin"]


@dataclass(frozen=True, slots=True)
class ClickedOrigin(Origin):
    """The line of code that made a button.

    Attributes:
        what: what the button belongs to.

    >>> str(ClickedOrigin("x", 1, cell=3, what="launcher"))
    'launcher in cell [3]'
    """

    what: str = ""

    def __str__(self) -> str:
        where = Origin.__str__(self) if self.cell is None else f"cell [{self.cell}]"
        return f"{self.what} in {where}"


class _Click:
    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.is_served = True


_served: Final[ContextVar[_Click | None]] = ContextVar("notebook_kit_click", default=None)


@contextmanager
def clicked_in(origin: Origin) -> Iterator[None]:
    """Have what is noted in this block, for a click, told of as made there."""
    click = _Click(origin)
    token = _served.set(click)
    try:
        yield
    finally:
        click.is_served = False
        _served.reset(token)


def clicked_origin() -> Origin | None:
    """Return where the button is whose click is being served here, or None."""
    click = _served.get()
    # What a click starts keeps its context, and makes things of its own later.
    return click.origin if click is not None and click.is_served else None
