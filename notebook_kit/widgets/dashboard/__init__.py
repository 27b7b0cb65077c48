"""The dashboard: what is open, as a list, as a table and live, with buttons that end things."""

from __future__ import annotations

from notebook_kit.widgets.dashboard.listing import OpenResources, open_resources
from notebook_kit.widgets.dashboard.showing import dashboard

__all__ = ["OpenResources", "dashboard", "open_resources"]
