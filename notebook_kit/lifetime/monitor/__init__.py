"""The monitor: what is open, at work or kept in memory, told without keeping any of it alive."""

from __future__ import annotations

from notebook_kit.lifetime.monitor.clicked import ClickedOrigin, clicked_in
from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.monitor.notes import Note, note
from notebook_kit.lifetime.monitor.resource import OpenResource

__all__ = ["ClickedOrigin", "Holding", "Note", "OpenResource", "clicked_in", "note"]
