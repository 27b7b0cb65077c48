"""The attempts, one by one: a line of time, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element, void
from notebook_kit.numbers import count, took
from notebook_kit.scheduling.attempts import Came
from notebook_kit.widgets.inspector import words
from notebook_kit.widgets.inspector.parts import part, quiet

if TYPE_CHECKING:
    from notebook_kit.execution.item_picture import ItemPicture
    from notebook_kit.scheduling.attempts import Attempt

__all__ = ["tries_html", "tries_text"]

#: Attempts that are shown, the last ones.
_SHOWN: Final = 12
_LANE: Final = 8
_GAP: Final = 3
_LOOKS: Final = {
    Came.ANSWERED: "answered",
    Came.FALLBACK: "fallback",
    Came.OVERTAKEN: "overtaken",
    Came.CUT: "cut",
    Came.UNDER_WAY: "under",
}
_DASH: Final = "\N{EN DASH}"


def tries_html(picture: ItemPicture, *, static: bool = False) -> Markup | None:
    """Return the part that shows the attempts; without any times if ``static``."""
    attempts = picture.attempts[-_SHOWN:]
    if not attempts:
        return part("Attempts", quiet(words.nothing_made(picture)))
    earlier = len(picture.attempts) - len(attempts)
    return part(
        "Attempts",
        None if static else _lanes(picture, attempts),
        quiet(f"{count(earlier)} earlier ones are left out.") if earlier else None,
        quiet("Some are missing: the log of attempts was full.") if picture.unlogged else None,
        _table(picture, attempts, static=static),
    )


def tries_text(picture: ItemPicture, *, static: bool = False) -> list[str]:
    """Return the same as lines."""
    if not picture.attempts:
        return [words.nothing_made(picture)]
    lines = []
    for attempt in picture.attempts[-_SHOWN:]:
        facts = [f"{attempt.number}", words.came(attempt)]
        if not static:
            facts += [_took(attempt, picture), words.waited(attempt)]
        lines.append("  ".join(fact for fact in facts if fact))
    return lines


def _lanes(picture: ItemPicture, attempts: tuple[Attempt, ...]) -> Markup | None:
    if len(attempts) == 1 and not words.waited(attempts[0]):
        return None
    begun = [it.started - it.waited_s - it.backoff_s for it in attempts if it.started is not None]
    if not begun:
        return None
    first = min(begun)
    ended = [picture.now if it.ended is None else it.ended for it in attempts]
    span = max(ended) - first
    if span <= 0:
        return None
    pieces: list[Markup] = []
    for row, attempt in enumerate(attempts):
        if attempt.started is not None:
            pieces += _lane(attempt, row, first, span, picture.now)
    height = len(attempts) * (_LANE + _GAP) + _GAP
    said = f"Time line of {count(len(attempts))} attempts over {took(span)}"
    chart = element(
        "svg", *pieces, class_="nbk-lane", style=f"height:{height}px", role="img", aria_label=said
    )
    start = "start" if len(attempts) == len(picture.attempts) else f"attempt {attempts[0].number}"
    axis = element(
        "div", element("span", start), " ", element("span", took(span)), class_="nbk-axis"
    )
    return element("div", chart, axis)


def _lane(attempt: Attempt, row: int, first: float, span: float, now: float) -> list[Markup]:
    assert attempt.started is not None  # noqa: S101 - the caller has looked
    ended = now if attempt.ended is None else attempt.ended
    waiting = attempt.waited_s + attempt.backoff_s
    top = _GAP + row * (_LANE + _GAP)
    look = f"nbk-took nbk-is-{_LOOKS.get(attempt.came, 'failed')}"
    spent = _piece(attempt.started - first, ended - attempt.started, span, top, look)
    if waiting <= 0:
        return [spent]
    begun = attempt.started - waiting - first
    return [_piece(begun, waiting, span, top, "nbk-wait", thin=True), spent]


def _piece(
    start: float, length: float, span: float, top: int, look: str, *, thin: bool = False
) -> Markup:
    height = _LANE // 4 if thin else _LANE
    # What took no time to speak of can be seen all the same.
    width = max(0.5, 100 * length / span)
    return void(
        "rect",
        x=f"{min(100 * start / span, 99.5):.2f}%",
        y=top + (_LANE - height) // 2,
        width=f"{width:.2f}%",
        height=height,
        rx=0 if thin else 2,
        class_=look,
    )


def _table(picture: ItemPicture, attempts: tuple[Attempt, ...], *, static: bool) -> Markup:
    times = [] if static else ["Took", "Waited before", "Started, UTC"]
    head = [element("th", name, scope="col") for name in ("", "What came of it", *times)]
    rows = [_row(picture, attempt, static=static) for attempt in attempts]
    table = element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *rows),
        class_="nbk-tries",
    )
    return element("div", table, class_="nbk-scroll")


def _row(picture: ItemPicture, attempt: Attempt, *, static: bool) -> Markup:
    times = []
    if not static:
        at = _DASH if attempt.started is None else words.clock(picture, attempt.started)
        times = [_took(attempt, picture), words.waited(attempt) or _DASH, at]
    cells = [str(attempt.number), words.came(attempt), *times]
    return element("tr", *(element("td", cell) for cell in cells))


def _took(attempt: Attempt, picture: ItemPicture) -> str:
    if attempt.started is None:
        return _DASH
    ended = picture.now if attempt.ended is None else attempt.ended
    return took(max(0.0, ended - attempt.started))
