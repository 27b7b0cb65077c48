"""Ending on a signal: nothing new is started, calls in flight may end, what is done is kept."""

from __future__ import annotations

from notebook_kit.shutdown.block import GracefulShutdown
from notebook_kit.shutdown.graceful import graceful_shutdown

__all__ = ["GracefulShutdown", "graceful_shutdown"]
