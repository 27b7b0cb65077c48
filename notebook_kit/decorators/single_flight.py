"""One call for all who ask for the same at the same moment, and nothing kept after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.decorators.answers import Answers
from notebook_kit.decorators.cache_runner import CacheRunner
from notebook_kit.decorators.clock import AgeClock
from notebook_kit.policies import Cache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.decorators.answer_place import AnswerPlace
    from notebook_kit.decorators.flight import Ending, Flight
    from notebook_kit.decorators.look import Key

__all__ = ["SingleFlight"]


class SingleFlight:
    """Calls an async function of a key and more; who asks for a key under way waits for that call.

    Each is given a copy of what is plain data. One who is cancelled leaves the others theirs; when
    none is left, the call is cancelled.

    >>> import asyncio
    >>> calls = []
    >>> async def fetch(key):
    ...     calls.append(key)
    ...     return key.upper()
    >>> async def main():
    ...     flight = SingleFlight(fetch)
    ...     return await asyncio.gather(flight("a"), flight("a"), flight("b"))
    >>> asyncio.run(main()), calls
    (['A', 'A', 'B'], ['a', 'b'])
    """

    def __init__(self, function: Callable[..., Awaitable[Any]]) -> None:
        self._answers = _Passing(function, Cache(None), key=_first, clock=AgeClock(), listed=False)
        self._runner = CacheRunner(function, self._answers)

    async def __call__(self, key: Any, *more: Any) -> Any:
        """Return what the call for this key gives, made now or under way."""
        return await self._runner.run_async((key, *more), {})


class _Passing(Answers):
    """Answers that are given to who waits, and to nobody else."""

    def _keep(self, key: Key, flight: Flight, ending: Ending, place: AnswerPlace | None) -> None:
        """Keep nothing."""


def _first(key: Any, *_: Any) -> Any:
    return key
