"""The face of the panel: a snapshot as HTML that needs no script and no kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_kit.markup import Markup, element
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import parts, words
from notebook_kit.widgets.cells import cells
from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.pilot import pilot
from notebook_kit.widgets.style import FRAME, STYLE

if TYPE_CHECKING:
    from datetime import datetime

    from notebook_kit.scheduling import Snapshot

__all__ = ["render_face"]


def render_face(
    snapshot: Snapshot, *, static: bool = False, as_of: datetime | None = None
) -> Markup:
    """Return the run as HTML: state, progress, counts, pace, errors.

    ``static`` leaves out whatever differs from one run of the same work to the next, so that a
    stored output can be compared: times, pace, cost, examples and notices, and the counts of a run
    that has not ended or come to the end of its pilot. The notices of a run that was stopped stay,
    for they say why, and so do those that warn of something lost. ``as_of`` is the time that is
    told with the counts of a run under way: where its kernel has gone, they stay as they were.

    >>> from notebook_kit.scheduling import Snapshot
    >>> "<b>2</b> of 3" in render_face(Snapshot(RunState.RUNNING, 3, ok=2))
    True
    """
    body: list[Markup | None] = [parts.head(snapshot, static=static)]
    # Why a run was stopped stands among its notices, and is the first thing to be asked.
    stopped = snapshot.state is RunState.STOPPED
    if not static or snapshot.state.ended or words.at_pilot(snapshot):
        body += [
            parts.amount(snapshot),
            parts.bar(snapshot),
            parts.keys(snapshot, static=static, as_of=as_of),
            parts.notices(snapshot) if stopped else None,
            pilot(snapshot, static=static),
            None if static else cells(snapshot),
            parts.errors(snapshot, static=static),
            None if static else parts.trying(snapshot),
            None if stopped else _notices(snapshot, static=static),
        ]
    else:
        body.append(parts.announcement(snapshot))
    name = plain(snapshot.name, 120)
    label = f"Run {name}: {words.state_word(snapshot)}" if name else words.state_word(snapshot)
    return element("div", STYLE, *body, class_=FRAME, role="group", aria_label=label)


def _notices(snapshot: Snapshot, *, static: bool) -> Markup | None:
    if not static:
        return parts.notices(snapshot)
    if not snapshot.warnings:
        return None
    return parts.notices(replace(snapshot, notices=snapshot.warnings))
