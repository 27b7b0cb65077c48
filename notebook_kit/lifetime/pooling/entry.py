"""One pooled resource, whatever it is: how it is made, asked whether it is sound, and closed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime.async_resource import AsyncResource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Entry", "close_anything", "made"]

T = TypeVar("T")

#: What closes a resource that is not one of ours, the first that it has.
_CLOSERS: Final = ("aclose", "close")


class Entry(Generic[T]):
    """A resource of a pool.

    Attributes:
        resource: what users get.
        born: when it was made, by the clock of the loop.
        since: when it was last given back, by the same clock.
        closed: whether its closing has begun.
    """

    __slots__ = ("born", "closed", "resource", "since")

    def __init__(self, resource: T, born: float) -> None:
        self.resource = resource
        self.born = self.since = born
        self.closed = False


async def made(factory: Callable[[], T | Awaitable[T]], pool: str, tally: Tally) -> T:
    """Return what the factory of a pool makes, open; what it raises is counted, a cut is not.

    Raises:
        ConfigurationError: when it makes nothing.
        Exception: what it raises.
    """
    try:
        return await _opened(factory, pool)
    except Exception:
        tally.failed += 1
        raise


async def _opened(factory: Callable[[], T | Awaitable[T]], pool: str) -> T:
    resource: Any = factory()
    if inspect.isawaitable(resource):
        resource = await resource
    if resource is None:
        message = f"the factory of {pool} returned None: has it a `return`?"
        raise ConfigurationError(message)
    if isinstance(resource, AsyncResource):
        await resource.open()
    return resource  # type: ignore[no-any-return]


async def close_anything(resource: Any, close: Callable[[Any], object] | None = None) -> None:
    """Close a resource as told, or by its own ``aclose()`` or ``close()``, where it has one."""
    if close is None:
        own = next(filter(None, (getattr(resource, name, None) for name in _CLOSERS)), None)
        ending = None if own is None else own()
    else:
        ending = close(resource)
    if inspect.isawaitable(ending):
        await ending
