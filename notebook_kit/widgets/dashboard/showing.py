"""Showing the dashboard where it is asked for; there is one at a time."""

from __future__ import annotations

import os
import sys
from typing import Final
from weakref import WeakValueDictionary

from notebook_kit.widgets.dashboard.board import Board
from notebook_kit.widgets.dashboard.listing import OpenResources, open_resources
from notebook_kit.widgets.dashboard.page import render_page
from notebook_kit.widgets.dashboard.text import render_text
from notebook_kit.widgets.frontend import Frontend, find_frontend, kernel_shell
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import refresher

__all__ = ["dashboard"]

_REPLACED: Final = "Another dashboard has taken its place."

#: The one that lives, by the process that it lives in; the refresher holds it as long as it does.
_living: Final[WeakValueDictionary[int, Board]] = WeakValueDictionary()


def dashboard() -> None:
    """Show what is open, live: who holds connections, which runs are under way, what is kept.

    Under it are buttons that close a thing, pause, resume or cancel a run, try its failed rows
    again and save them. It ends 5 minutes after the last click, or when there is another; what it
    showed last stays in the notebook. Without a notebook the list is printed, once.
    """
    where = find_frontend()
    if where is Frontend.LIVE:
        _show_live()
        return
    found = open_resources()
    if where is Frontend.HEADLESS:
        _show_for_nobody(found)
        return
    sys.stdout.write(f"{found}\n")


def _show_live() -> None:
    place = Place(kernel_shell())
    board = Board(place, refresher)
    older = _living.pop(os.getpid(), None)
    if older is not None:
        older.end(_REPLACED)
    try:
        board.appear()
    except Exception as error:  # noqa: BLE001 - what is open can still be told
        logger.warning("The dashboard could not be shown.", exc_info=error)
        sys.stdout.write(f"{open_resources()}\n")
        return
    _living[os.getpid()] = board


def _show_for_nobody(found: OpenResources) -> None:
    page = render_page([*found], found.kept, label=lambda _: "", static=True)
    text = render_text([*found], found.kept, static=True)
    Place(kernel_shell()).display({"text/plain": text, "text/html": str(page)})
