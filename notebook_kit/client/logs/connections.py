"""The connections of a pool, told in the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from notebook_kit.logs import catch_up, kit_logger

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["POOL_LOG", "tell_connection", "tell_pool"]

POOL_LOG: Final = kit_logger("notebook_kit.pool")


def tell_pool(transport: str, limits: object) -> None:
    """Tell that a pool is set up, at the first request of its client."""
    if POOL_LOG.isEnabledFor(logging.DEBUG):
        catch_up()
        POOL_LOG.debug("pool set up: %s, %s", transport, limits)


def tell_connection(origin: Hashable, what: str, are_open: int) -> None:
    """Tell what happened to a connection."""
    if POOL_LOG.isEnabledFor(logging.DEBUG):
        catch_up()
        POOL_LOG.debug("connection to %s %s; %d open", origin, what, are_open)
