"""In what condition one pooled resource is: asked of the user's check, or made so by the reset."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_kit.lifetime.pooling.options import PoolOptions

__all__ = ["is_reset", "is_sound"]


async def is_sound(options: PoolOptions, resource: Any) -> bool:
    """Tell what the check says; one that fails could not even be asked."""
    if options.check is None:
        return True
    with suppress(Exception):
        sound = options.check(resource)
        return bool(await sound if inspect.isawaitable(sound) else sound)
    return False


async def is_reset(options: PoolOptions, resource: Any) -> bool:
    """Make a resource as new, and tell whether it is."""
    if options.reset is None:
        return True
    with suppress(Exception):
        async with asyncio.timeout(options.close_timeout_s):
            done = options.reset(resource)
            if inspect.isawaitable(done):
                await done
        return True
    return False
