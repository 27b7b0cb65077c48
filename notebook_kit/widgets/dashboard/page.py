"""What is open, as HTML that needs no script and no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.numbers import count, plural
from notebook_kit.widgets.dashboard import words
from notebook_kit.widgets.dashboard.style import STYLE as OWN_STYLE
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.style import FRAME, STYLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.lifetime import OpenResource

__all__ = ["ROWS", "render_page"]

#: Rows shown; whoever has more wants a table to search in.
ROWS: Final = 50

_HOLDS_LIMIT: Final = 160
_NOTICE_LIMIT: Final = 300
_COLUMNS: Final = (
    ("nbk-held", "Sockets"),
    ("nbk-what", "What"),
    ("nbk-holds", "Holds"),
    ("nbk-since", "Made"),
    ("nbk-uses", "Used"),
)
_HINT: Final = "Clients, runs, streams and executors are listed here from when they are made."


def render_page(
    resources: Sequence[OpenResource],
    kept: Sequence[OpenResource] = (),
    *,
    label: Callable[[OpenResource], str],
    notices: Sequence[str] = (),
    foot: Markup | str | None = None,
    static: bool = False,
) -> Markup:
    """Return what is open as HTML: who holds sockets, and a row for each thing.

    Args:
        resources: what is open.
        kept: what stays in memory until somebody lets go of it.
        label: gives the short sign that a row is called by.
        notices: what went wrong with a click, or came of one.
        foot: what stands below.
        static: leave out whatever differs from one run of the same work to the next.
    """
    everything = [*resources, *kept]
    body: list[Markup | None] = [_head(resources, kept, static=static)]
    if not static:
        body += [_bar(everything), *map(_notice, notices)]
        body.append(_table(resources, kept, label) if everything else None)
    if not everything:
        body.append(element("div", _HINT, class_="nbk-hint"))
    if foot:
        body.append(element("div", foot, class_="nbk-foot"))
    said = f"What is open: {words.sockets(everything)}" if not static else "What is open"
    look = f"{FRAME} nbk-open"
    return element("div", STYLE, OWN_STYLE, *body, class_=look, role="group", aria_label=said)


def _head(
    resources: Sequence[OpenResource], kept: Sequence[OpenResource], *, static: bool
) -> Markup:
    everything = [*resources, *kept]
    if not everything:
        return element("div", element("b", words.EMPTY), class_="nbk-row nbk-sockets")
    what = words.how_many(resources) or "nothing open"
    if kept:
        what += f"; kept: {words.how_many(kept)}"
    if static:
        return element("div", element("b", "Open"), " ", what, class_="nbk-row")
    number, _, rest = words.sockets(everything).capitalize().partition(" ")
    return element(
        "div",
        element("span", element("b", number), f" {rest}"),
        " ",
        element("span", what, class_="nbk-quiet nbk-right"),
        class_="nbk-row nbk-sockets",
    )


def _bar(everything: Sequence[OpenResource]) -> Markup | None:
    """Return the sockets as one bar: in use, idle, and those of servers."""
    used = idle = serving = 0
    for it in everything:
        if it.meter is None or not it.sockets:
            serving += it.sockets
        else:
            used, idle = used + it.meter[0], idle + it.meter[1]
    parts = [
        (number, look, f"{count(number)} {word}")
        for number, look, word in (
            (used, "nbk-used", "in use by clients"),
            (idle, "nbk-idle", "idle, kept for reuse"),
            (serving, "nbk-serving", f"held by {words.servers(everything)}"),
        )
        if number
    ]
    if not parts:
        return None
    pieces = [
        element("div", class_=f"nbk-part {look}", style=f"flex-grow:{number}", title=text)
        for number, look, text in parts
    ]
    keys = [
        element(
            "span",
            element("span", class_=f"nbk-swatch {look}", aria_hidden="true"),
            element("span", text),
            " ",
            class_="nbk-key",
        )
        for _, look, text in parts
    ]
    said = ", ".join(text for _, _, text in parts)
    return element(
        "div",
        element("div", *pieces, class_="nbk-bar", role="img", aria_label=f"Sockets: {said}"),
        element("div", *keys, class_="nbk-keys"),
    )


def _notice(text: str) -> Markup:
    return element(
        "div", element("bdi", plain(text, _NOTICE_LIMIT)), class_="nbk-hint", role="status"
    )


def _table(
    resources: Sequence[OpenResource],
    kept: Sequence[OpenResource],
    label: Callable[[OpenResource], str],
) -> Markup:
    shown = resources[:ROWS]
    rows = [_row(it, label) for it in shown]
    if left := len(resources) - len(shown):
        rows.append(_span(f"and {plural(left, 'more thing')}: nk.open_resources().to_frame()"))
    if kept:
        rows.append(_span(words.KEPT))
        rows += [_row(it, label) for it in kept[:ROWS]]
        if left := len(kept) - ROWS:
            rows += [_span(f"and {count(left)} more")] if left > 0 else []
    heads = [element("th", word, class_=look, scope="col") for look, word in _COLUMNS]
    return element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", *rows),
        class_="nbk-table",
    )


def _span(text: str) -> Markup:
    cell = element("th", text, colspan=len(_COLUMNS), scope="rowgroup")
    return element("tr", cell, class_="nbk-apartment")


def _row(resource: OpenResource, label: Callable[[OpenResource], str]) -> Markup:
    name, sign = words.name_of(resource), label(resource)
    number = element("span", sign, class_="nbk-number") if sign else None
    held = (
        element("b", count(resource.sockets))
        if resource.sockets
        else element("span", "\N{EN DASH}")
    )
    said = "1 socket" if resource.sockets == 1 else f"{count(resource.sockets)} sockets"
    since, _, where = words.made(resource).removeprefix("since ").partition(", ")
    times, _, last = words.used(resource).partition(", ")
    return element(
        "tr",
        element("td", held, class_="nbk-held", aria_label=said, title=said),
        element(
            "td",
            element("div", number, element("b", resource.kind)),
            element("div", element("bdi", name, title=name, class_="nbk-thing")),
            class_="nbk-what",
        ),
        element(
            "td",
            element("div", element("bdi", plain(resource.holds, _HOLDS_LIMIT))),
            _meter(resource),
            class_="nbk-holds",
        ),
        element("td", *_two(where, f"since {since}"), class_="nbk-since"),
        element("td", *_two(times, last), class_="nbk-uses"),
    )


def _two(first: str, second: str) -> list[Markup]:
    return [element("div", line) for line in (first, second) if line]


def _meter(resource: OpenResource) -> Markup | None:
    if resource.meter is None:
        return None
    used, ready, most = resource.meter
    if most <= 0 or not used + ready:
        return None
    # What can fail are answers, which have the colours that they have in the panel.
    look = "nbk-used" if resource.failed is None else "nbk-ok"
    failed = min(resource.failed or 0, used)
    amounts = ((used - failed, look), (failed, "nbk-failed"), (ready, "nbk-idle"))
    parts = [
        element("div", class_=look, style=f"width:{100 * min(1.0, number / most):.1f}%")
        for number, look in amounts
        if number
    ]
    return element("div", *parts, class_="nbk-meter", aria_hidden="true")
