"""Lifetime: what is open, since when, made where; and how it is closed when nobody asks."""

from __future__ import annotations

from notebook_kit.lifetime.monitor import Holding, Note, OpenResource, note
from notebook_kit.lifetime.monitor.survey import survey
from notebook_kit.lifetime.origin import Origin, caller_origin
from notebook_kit.lifetime.registry import (
    Handle,
    close_all_handles,
    open_resources,
    register,
)

__all__ = [
    "Handle",
    "Holding",
    "Note",
    "OpenResource",
    "Origin",
    "caller_origin",
    "close_all_handles",
    "note",
    "open_resources",
    "register",
    "survey",
]
