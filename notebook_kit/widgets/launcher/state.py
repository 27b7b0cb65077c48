"""How a launcher stands, as its face and its form show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.choice import Data, Setup
    from notebook_kit.widgets.launcher.entries import Entries
    from notebook_kit.widgets.launcher.problems import Problem
    from notebook_kit.widgets.launcher.target import Preview

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is to be shown, at one moment.

    Attributes:
        title: what is launched.
        entries: what stands in the fields.
        setup: what they come to.
        found: the data that there is.
        code: the code, or None if there is none yet.
        preview: what would be sent first, or None.
        problems: what keeps the batch from being started.
        warnings: what the user should know before it is; beside fields.
        result: what the last run came to, or empty.
        notice: what became of the last click, or empty.
        is_running: whether a run is under way.
        is_saving: whether the frame is being written into a file.
        is_open: whether the form is there.
        was_reloaded: whether the page was loaded again since.
        can_retry: whether the last run has rows to try again.
        can_save: whether there is a frame to save.
    """

    title: str
    entries: Entries
    setup: Setup
    found: tuple[Data, ...] = ()
    code: str | None = None
    preview: Preview | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    result: str = ""
    notice: str = ""
    is_running: bool = False
    is_saving: bool = False
    is_open: bool = True
    was_reloaded: bool = False
    can_retry: bool = False
    can_save: bool = False
