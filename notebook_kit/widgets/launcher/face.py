"""The face of the launcher: the code, what would be sent first, what became of it. Plain HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.markup import Markup, element
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.launcher.choice import FunctionCalls
from notebook_kit.widgets.launcher.look import SHEET
from notebook_kit.widgets.style import FRAME, STYLE

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.state import Standing
    from notebook_kit.widgets.launcher.target import Preview

__all__ = ["bundle", "render_html", "render_text"]

_TITLE_LIMIT: Final = 120
_LINE_LIMIT: Final = 2_000
_NEEDS_PERSON: Final = "The form of the launcher needs a person who clicks"
_CODE_DOES: Final = "; the code above does the same without one."
_RELOADED: Final = (
    "This page was loaded again: runs go on, but their panels are seen only where the launcher is "
    "shown anew."
)
_CLOSED: Final = "The form is closed. Show the launcher again, or run its cell, to have it back."


def bundle(standing: Standing, *, static: bool = False) -> dict[str, object]:
    """Return the face as the data of an output, with its twin in plain text."""
    return {
        "text/plain": render_text(standing, static=static),
        "text/html": str(render_html(standing, static=static)),
    }


def render_html(standing: Standing, *, static: bool = False) -> Markup:
    """Return the face as HTML.

    ``static`` leaves out what may differ from one run of the same cell to the next, and says that
    there is nobody to click.
    """
    title = plain(standing.title, _TITLE_LIMIT)
    body = [
        _head(standing, title, static=static),
        _code(standing),
        _problems(standing),
        None if static else _preview(standing),
        _foot(standing, static=static),
    ]
    label = f"Launcher of {title}"
    return element(
        "div", STYLE, SHEET, *body, class_=f"{FRAME} nbk-launcher", role="group", aria_label=label
    )


def _head(standing: Standing, title: str, *, static: bool) -> Markup:
    result = None
    if standing.result and not static:
        result = element("span", standing.result, class_="nbk-right nbk-result", role="status")
    state = element("span", element("b", "Launcher"), class_="nbk-state")
    name = element("span", title, class_="nbk-name nbk-quiet", title=title)
    return element("div", state, name, result, class_="nbk-row")


def _code(standing: Standing) -> Markup:
    if standing.code is None:
        return element("div", _why_no_code(standing), class_="nbk-none", role="status")
    code = element("code", standing.code)
    return element("pre", code, class_="nbk-box nbk-code", aria_label="The code that does the same")


def _why_no_code(standing: Standing) -> Markup:
    text = "The code appears here as soon as it can be run. "
    why = plain(standing.problems[0].text, _LINE_LIMIT) if standing.problems else ""
    return element("span", element("span", text, class_="nbk-quiet"), why)


def _problems(standing: Standing) -> Markup | None:
    # The first one is said in the place of the code.
    told = 1 if standing.code is None else 0
    entries = [
        element(
            "div",
            element("span", "!", class_="nbk-sign nbk-urgent", aria_hidden="true"),
            element("span", plain(problem.text, _LINE_LIMIT), class_="nbk-body"),
            class_="nbk-entry",
        )
        for problem in (*standing.problems[told:], *standing.warnings)
        # What stands beside its field need not stand here too.
        if not (standing.is_open and problem.where)
    ]
    return element("div", *entries, class_="nbk-list", role="status") if entries else None


def _preview(standing: Standing) -> Markup | None:
    first = standing.preview
    if first is None:
        return None
    what = "call" if isinstance(standing.setup.calls, FunctionCalls) else "request"
    label = element("div", f"First of {standing.setup.size} {what}s", class_="nbk-label")
    text = element(
        "pre", *_preview_parts(first), class_="nbk-box nbk-first", aria_label=f"First {what}"
    )
    notes = [element("div", note, class_="nbk-quiet") for note in first.notes]
    return element("div", label, text, *notes, class_="nbk-preview")


def _preview_parts(first: Preview) -> list[Markup]:
    parts = [element("b", plain(first.head, _LINE_LIMIT))]
    parts += [
        element(
            "span",
            f"\n{plain(name, _LINE_LIMIT)}: {plain(value, _LINE_LIMIT)}",
            class_="nbk-quiet",
        )
        for name, value in first.lines
    ]
    if first.body is not None:
        parts.append(element("span", f"\n\n{first.body}"))
    return parts


def _foot(standing: Standing, *, static: bool) -> Markup | None:
    if static:
        return element("div", _needs_person(standing), class_="nbk-foot nbk-quiet")
    lines = [standing.notice] if standing.notice else []
    if not standing.is_open:
        lines.append(_CLOSED)
    elif standing.was_reloaded:
        lines.append(_RELOADED)
    if not lines:
        return None
    return element("div", *(element("div", line) for line in lines), class_="nbk-foot nbk-quiet")


def render_text(standing: Standing, *, static: bool = False) -> str:
    """Return the face as text without a newline at its end."""
    parts = [f"Launcher: {plain(standing.title, _TITLE_LIMIT)}"]
    if standing.result and not static:
        parts.append(standing.result)
    said = (*standing.problems, *standing.warnings)
    parts += [f"! {plain(problem.text, _LINE_LIMIT)}" for problem in said]
    if standing.code is not None:
        parts.append(standing.code)
    if standing.preview is not None and not static:
        parts.append(f"First: {plain(standing.preview.head, _LINE_LIMIT)}")
    if static:
        parts.append(_needs_person(standing))
    return "\n".join(parts)


def _needs_person(standing: Standing) -> str:
    return _NEEDS_PERSON + ("." if standing.code is None else _CODE_DOES)
