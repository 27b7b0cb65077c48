"""What went wrong: the whole error, what led to it, and what to do."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import NotebookKitError
from notebook_kit.markup import Markup, element
from notebook_kit.policies.advice import hint
from notebook_kit.policies.carried import attribute_of
from notebook_kit.redact import text_of
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.inspector.legible import legible
from notebook_kit.widgets.inspector.parts import fold, part
from notebook_kit.widgets.naming import USUAL, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["problem_html", "problem_text"]

_KIND_LIMIT: Final = 80
_MESSAGE_LIMIT: Final = 2_000
_TRACE_LIMIT: Final = 6_000
#: Errors behind the error, and notes, that are shown.
_MOST_BEHIND: Final = 8
_MOST_NOTES: Final = 5
#: Innermost frames of a traceback.
_FRAMES: Final = 12
_AGAIN: Final = f"{USUAL}.retry_failed()"
#: Statuses by which a server refuses a request, and those among them that pass with time.
_FIRST_REFUSAL: Final = 400
_FIRST_FAULT: Final = 500
_PASSING: Final = frozenset({408, 409, 425, 429})


def problem_html(
    picture: ItemPicture, *, static: bool = False, called: str = USUAL
) -> Markup | None:
    """Return the part that shows the error; None where there is none.

    ``static`` leaves out the traceback, as a kernel names the file of a cell by its own number.
    """
    error = picture.outcome.error
    if error is None:
        return None
    body = element(
        "div",
        element("b", element("bdi", _kind(error, picture))),
        element("div", _message(error), class_="nbk-example nbk-said"),
        *(element("div", note, class_="nbk-example") for note in _notes(error)),
        class_="nbk-hurts",
    )
    behind = [element("div", line, class_="nbk-example") for line in _behind(error)]
    trace = "" if static else _trace(error)
    return part(
        "Error",
        body,
        *(element("div", line) for line in _advice(error, picture, called)),
        fold("What led to it", *behind) if behind else None,
        fold("Traceback", element("pre", trace, class_="nbk-block", tabindex=0)) if trace else None,
    )


def problem_text(picture: ItemPicture, *, called: str = USUAL) -> list[str]:
    """Return the same as lines, without the traceback."""
    error = picture.outcome.error
    if error is None:
        return []
    first = f"{_kind(error, picture)}: {_message(error)}"
    behind = [f"  from {line}" for line in _behind(error)]
    return [*first.split("\n"), *_notes(error), *behind, *_advice(error, picture, called)]


def _kind(error: BaseException, picture: ItemPicture) -> str:
    code = picture.outcome.status_code
    kind = plain(type(error).__name__, _KIND_LIMIT)
    return f"{kind} {code}" if code else kind


def _message(error: BaseException) -> str:
    return legible(text_of(error), _MESSAGE_LIMIT, fields=True) or "(it says nothing)"


def _notes(error: BaseException) -> list[str]:
    notes = attribute_of(error, "__notes__")
    if not isinstance(notes, list):
        return []
    return [
        legible(it, _MESSAGE_LIMIT, fields=True) for it in notes[:_MOST_NOTES] if type(it) is str
    ]


def _advice(error: BaseException, picture: ItemPicture, called: str) -> list[str]:
    advice = hint(_kind(error, picture))
    # That the error is in run.errors is no advice where it is shown.
    said = [] if advice is None or "run.errors" in advice else [advice]
    failed = picture.outcome.status in ("failed", "timeout")
    if failed and not _is_refusal(picture) and (not advice or _AGAIN not in advice):
        said.append(f"{_AGAIN} sends all that failed again.")
    return [named(line, called) for line in said]


def _is_refusal(picture: ItemPicture) -> bool:
    """Tell whether the server would say the same of the same request, whenever it came."""
    code = picture.outcome.status_code or 0
    return _FIRST_REFUSAL <= code < _FIRST_FAULT and code not in _PASSING


def _behind(error: BaseException) -> list[str]:
    found: list[str] = []
    seen = {id(error)}
    for behind in _leading(error):
        if id(behind) in seen or len(found) >= _MOST_BEHIND:
            break
        seen.add(id(behind))
        said = legible(text_of(behind), _MESSAGE_LIMIT // 4, fields=True)
        found.append(f"{plain(type(behind).__name__, _KIND_LIMIT)}: {said}".removesuffix(": "))
    return found


def _leading(error: BaseException) -> Iterator[BaseException]:
    """Yield what the error was raised from, one behind the other, and the members of a group."""
    if isinstance(error, BaseExceptionGroup):
        yield from error.exceptions
    inner = error
    for _ in range(_MOST_BEHIND + 1):
        behind = inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
        if behind is None:
            return
        yield behind
        inner = behind


def _trace(error: BaseException) -> str:
    """Return where in the user's code it was raised; the kit's own errors say it in words."""
    if isinstance(error, NotebookKitError) or error.__traceback__ is None:
        return ""
    try:
        lines = traceback.format_tb(error.__traceback__, limit=-_FRAMES)
    except Exception:  # noqa: BLE001 - the lines are read from files that may be anything
        return ""
    return legible("".join(lines).rstrip(), _TRACE_LIMIT, fields=True)
