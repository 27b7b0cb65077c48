"""Whatever a user's code raises, in whatever place: one error, nothing else lost, nothing hangs."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from tests.client.raising import IN_CALLS, IN_ROWS, INTERRUPTS, MAKERS, ODD, work_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LIMIT_S = 20.0
_WAYS = ("result", "await", "stream", "cached", "fallback")
#: Of so many cases the quick suite has one.
_EVERY = 7
#: What the language, or the kit, makes of it on the way.
_BECOMES: dict[str, type[BaseException] | tuple[type[BaseException], ...]] = {
    "StopIteration": RuntimeError,
    "StopAsyncIteration": (StopAsyncIteration, RuntimeError),
    "TimeoutError": nk.RequestTimeout,
    "ConnectionResetError": nk.ConnectionLost,
    "group of one": ValueError,
    "group with KeyboardInterrupt": KeyboardInterrupt,
    "group with SystemExit": SystemExit,
}


def _raised_by(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except BaseException as error:  # noqa: BLE001 - which one is the question, also if speechless
        return error
    pytest.fail("nothing was raised")


def _cases(*tables: Iterable[str]) -> list[Any]:
    """Return all combinations; the quick suite has some, so that each word stands in several."""
    return [
        pytest.param(*case, marks=[pytest.mark.slow] if number % _EVERY else [], id="-".join(case))
        for number, case in enumerate(itertools.product(*tables))
    ]


def _check(name: str, error: BaseException, place: str) -> None:
    assert not isinstance(error, BaseExceptionGroup)
    if name in ODD:
        assert isinstance(error, nk.RequestError), (place, error)
        assert "GET http://host/1: " in str(error)
        assert error.attempts == 1
        assert error.elapsed_s is not None
    else:
        kinds = _BECOMES.get(name, type(MAKERS[name]()))
        if place == "retry_value" and name in ("TimeoutError", "ConnectionResetError"):
            kinds = type(MAKERS[name]())
        assert isinstance(error, kinds), (place, type(error))


@pytest.mark.parametrize(("way", "place", "name"), _cases(_WAYS, IN_CALLS, MAKERS))
def test_in_a_call(name: str, place: str, way: str) -> None:
    """The user's own error comes out as it is, what is no error of one thing as the kit's."""
    if way == "stream" and place == "retry_value":
        pytest.skip("a stream has no value to look at")
    client, _ = work_of(place, MAKERS[name])
    options: dict[str, dict[str, Any]] = {
        "cached": {"cache": "1 min"},
        "fallback": {"fallback": nk.Fallback(value={"n": 2})},
    }

    async def awaited() -> object:
        return await client.get("/1")

    def run() -> object:
        # asyncio.run() shows its task, and with it an error that cannot be shown.
        with closing(asyncio.new_event_loop()) as loop:
            return loop.run_until_complete(awaited())

    def streamed() -> object:
        return list(client.stream("/1").bytes())

    calls: dict[str, Callable[[], object]] = {
        "result": lambda: client.get("/1").result(_LIMIT_S),
        "await": run,
        "stream": streamed,
    }
    call = calls.get(way, lambda: client.get("/1", **options[way]).result(_LIMIT_S))
    try:
        if way == "fallback":
            with suppress(BaseException):
                call()
            call = calls["result"]
        _check(name, _raised_by(call), place)
        # What is called with another item is answered as if nothing had been.
        if place not in ("retry_value", "retry_if"):
            assert client.get("/2").result(_LIMIT_S).status_code == 200
    finally:
        client.close()


@pytest.mark.parametrize(("place", "name"), _cases(IN_ROWS, MAKERS))
def test_in_a_row(name: str, place: str) -> None:
    """It is the error of its row, and the others are answered; an interrupt ends the run."""
    client, options = work_of(place, MAKERS[name])

    def start() -> nk.Run:
        return client.map("/{id}", range(4), progress=False, **options)

    if name in INTERRUPTS:
        # Priorities are asked for as soon as the run is made.
        error = _raised_by(lambda: start().result())
        assert type(error) is _BECOMES.get(name, type(MAKERS[name]()))
    else:
        run = start()
        frame = run.result(_LIMIT_S)
        assert frame["status"].isin(["failed", "timeout"]).tolist() == [False, True, False, False]
        assert (frame["status"] == "ok").sum() == 3
        outcome = run.outcome(1)
        assert not isinstance(outcome.error, BaseExceptionGroup) or name in ODD
        if name == "group of two":
            assert "ValueError: a" in frame["error"].iloc[1]
            assert "KeyError: 'b'" in frame["error"].iloc[1]
    client.close()
