"""Lifetime: what is open, since when, made where; and how it is closed when nobody asks."""

from __future__ import annotations

from notebook_kit.lifetime.async_resource import AsyncResource
from notebook_kit.lifetime.manager import ResourceManager
from notebook_kit.lifetime.monitor import Holding, Note, OpenResource, note
from notebook_kit.lifetime.monitor.survey import survey
from notebook_kit.lifetime.origin import Origin, caller_origin
from notebook_kit.lifetime.pooling import PoolStats, ResourcePool
from notebook_kit.lifetime.registry import (
    Handle,
    close_all_handles,
    open_resources,
    register,
)
from notebook_kit.lifetime.tracking import Track, track
from notebook_kit.lifetime.uncut import never_instead_of

__all__ = [
    "AsyncResource",
    "Handle",
    "Holding",
    "Note",
    "OpenResource",
    "Origin",
    "PoolStats",
    "ResourceManager",
    "ResourcePool",
    "Track",
    "caller_origin",
    "close_all_handles",
    "never_instead_of",
    "note",
    "open_resources",
    "register",
    "survey",
    "track",
]
