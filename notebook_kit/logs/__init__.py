"""The package's log: its loggers, how it is shown, and what never appears in it."""

from __future__ import annotations

from notebook_kit.logs.config import LoggingConfig, checked_logging
from notebook_kit.logs.loggers import hide_secrets, kit_logger
from notebook_kit.logs.postponed import catch_up, later

__all__ = ["LoggingConfig", "catch_up", "checked_logging", "hide_secrets", "kit_logger", "later"]
