"""What a dashboard shows at one moment, and what it knows beside what is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from notebook_kit.widgets.naming import USUAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.lifetime import OpenResource

__all__ = ["Glance", "Numbering", "Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a dashboard goes on.

    Attributes:
        ended: whether this is the last that is shown.
        why: why it has ended, as a sentence.
    """

    ended: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """What is shown; two that are equal look the same.

    Attributes:
        resources: what is open.
        kept: what is only kept.
        notices: what clicks had to say, the newest last.
        state: whether it goes on.
        called: as of what views show elsewhere, a run; a dashboard has no name in code.
    """

    called: ClassVar[str] = USUAL

    resources: tuple[OpenResource, ...]
    kept: tuple[OpenResource, ...]
    notices: tuple[str, ...] = ()
    state: Standing = Standing()

    @property
    def everything(self) -> tuple[OpenResource, ...]:
        """What is open, and then what is kept."""
        return (*self.resources, *self.kept)


class Numbering:
    """Gives each thing a number that stays its own as long as the dashboard is there.

    >>> from notebook_kit.lifetime import OpenResource, Origin
    >>> numbering = Numbering()
    >>> a, b = (OpenResource("client", "", 0.0, Origin("x", 1), 0, number=n) for n in (41, 57))
    >>> numbering.of(b), numbering.of(a), numbering.of(b)
    (1, 2, 1)
    """

    def __init__(self) -> None:
        self._given: dict[int, int] = {}
        self._next = 1

    def of(self, resource: OpenResource) -> int:
        """Return its number, the next one if it is new."""
        if resource.number not in self._given:
            self._given[resource.number] = self._next
            self._next += 1
        return self._given[resource.number]

    def keep(self, resources: Sequence[OpenResource]) -> None:
        """Number these in their order and forget what has gone; no number is given twice."""
        for it in resources:
            self.of(it)
        present = {it.number for it in resources}
        self._given = {key: given for key, given in self._given.items() if key in present}
