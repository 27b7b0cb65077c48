"""The list of what is open, as a person wants to look at it and a program to go through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from notebook_kit.lifetime import survey
from notebook_kit.markup import element
from notebook_kit.widgets.dashboard.frame import build_frame
from notebook_kit.widgets.dashboard.page import render_page
from notebook_kit.widgets.dashboard.text import render_text
from notebook_kit.widgets.dashboard.words import when

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.lifetime import OpenResource
    from notebook_kit.markup import Markup

__all__ = ["OpenResources", "open_resources"]


class OpenResources(Sequence["OpenResource"]):
    """What is open at one moment; made by `open_resources`.

    It is a list of `OpenResource`, and equal to a plain list of the same. It holds words, so that
    keeping it, as ``Out`` does, keeps nothing open and nothing in memory.

    Attributes:
        kept: what is not open but stays until somebody lets go of it: the last run with its
            answers, caches that hold any, and demo servers, which serve until they are closed.
    """

    def __init__(
        self, resources: Sequence[OpenResource], kept: Sequence[OpenResource] = ()
    ) -> None:
        self._open = tuple(resources)
        self.kept = tuple(kept)
        self._taken = time.time()

    def __len__(self) -> int:
        return len(self._open)

    @overload
    def __getitem__(self, index: int) -> OpenResource: ...
    @overload
    def __getitem__(self, index: slice) -> list[OpenResource]: ...
    def __getitem__(self, index: int | slice) -> OpenResource | list[OpenResource]:
        return list(self._open[index]) if isinstance(index, slice) else self._open[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OpenResources):
            return self._open == other._open
        return list(self._open) == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each thing: what is open, and then what is kept.

        >>> open_resources().to_frame().columns.tolist()[:4]
        ['kind', 'name', 'holds', 'sockets']
        """
        return build_frame([*self._open, *self.kept])

    def __str__(self) -> str:
        return render_text(self._open, self.kept)

    def __repr__(self) -> str:
        # As an empty list shows itself, also within a tuple.
        return str(self) if self._open else "[]"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 - as IPython calls
        for number, line in enumerate(str(self).split("\n")):
            if number:
                printer.break_()
            printer.text(line)

    def _repr_html_(self) -> Markup:
        places = {it.number: str(place) for place, it in enumerate(self._open)}
        return render_page(
            self._open,
            self.kept,
            label=lambda it: f"[{places[it.number]}]" if it.number in places else "",
            foot=self._foot(),
        )

    def _foot(self) -> Markup:
        taken = f"As it was at {when(self._taken)}. "
        if not self._open:
            return element("span", taken, element("code", "nk.dashboard()"), " shows it live.")
        return element(
            "span",
            taken,
            element("code", "nk.open_resources()[0].close()"),
            " closes one, ",
            element("code", "nk.close_all()"),
            " every client and resource (what is tracked stays until it is closed itself), ",
            element("code", "nk.dashboard()"),
            " shows it live.",
        )


def open_resources() -> OpenResources:
    """Return what is open now, oldest first: clients, live runs, executors, streams, checkpoints.

    Each says what it is, since when, where it was made, how often it was used, what it holds, and
    has ``close()``. The list shows itself as a table, and gives a DataFrame by ``to_frame()``. What
    only stays in memory, and demo servers, are in its ``kept``.

    >>> open_resources()
    []
    """
    found = survey()
    return OpenResources([it for it in found if not it.kept], [it for it in found if it.kept])
