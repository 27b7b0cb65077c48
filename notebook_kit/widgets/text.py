"""The run as plain text: one line while it goes on, a short summary when it has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, duration, plural, rate
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import error_words, words
from notebook_kit.widgets.forecast import time_left
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.pilot import pilot_lines

if TYPE_CHECKING:
    from notebook_kit.scheduling import ErrorGroup, Snapshot

__all__ = ["BETWEEN", "render_text", "warning_line"]

#: What stands between the facts of a line.
BETWEEN: Final = " · "
_NAME_LIMIT: Final = 40
_EXAMPLE_LIMIT: Final = 100
_KINDS_SHOWN: Final = 5


def render_text(snapshot: Snapshot, *, static: bool = False) -> str:
    """Return the run as text without a newline at its end.

    One line as long as the run goes on; at the end of its pilot what the rest will take follows.
    Once it has ended, the errors follow, a line for each kind; before them what was lost, why it
    was stopped, if it was, and how to go on.
    ``static`` leaves out whatever differs from one run of the same work to the next.

    >>> from notebook_kit.scheduling import RunState, Snapshot
    >>> render_text(Snapshot(RunState.DONE, 3, ok=3, elapsed_s=1.5), static=True)
    'Done: 3 of 3 · 3 ok'
    """
    at_pilot = words.at_pilot(snapshot)
    if static and not (snapshot.state.ended or at_pilot):
        return _heading(snapshot, "under way" + _of_how_many(snapshot))
    facts = [_amount(snapshot), *map(str, words.parts(snapshot))]
    if not static:
        facts += _under_way(snapshot)
        facts.append(_spending(snapshot))
        facts += _times(snapshot)
    line = _heading(snapshot, BETWEEN.join(fact for fact in facts if fact))
    if not snapshot.state.ended:
        more = pilot_lines(snapshot, static=static) if at_pilot else []
        lost = [warning_line(text) for text in words.warned(snapshot)] if at_pilot else []
        return "\n".join([line, *lost, *more])
    return "\n".join([line, *_reasons(snapshot), *_error_lines(snapshot, static=static)])


def _heading(snapshot: Snapshot, rest: str) -> str:
    name = plain(snapshot.name, _NAME_LIMIT)
    head = f"{words.state_word(snapshot)} ({name})" if name else words.state_word(snapshot)
    return f"{head}: {rest}"


def _of_how_many(snapshot: Snapshot) -> str:
    return "" if snapshot.total is None else f", {plural(snapshot.total, 'item')}"


def _amount(snapshot: Snapshot) -> str:
    share = words.share(snapshot)
    if not share or snapshot.state.ended:
        return words.progress(snapshot)
    return f"{words.progress(snapshot)} ({share})"


def _under_way(snapshot: Snapshot) -> list[str]:
    if snapshot.state.ended:
        return []
    facts = [f"{count(snapshot.in_flight)} in flight"]
    if snapshot.backing_off:
        facts.append(error_words.to_try_again(snapshot))
    if (left := words.untouched(snapshot)) is not None:
        facts.append(f"{count(left)} to do")
    return facts


def _spending(snapshot: Snapshot) -> str:
    spending = words.spending(snapshot)
    return f"{spending} spent" if spending and snapshot.max_cost is not None else spending


def _times(snapshot: Snapshot) -> list[str]:
    if snapshot.state.ended:
        average = words.average_rate(snapshot)
        return [duration(snapshot.elapsed_s) + (f", {rate(average)}" if average else "")]
    return [
        rate(snapshot.rate_now),
        duration(snapshot.elapsed_s),
        time_left(snapshot),
        "" if snapshot.state is RunState.PAUSED else words.waiting(snapshot),
    ]


def _reasons(snapshot: Snapshot) -> list[str]:
    if snapshot.state is not RunState.STOPPED:
        # What else there is to know is neither lost nor why it ended.
        snapshot = replace(snapshot, notices=snapshot.warnings)
    lost = set(words.warned(snapshot))
    told = words.explanations(snapshot)
    return [warning_line(one) if one in lost else f"  {one}" for one in told]


def warning_line(text: str) -> str:
    """Return a line that tells of something lost."""
    return f"  ! {text}"


def _error_lines(snapshot: Snapshot, *, static: bool) -> list[str]:
    groups = error_words.groups_in_order(snapshot)
    width = max((len(count(group.count)) for group in groups[:_KINDS_SHOWN]), default=0)
    lines = [_error_line(snapshot, group, width, static=static) for group in groups[:_KINDS_SHOWN]]
    if left := groups[_KINDS_SHOWN:]:
        errors = plural(sum(group.count for group in left), "error")
        lines.append(f"  and {errors} of {plural(len(left), 'other kind')}")
    return lines


def _error_line(snapshot: Snapshot, group: ErrorGroup, width: int, *, static: bool) -> str:
    line = (
        f"  {count(group.count):>{width}} \N{MULTIPLICATION SIGN} {plain(group.kind, _NAME_LIMIT)}"
    )
    if not static and group.example:
        line += f": {plain(group.example, _EXAMPLE_LIMIT)}"
    called, advice = snapshot.called, error_words.hint_for(group, snapshot)
    if not static:
        look = f"{called}.inspect({group.position}) shows {error_words.first_of(group)}."
        advice = f"{advice} {look}".strip()
    return f"{line}\n  {'':{width}}   {advice}" if advice else line
