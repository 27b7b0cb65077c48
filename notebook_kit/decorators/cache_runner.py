"""Calls that are answered by what is kept, by a call under way, or by a new one."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.decorators.circles import waiting_for
from notebook_kit.decorators.copies import own_copy
from notebook_kit.decorators.flight import Ending, Lost
from notebook_kit.decorators.functions import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.answer_place import AnswerPlace
    from notebook_kit.decorators.answers import Answers
    from notebook_kit.decorators.flight import Flight
    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.decorators.look import Key
    from notebook_kit.decorators.store import Entry

__all__ = ["CacheRunner", "given"]

#: A loop holds its tasks but weakly, and nobody waits for a refresh.
_under_way: Final[set[asyncio.Task[None]]] = set()


class _Call(NamedTuple):
    """A call that is made for an answer, and what that answer is known by."""

    key: Key
    place: AnswerPlace | None
    args: Arguments
    kwargs: Mapping[str, Any]


class CacheRunner:
    """Calls one function as seldom as its answers allow."""

    def __init__(
        self, function: Callable[..., Any], answers: Answers, *, stale: bool = True
    ) -> None:
        self._function = function
        self._answers = answers
        self._stale = stale

    def _old(self, key: Key, place: AnswerPlace | None, error: Exception) -> Entry[Any] | None:
        """Return what is kept beyond its time, where an error says that the source is down."""
        return self._answers.stale(key, place, error) if self._stale else None

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Return what is kept, or what one call, made for all who ask meanwhile, gives."""
        answers = self._answers
        key, place = answers.key(args, kwargs), answers.place(args, kwargs)
        call = _Call(key, place, args, kwargs)
        while True:
            try:
                entry, flight, begins = answers.look(key, place)
                if flight is not None and begins:
                    self._take_off(call, flight)
            except BaseException:
                answers.under_way.give_up_unbegun(key)
                raise
            if entry is not None:
                return given(entry)
            assert flight is not None  # noqa: S101 - tells the type checker
            try:
                with waiting_for(flight.job):
                    value = await flight.wait_async()
                return value if begins else own_copy(value)
            except Lost:
                answers.lose(key, flight)
            except Exception as error:
                if (old := self._old(key, place, error)) is None:
                    raise
                return own_copy(old.value)
            finally:
                answers.under_way.left(key, flight)
                _say_what_happened(place)

    def _take_off(self, call: _Call, flight: Flight) -> None:
        work = self._fly(call, flight)
        try:
            task = asyncio.get_running_loop().create_task(work)
        except BaseException:
            # Or all who ask from now on would wait for what was never begun.
            work.close()
            self._answers.land(call.key, flight, Ending.of(Lost()))
            raise
        flight.task = task
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)

    async def _fly(self, call: _Call, flight: Flight) -> None:
        flight.job.begin()
        try:
            ending = Ending(await self._function(*call.args, **call.kwargs))
        except (asyncio.CancelledError, GeneratorExit):
            self._answers.land(call.key, flight, Ending.of(Lost()))
            raise
        except BaseException as error:  # noqa: BLE001 - raised by who waits: here it ends the loop
            ending = Ending.of(error)
        self._answers.land(call.key, flight, ending, call.place)

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        """Return what is kept, or what one call, made for all threads that ask, gives."""
        answers = self._answers
        key, place = answers.key(args, kwargs), answers.place(args, kwargs)
        call = _Call(key, place, args, kwargs)
        while True:
            try:
                entry, flight, begins = answers.look(key, place)
                if entry is not None and flight is not None:
                    self._refresh(call, flight)
            except BaseException:
                answers.under_way.give_up_unbegun(key)
                raise
            if entry is not None:
                return given(entry)
            assert flight is not None  # noqa: S101 - tells the type checker
            try:
                with waiting_for(flight.job):
                    if begins:
                        return self._call(call, flight)
                    return own_copy(flight.wait())
            except Lost:
                answers.lose(key, flight)
            except Exception as error:
                if (old := self._old(key, place, error)) is None:
                    raise
                return own_copy(old.value)
            finally:
                if begins and not flight.ending.done():
                    # Interrupted before it began: nobody else will make this call.
                    answers.land(key, flight, Ending.of(Lost()))
                answers.under_way.left(key, flight)
                _say_what_happened(place)

    def _call(self, call: _Call, flight: Flight) -> Any:
        flight.begin_here()
        token = flight.job.begin()
        try:
            value = plain(self._function(*call.args, **call.kwargs), self._function)
        except Exception as error:
            self._answers.land(call.key, flight, Ending.of(error))
            raise
        except BaseException:
            self._answers.land(call.key, flight, Ending.of(Lost()))
            raise
        finally:
            flight.job.end(token)
        self._answers.land(call.key, flight, Ending(value), call.place)
        return value

    def _refresh(self, call: _Call, flight: Flight) -> None:
        context = contextvars.copy_context()

        def refresh() -> None:
            # It is counted; the old answer stays until it expires, and then the error is raised.
            with suppress(Exception):
                context.run(self._call, call, flight)

        try:
            threading.Thread(target=refresh, name="notebook_kit-refresh", daemon=True).start()
        except Exception as error:  # noqa: BLE001 - there are too many threads, or it is the end
            # As a refresh that failed: the old answer does.
            self._answers.land(call.key, flight, Ending.of(error))


def _say_what_happened(place: AnswerPlace | None) -> None:
    """Warn of what went wrong with the file, where whoever asked is still there to be told."""
    if place is not None:
        place.file.say()


def given(entry: Entry[Any]) -> Any:
    """Return the answer that is kept, or raise the error."""
    return entry.value.give() if entry.is_error else own_copy(entry.value)
