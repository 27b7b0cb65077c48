"""In what condition one pooled resource is: asked of the user's check, or made so by the reset."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime.uncut import told_of
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Condition"]

logger = kit_logger("notebook_kit.lifetime")


class Condition:
    """Asks for the condition of the resources of one pool."""

    def __init__(self, options: PoolOptions, name: str, tally: Tally) -> None:
        self._options = options
        self._name = name
        self._tally = tally

    async def is_sound(self, resource: Any) -> bool:
        """Tell what the check says; one that fails could not even be asked."""
        if self._options.check is None:
            return True
        try:
            sound = self._options.check(resource)
            return bool(await sound if inspect.isawaitable(sound) else sound)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the resource is replaced
            self._tally.checks_failed += 1
            if self._tally.checks_failed == 1:
                logger.warning(
                    "%s: check= raised %s. What it raises for is replaced by one newly opened. "
                    "This is said once for each pool.",
                    self._name,
                    told_of(fault),
                )
        return False

    async def is_as_new(self, resource: Any) -> bool:
        """Make a resource as new, and tell whether it is."""
        if self._options.reset is None:
            return True
        with suppress(Exception):
            async with asyncio.timeout(self._options.close_timeout_s):
                done = self._options.reset(resource)
                if inspect.isawaitable(done):
                    await done
            return True
        return False

    async def is_good_after_error(self, resource: Any) -> bool:
        """Tell whether one whose block failed can be used again, as far as that can be told."""
        if not await self.is_as_new(resource):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._options.close_timeout_s):
                return await self.is_sound(resource)
        return False
