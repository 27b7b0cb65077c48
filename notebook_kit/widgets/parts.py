"""The parts of the panel, each a pure function of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element, void
from notebook_kit.numbers import count, duration, plural
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import error_words, words
from notebook_kit.widgets.forecast import time_left
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from datetime import datetime

    from notebook_kit.scheduling import ErrorGroup, Snapshot

__all__ = [
    "APART",
    "amount",
    "announcement",
    "bar",
    "errors",
    "head",
    "icon",
    "keys",
    "notices",
    "trying",
]

_NAME_LIMIT: Final = 120
_KIND_LIMIT: Final = 60
_EXAMPLE_LIMIT: Final = 220
_KINDS_SHOWN: Final = 4
_TRIES_SHOWN: Final = 2
#: Share of the bar that stands for an end nobody knows.
_OPEN_SHARE: Final = 0.25

#: Hidden by the style sheet; keeps words apart where a front end removes the sheet.
APART: Final = element("span", " · ", class_="nbk-apart", aria_hidden="true")
_TIMES: Final = element("span", " \N{MULTIPLICATION SIGN} ", class_="nbk-apart", aria_hidden="true")

#: A disc with the sign of each state cut out of it, and the colour of the disc.
_DISC: Final = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z"
_SQUARE: Final = "M5.4 5.4h5.2v5.2H5.4z"
_ICONS: Final = {
    "running": ("busy", "M6.2 4.6v6.8L11.8 8z"),
    "paused": ("slow", "M5.4 5h1.8v6H5.4zM8.8 5h1.8v6H8.8z"),
    "done": ("good", "M7 11.4 3.9 8.3l1.2-1.2L7 9l4-4 1.2 1.2z"),
    "mixed": ("slow", "M7.1 4h1.8v5H7.1zM7.1 10.3h1.8v1.8H7.1z"),
    "failed": (
        "bad",
        "M5.5 4.4 8 6.9l2.5-2.5 1.1 1.1L9.1 8l2.5 2.5-1.1 1.1L8 9.1l-2.5 2.5-1.1-1.1L6.9 8 4.4 5.5",
    ),
    "cancelled": ("gone", _SQUARE),
    "stopped": ("slow", _SQUARE),
    "ending": ("busy", _SQUARE),
    "waiting": ("slow", "M7.2 3.8h1.6v4l2.6 1.6-.8 1.3L7.2 8.6z"),
}


def head(snapshot: Snapshot, *, static: bool) -> Markup:
    """Return the line that says where the run stands, what it is called and how long it takes."""
    name = plain(snapshot.name, _NAME_LIMIT)
    word = element("b", words.state_word(snapshot))
    children: list[object] = [element("span", _icon(snapshot), word, class_="nbk-state")]
    if name:
        children += [APART, element("bdi", name, class_="nbk-name", title=name)]
    if not static:
        left = time_left(snapshot)
        times = duration(snapshot.elapsed_s) + (f" · {left}" if left else "")
        children += [APART, element("span", times, class_="nbk-quiet nbk-right")]
    return element("div", *children, class_="nbk-row")


def amount(snapshot: Snapshot) -> Markup:
    """Return the line that says how much of the work has ended."""
    number, _, rest = words.progress(snapshot).capitalize().partition(" ")
    share = words.share(snapshot)
    counted = element("span", element("b", number), f" {rest}")
    right = [APART, element("span", share, class_="nbk-quiet nbk-right")] if share else []
    return element("div", counted, *right, class_="nbk-row nbk-amount")


def announcement(snapshot: Snapshot) -> Markup | None:
    """Return how much there is to do, for a run whose counts are not shown yet."""
    if snapshot.total is None:
        return None
    return element("div", plural(snapshot.total, "item"), class_="nbk-quiet")


def bar(snapshot: Snapshot) -> Markup:
    """Return the bar: what became of the items, those in flight, those still to do."""
    pieces = [_piece(part.kind, part.number, str(part)) for part in words.parts(snapshot)]
    flying = _flying(snapshot)
    if flying:
        pieces.append(_piece("flight", flying, f"{count(flying)} in flight"))
    if snapshot.to_do is None and not snapshot.state.ended:
        shown = max(1.0, snapshot.done + flying)
        pieces.append(_piece("open", round(shown * _OPEN_SHARE, 1), "more may come"))
    elif snapshot.to_do:
        pieces.append(_piece("todo", snapshot.to_do - flying, f"{count(snapshot.to_do)} to do"))
    known = snapshot.total is not None
    return element(
        "div",
        *pieces,
        class_="nbk-bar",
        role="progressbar",
        aria_label=plain(snapshot.name, _NAME_LIMIT) or "Progress",
        aria_valuemin=0 if known else None,
        aria_valuemax=max(1, snapshot.total or 0) if known else None,
        # Nothing to do is all done; an unknown end has no value at all.
        aria_valuenow=(words.finished(snapshot) if snapshot.total else 1) if known else None,
        aria_valuetext=_spoken(snapshot),
    )


def keys(snapshot: Snapshot, *, static: bool, as_of: datetime | None = None) -> Markup | None:
    """Return the counts, each with the look that stands for it in the bar; and when it was so."""
    entries = [_key(part.kind, str(part)) for part in words.parts(snapshot)]
    if not snapshot.state.ended and not static:
        entries.append(_key("flight", f"{count(snapshot.in_flight)} in flight"))
        if snapshot.backing_off:
            entries.append(_key("retry", f"{count(snapshot.backing_off)} to try again"))
        if (left := words.untouched(snapshot)) is not None:
            entries.append(_key("todo", f"{count(left)} to do"))
    elif snapshot.to_do:
        entries.append(_key("todo", f"{count(snapshot.to_do)} not done"))
    if not entries:
        return None
    moment = [] if as_of is None else [APART, _moment(as_of)]
    return element("div", *_with_gaps(entries), *moment, class_="nbk-keys")


def _moment(as_of: datetime) -> Markup:
    # The day is of use to who opens the file, perhaps elsewhere, long afterwards.
    return element(
        "span",
        f"as of {as_of:%H:%M:%S}",
        class_="nbk-label nbk-right",
        title=f"{as_of:%Y-%m-%d %H:%M:%S %Z}".strip(),
    )


def errors(snapshot: Snapshot, *, static: bool) -> Markup | None:
    """Return the errors by kind: how many, one example, what to do."""
    groups = error_words.groups_in_order(snapshot)
    if not groups:
        return None
    entries = [_error(snapshot, group, static=static) for group in groups[:_KINDS_SHOWN]]
    if left := groups[_KINDS_SHOWN:]:
        number, _, noun = plural(sum(group.count for group in left), "error").partition(" ")
        kinds = plural(len(left), "other kind")
        told = f"{noun} of {kinds}: {snapshot.called}.errors has them all"
        body = element("span", told, class_="nbk-body nbk-quiet")
        entries.append(_entry(element("span", number, class_="nbk-count"), body))
    return element("div", *entries, class_="nbk-list", role="group", aria_label="Errors by kind")


def trying(snapshot: Snapshot) -> Markup | None:
    """Return what the last attempts ended in of the items that wait for another try, by kind."""
    groups = [] if snapshot.state.ended else error_words.in_order(snapshot.trying)
    if not groups:
        return None
    entries = [_try(group) for group in groups[:_TRIES_SHOWN]]
    if left := groups[_TRIES_SHOWN:]:
        number, kinds = sum(group.count for group in left), plural(len(left), "other kind")
        body = element("span", f"to be tried again after {kinds}", class_="nbk-body nbk-quiet")
        entries.append(_entry(_again(number), body))
    return element("div", *entries, class_="nbk-list", role="group", aria_label="To be tried again")


def notices(snapshot: Snapshot) -> Markup | None:
    """Return what the user should know, the newest few, and how to go on if there is a way."""
    told = words.explanations(snapshot)
    if not told:
        return None
    urgent = set(words.warned(snapshot))
    if snapshot.state is RunState.STOPPED:
        urgent.add(told[-1])
    entries = [
        _entry(_sign(urgent=one in urgent), element("bdi", one, class_="nbk-body")) for one in told
    ]
    return element("div", *entries, class_="nbk-list", role="group", aria_label="Notices")


def _sign(*, urgent: bool) -> Markup:
    look = "nbk-sign nbk-urgent" if urgent else "nbk-sign"
    return element("span", "!" if urgent else "i", class_=look, aria_hidden="true")


def _icon(snapshot: Snapshot) -> Markup:
    key = "ending" if words.is_ending(snapshot) else snapshot.state.value
    if words.is_held_up(snapshot):
        key = "waiting"
    if snapshot.state is RunState.DONE and (snapshot.failed or snapshot.timeout):
        key = "failed" if snapshot.failed + snapshot.timeout == snapshot.done else "mixed"
    return icon(key)


def icon(key: str) -> Markup:
    """Return the sign of a state: running, paused, waiting, done, mixed, failed or cancelled."""
    colour, shape = _ICONS.get(key, _ICONS["cancelled"])
    look = f"fill:var(--nbk-{colour});fill-rule:evenodd"
    path = void("path", d=_DISC + shape, style=look)
    return element("svg", path, viewBox="0 0 16 16", aria_hidden="true")


def _flying(snapshot: Snapshot) -> int:
    """Return attempts under way, no more than items can be: some may be second tries of one."""
    if snapshot.state.ended:
        return 0
    most = snapshot.in_flight if snapshot.to_do is None else snapshot.to_do
    return min(snapshot.in_flight, most)


def _piece(kind: str, size: float, title: str) -> Markup:
    return element("div", class_=f"nbk-part nbk-{kind}", style=f"flex-grow:{size:g}", title=title)


def _spoken(snapshot: Snapshot) -> str:
    told = [part for part in words.parts(snapshot) if part.kind != "ok"]
    return ", ".join([words.progress(snapshot), *map(str, told)])


def _key(kind: str, text: str) -> Markup:
    swatch = element("span", class_=f"nbk-swatch nbk-{kind}", aria_hidden="true")
    return element("span", swatch, element("span", text), class_="nbk-key")


def _with_gaps(entries: list[Markup]) -> list[Markup]:
    apart = [part for entry in entries for part in (APART, entry)]
    return apart[1:]


def _error(snapshot: Snapshot, group: ErrorGroup, *, static: bool) -> Markup:
    advice = error_words.hint_for(group, snapshot)
    example = None if static or not group.example else plain(group.example, _EXAMPLE_LIMIT)
    body = element(
        "div",
        element("b", element("bdi", plain(group.kind, _KIND_LIMIT))),
        element("div", element("bdi", example), class_="nbk-example") if example else None,
        element("div", advice) if advice else None,
        None if static else _to_inspect(snapshot, group),
        class_="nbk-body",
    )
    return _entry(element("span", count(group.count), _TIMES, class_="nbk-count"), body)


def _try(group: ErrorGroup) -> Markup:
    example = plain(group.example, _EXAMPLE_LIMIT) if group.example else ""
    body = element(
        "div",
        element("b", element("bdi", plain(group.kind, _KIND_LIMIT))),
        element("span", " \N{MIDDLE DOT} to be tried again", class_="nbk-quiet"),
        element("div", element("bdi", example), class_="nbk-example") if example else None,
        class_="nbk-body",
    )
    return _entry(_again(group.count), body)


def _again(number: int) -> Markup:
    return element("span", count(number), _TIMES, class_="nbk-count nbk-waits")


def _to_inspect(snapshot: Snapshot, group: ErrorGroup) -> Markup:
    call = element("span", f"{snapshot.called}.inspect({group.position})", class_="nbk-code")
    return element(
        "div", call, f" shows {error_words.first_of(group)} in full.", class_="nbk-quiet"
    )


def _entry(sign: Markup, body: Markup) -> Markup:
    return element("div", sign, " ", body, class_="nbk-entry")
