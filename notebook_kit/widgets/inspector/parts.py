"""What the parts of the inspector are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.markup import Markup, element
from notebook_kit.numbers import count
from notebook_kit.redact import HIDDEN, is_secret_field
from notebook_kit.widgets.inspector.legible import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["fold", "pairs", "pairs_of", "part", "quiet"]

_PAIRS_SHOWN = 60
_NAME_LIMIT = 100
_VALUE_LIMIT = 600


def part(title: str, *content: Markup | None) -> Markup | None:
    """Return one part under its title; None if it has no content."""
    shown = [piece for piece in content if piece is not None]
    if not shown:
        return None
    return element(
        "div",
        element("div", title, class_="nbk-title"),
        element("div", *shown, class_="nbk-content"),
        class_="nbk-part-of",
        role="group",
        aria_label=title,
    )


def quiet(text: str) -> Markup:
    """Return a sentence beside the point."""
    return element("div", text, class_="nbk-quiet")


def fold(title: str, *content: object) -> Markup:
    """Return what is shown when its title is clicked."""
    summary = element("summary", title, class_="nbk-quiet")
    return element("details", summary, *content, class_="nbk-fold")


def pairs_of(found: Any) -> list[tuple[str, str]]:
    """Return headers, of whatever library, as pairs without credentials."""
    try:
        items = found.multi_items() if hasattr(found, "multi_items") else found.items()
        known = [(str(name), str(value)) for name, value in items]
    except Exception:  # noqa: BLE001 - headers of anybody's may raise anything
        return []
    return [(name, HIDDEN if is_secret_field(name, value) else value) for name, value in known]


def pairs(entries: Sequence[tuple[str, str]]) -> Markup | None:
    """Return names and values in two columns; None if there are none."""
    if not entries:
        return None
    cells = [
        cell
        for name, value in entries[:_PAIRS_SHOWN]
        for cell in (
            element("div", legible(name, _NAME_LIMIT), ":", class_="nbk-k"),
            element("div", legible(value, _VALUE_LIMIT)),
        )
    ]
    rest = len(entries) - _PAIRS_SHOWN
    more = quiet(f"… {count(rest)} more") if rest > 0 else None
    return element("div", element("div", *cells, class_="nbk-pairs"), more)
