"""The inspector: one item of a run in full, what was asked, what came, each attempt between."""

from __future__ import annotations

from notebook_kit.widgets.inspector.face import inspector_face
from notebook_kit.widgets.inspector.showing import show_inspection
from notebook_kit.widgets.inspector.text import inspection_text
from notebook_kit.widgets.inspector.view import InspectorView

__all__ = ["InspectorView", "inspection_text", "inspector_face", "show_inspection"]
