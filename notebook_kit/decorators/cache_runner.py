"""Calls that are answered by what is kept, by a call under way, or by a new one."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.circles import waiting_for
from notebook_kit.decorators.flight import Ending, Lost
from notebook_kit.decorators.functions import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.answers import Answers, Key
    from notebook_kit.decorators.flight import Flight
    from notebook_kit.decorators.functions import Arguments

__all__ = ["CacheRunner"]

#: A loop holds its tasks but weakly, and nobody waits for a refresh.
_under_way: Final[set[asyncio.Task[None]]] = set()


class CacheRunner:
    """Calls one function as seldom as its answers allow."""

    def __init__(self, function: Callable[..., Any], answers: Answers) -> None:
        self._function = function
        self._answers = answers

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Return what is kept, or what one call, made for all who ask meanwhile, gives."""
        answers = self._answers
        key = answers.key(args, kwargs)
        while True:
            entry, flight, begins = answers.look(key)
            if flight is not None and begins:
                self._take_off(key, flight, args, kwargs)
            if entry is not None:
                return entry.value
            assert flight is not None  # noqa: S101 - tells the type checker
            try:
                with waiting_for(flight.job):
                    return await flight.wait_async()
            except Lost:
                answers.lose(key, flight)
            finally:
                answers.left(key, flight)

    def _take_off(
        self, key: Key, flight: Flight, args: Arguments, kwargs: Mapping[str, Any]
    ) -> None:
        work = self._fly(key, flight, args, kwargs)
        try:
            task = asyncio.get_running_loop().create_task(work)
        except BaseException:
            # Or all who ask from now on would wait for what was never begun.
            work.close()
            self._answers.land(key, flight, Ending.of(Lost()))
            raise
        flight.task = task
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)

    async def _fly(
        self, key: Key, flight: Flight, args: Arguments, kwargs: Mapping[str, Any]
    ) -> None:
        flight.job.begin()
        try:
            ending = Ending(await self._function(*args, **kwargs))
        except (asyncio.CancelledError, GeneratorExit):
            self._answers.land(key, flight, Ending.of(Lost()))
            raise
        except BaseException as error:  # noqa: BLE001 - raised by who waits: here it ends the loop
            ending = Ending.of(error)
        self._answers.land(key, flight, ending)

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Return what is kept, or what one call, made for all threads that ask, gives."""
        answers = self._answers
        key = answers.key(args, kwargs)
        while True:
            entry, flight, begins = answers.look(key)
            if entry is not None:
                if flight is not None:
                    self._refresh(key, flight, args, kwargs)
                return entry.value
            assert flight is not None  # noqa: S101 - tells the type checker
            try:
                with waiting_for(flight.job):
                    return self._call(key, flight, args, kwargs) if begins else flight.wait()
            except Lost:
                answers.lose(key, flight)
            finally:
                if begins and not flight.ending.done():
                    # Interrupted before it began: nobody else will make this call.
                    answers.land(key, flight, Ending.of(Lost()))
                answers.left(key, flight)

    def _call(self, key: Key, flight: Flight, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        flight.begin_here()
        token = flight.job.begin()
        try:
            value = plain(self._function(*args, **kwargs), self._function)
        except Exception as error:
            self._answers.land(key, flight, Ending.of(error))
            raise
        except BaseException:
            self._answers.land(key, flight, Ending.of(Lost()))
            raise
        finally:
            flight.job.end(token)
        self._answers.land(key, flight, Ending(value))
        return value

    def _refresh(
        self, key: Key, flight: Flight, args: Arguments, kwargs: Mapping[str, Any]
    ) -> None:
        context = contextvars.copy_context()

        def call() -> None:
            # It is counted; the old answer stays until it expires, and then the error is raised.
            with suppress(Exception):
                context.run(self._call, key, flight, args, kwargs)

        try:
            threading.Thread(target=call, name="notebook_kit-refresh", daemon=True).start()
        except Exception as error:  # noqa: BLE001 - there are too many threads, or it is the end
            # As a refresh that failed: the old answer does.
            self._answers.land(key, flight, Ending.of(error))
