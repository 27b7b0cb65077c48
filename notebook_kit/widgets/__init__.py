"""Widgets: the live panel of a run, and plain text where there is no front end."""

from __future__ import annotations

from notebook_kit.widgets.control import Mode, RunControl, View
from notebook_kit.widgets.face import render_face
from notebook_kit.widgets.inspector import inspection_text, show_inspection
from notebook_kit.widgets.memory import let_go
from notebook_kit.widgets.naming import called
from notebook_kit.widgets.showing import redisplay, show
from notebook_kit.widgets.text import render_text

__all__ = [
    "Mode",
    "RunControl",
    "View",
    "called",
    "inspection_text",
    "let_go",
    "redisplay",
    "render_face",
    "render_text",
    "show",
    "show_inspection",
]
