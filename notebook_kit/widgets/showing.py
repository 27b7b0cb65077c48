"""Showing a run where it is started, and again where it is shown again."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.widgets.callback import CallbackView
from notebook_kit.widgets.ended import EndedPanel
from notebook_kit.widgets.frontend import Frontend, find_frontend, kernel_shell
from notebook_kit.widgets.headless import HeadlessView
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.memory import is_shown_in, remember
from notebook_kit.widgets.naming import snapshot_of
from notebook_kit.widgets.panel import Panel, bundle
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import refresher
from notebook_kit.widgets.stage import given_stage
from notebook_kit.widgets.terminal import TerminalView
from notebook_kit.widgets.text import render_text

if TYPE_CHECKING:
    from notebook_kit.widgets.control import Mode, RunControl, View

__all__ = ["redisplay", "show"]


def show(run: RunControl, mode: Mode = True) -> View | None:  # noqa: FBT002 - as progress=
    """Show a run in the cell that started it and return the view, or None if nothing is shown.

    Must be called in the thread and the cell that started the run. Never raises: a view is not felt
    by its run.

    Args:
        run: the run.
        mode: True picks what fits the front end, ``"text"`` plain text, False nothing; a function
            is given snapshots, from the kit's own thread and a few times a second.
    """
    try:
        if callable(mode):
            return _watched(CallbackView(run, mode))
        return _show(run, mode) if mode else None
    except Exception as error:  # noqa: BLE001 - told to the log
        logger.warning("A run could not be shown.", exc_info=error)
        return None


def redisplay(run: RunControl) -> None:
    """Show a run again, in the cell that is being executed, with buttons that work.

    They are those of a live run, or those for what comes after the end.
    In the cell in which the run is shown already nothing is added. Without a kernel it is written
    to standard output. Never raises.
    """
    try:
        _redisplay(run)
    except Exception as error:  # noqa: BLE001 - told to the log
        logger.warning("A run could not be shown again.", exc_info=error)


def _show(run: RunControl, mode: Literal[True, "text"]) -> View | None:
    html = mode != "text"
    if (stage := given_stage()) is not None:
        return _show_at(run, stage, html=html)
    where = find_frontend()
    if where is Frontend.LIVE or where is Frontend.HEADLESS:
        return _show_in_kernel(run, kernel_shell(), live=where is Frontend.LIVE, html=html)
    if where is Frontend.TERMINAL:
        return TerminalView(run)
    # Asked for in so many words, the summary goes even into a file.
    return None if html else TerminalView(run, rewrites=False)


def _show_in_kernel(run: RunControl, shell: Any, *, live: bool, html: bool) -> View:
    if not live:
        return HeadlessView(run, shell, html=html)
    return _show_at(run, Place(shell), html=html)


def _show_at(run: RunControl, place: Place, *, html: bool) -> Panel:
    remember(run, place.cell)
    panel = Panel(run, place, refresher, html=html)
    panel.appear()
    return panel


def _redisplay(run: RunControl) -> None:
    where = find_frontend()
    if where is not Frontend.LIVE and where is not Frontend.HEADLESS:
        sys.stdout.write(render_text(snapshot_of(run)) + "\n")
        return
    place = Place(kernel_shell())
    if is_shown_in(run, place.cell):
        return
    if where is Frontend.HEADLESS:
        _redisplay_for_nobody(run, place)
        return
    remember(run, place.cell)
    for view in refresher.find(run):
        if isinstance(view, Panel) and view.appear_again(place):
            return
    # Only now, because a run may end at any moment.
    panel = EndedPanel if run.snapshot().state.ended else Panel
    panel(run, place, refresher).appear()


def _redisplay_for_nobody(run: RunControl, place: Place) -> None:
    snapshot = snapshot_of(run)
    remember(run, place.cell)
    if snapshot.state.ended:
        place.display(bundle(snapshot, static=True))
        return
    # What a run under way looks like must not stand in the file for ever.
    display_id = f"notebook_kit-{uuid.uuid4().hex}"
    place.display(bundle(snapshot, static=True), display_id)
    run.add_done_callback(
        lambda ended: place.update(bundle(snapshot_of(ended), static=True), display_id)
    )


def _watched(view: CallbackView) -> CallbackView:
    refresher.watch(view)
    return view
