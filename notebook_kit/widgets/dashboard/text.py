"""What is open, as plain text: a line for each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count
from notebook_kit.widgets.dashboard import words
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.lifetime import OpenResource

__all__ = ["render_text"]

_NAME_LIMIT: Final = 60
_HOLDS_LIMIT: Final = 120


def render_text(
    resources: Sequence[OpenResource],
    kept: Sequence[OpenResource] = (),
    *,
    notices: Sequence[str] = (),
    static: bool = False,
) -> str:
    """Return what is open as text without a newline at its end.

    ``static`` leaves out whatever differs from one run of the same work to the next.

    >>> render_text([])
    'Nothing is open.'
    """
    if static:
        return _counts(resources, kept)
    lines = [_heading(resources, kept), *(f"  {line}" for line in notices)]
    lines += [f"  [{place}] {_line(it)}" for place, it in enumerate(resources)]
    if kept:
        lines += [f"{words.KEPT}:", *(f"  {_line(it)}" for it in kept)]
    return "\n".join(lines)


def _counts(resources: Sequence[OpenResource], kept: Sequence[OpenResource]) -> str:
    if not resources and not kept:
        return words.EMPTY
    said = f"Open: {words.how_many(resources)}." if resources else words.EMPTY
    return f"{said} {words.KEPT}: {words.how_many(kept)}." if kept else said


def _heading(resources: Sequence[OpenResource], kept: Sequence[OpenResource]) -> str:
    everything = [*resources, *kept]
    if not everything:
        return words.EMPTY
    number = words.sockets(everything)
    who = words.holders(everything)
    sockets = f"{number}: {who}" if who else number
    if not resources:
        return f"{words.EMPTY} {sockets.capitalize()}."
    return f"{count(len(resources))} open ({words.how_many(resources)}), {sockets}."


def _line(resource: OpenResource) -> str:
    facts = [
        plain(resource.holds, _HOLDS_LIMIT),
        words.made(resource),
        words.used(resource),
    ]
    name = words.name_of(resource, _NAME_LIMIT)
    return f"{resource.kind} {name}: {' · '.join(fact for fact in facts if fact)}"
