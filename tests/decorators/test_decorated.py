"""Decorated functions as objects: found by their name, and sent to a cluster."""

from __future__ import annotations

import copy
import functools
import gc
import pickle
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import pytest

from notebook_kit.decorators import (
    CircuitBreaker,
    Coalescer,
    Monitored,
    breaker,
    cached,
    limit,
    monitor,
    retry,
)
from notebook_kit.policies.breaker import Breaker

if TYPE_CHECKING:
    from pathlib import Path


@monitor
def watched(number: int) -> int:
    return number + 1


@cached
def kept(number: int) -> int:
    return number + 1


@breaker
def guarded(number: int) -> int:
    return number + 1


@pytest.mark.parametrize("function", [watched, kept, guarded], ids=["monitor", "cached", "breaker"])
def test_there_is_one_of_each(function: object) -> None:
    """Like a function it is pickled by its name, and a copy of it is itself."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(function, protocol)) is function  # noqa: S301 - its own
    assert cloudpickle.loads(cloudpickle.dumps(function)) is function
    assert copy.copy(function) is function
    assert copy.deepcopy({"it": function})["it"] is function


# Whatever is under way or was counted stays behind, with what cannot travel.
SCRIPT = """
import asyncio, subprocess, sys
import cloudpickle
import notebook_kit as nk
from notebook_kit.decorators import breaker, cached, limit, monitor, retry

session, shared = monitor(), breaker(failure_threshold=1)
limiter = limit("1000/s", max_concurrency=2)

@retry(max_attempts=5, budget=0.5)
def one(x): return x + 1
@limiter
def two(x): return x + 1
@session
def three(x): return x + 1
@shared
def four(x): return x + 1
@cached(ttl="1 min", max_items=5, key=lambda x: x)
def five(x): return x + 1
def six(x):
    with limiter, session, shared:
        return x + 1

functions = [one, two, three, four, five, six]
for function in functions[:5]:
    function(1)

async def main():
    async with limiter, session, shared:
        return cloudpickle.dumps(functions)

sent = asyncio.run(main())
there = "import pickle, sys; fs = pickle.load(sys.stdin.buffer); print([f(1) for f in fs])"
said = subprocess.run([sys.executable, "-W", "error", "-c", there], input=sent, capture_output=True)
print(said.stdout.decode().strip(), said.stderr.decode()[-300:])
"""


def test_functions_of_a_notebook_travel_to_a_cluster() -> None:
    """What is defined in __main__ is sent as a whole, and begins anew where it arrives."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[2, 2, 2, 2, 2, 2]", "")


def test_policies_begin_anew_in_another_process() -> None:
    """A copy that travelled has the options and none of the state."""
    guard = CircuitBreaker(Breaker(failure_threshold=1))
    with pytest.raises(TimeoutError), guard:
        raise TimeoutError
    limiter = limit("50/s", max_concurrency=3)
    session = monitor(name="night")
    session.call(int, "5")
    with limiter:
        again = pickle.loads(pickle.dumps([guard, limiter, session]))  # noqa: S301 - its own
    assert [repr(one) for one in again] == [
        "<CircuitBreaker closed>",
        "<Limiter 50/s, at most 3 at once: 0 in flight, 0 waiting>",
        "<Monitor night: 0 calls>",
    ]


class Session:
    def __reduce__(self) -> tuple[Any, ...]:
        return Session, ()

    @cached
    def kept(self, number: int) -> int:
        return number + 1

    @monitor
    def watched(self, number: int) -> int:
        return number + 1

    @cached
    @classmethod
    def of_class(cls, number: int) -> int:
        return number + 1


def test_methods_travel_with_their_object() -> None:
    """A method is asked for again where its object arrives, and is no function without one."""
    session = Session()
    for method in (session.kept, session.watched, Session.of_class):
        again = pickle.loads(pickle.dumps(method))  # noqa: S301 - its own
        assert again(1) == 2
    assert pickle.loads(pickle.dumps(Session.kept)) is Session.kept  # noqa: S301 - its own


def test_what_its_name_does_not_lead_to_is_not_pickled() -> None:
    """As with any function; cloudpickle sends it as a whole, and as one however often it is there.

    It begins anew there, and what it calls itself by is the one that came.
    """

    @monitor
    def local(number: int) -> int:
        return local(number - 1) + 1 if number else 0

    for function in (local, monitor(len)):
        with pytest.raises((AttributeError, pickle.PicklingError)):
            pickle.dumps(function)
    local(2)
    first, second = cloudpickle.loads(cloudpickle.dumps([local, local]))
    assert first is second is not local
    assert isinstance(first, Monitored)
    assert (first(3), first.stats.calls, local.stats.calls) == (3, 4, 3)
    again = cloudpickle.loads(cloudpickle.dumps(first))
    assert again is not first
    assert (again(1), again.stats.calls, first.stats.calls) == (1, 2, 4)


def test_one_that_was_pickled_is_not_kept_alive() -> None:
    """What stands for it when it travels goes with it."""

    @monitor
    def local(number: int) -> int:
        return number

    sent = cloudpickle.dumps(local)
    ref = weakref.ref(local)
    del local
    gc.collect()
    assert ref() is None
    assert cloudpickle.loads(sent)(1) == 1


# Every process that is begun in this way imports the script, under another name.
MAIN = """
import asyncio, multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import notebook_kit as nk

@nk.monitor
def watched(number): return number + 1
@nk.cached(ttl="1 min")
def kept(number): return number + 1
@nk.breaker
def guarded(number): return number + 1
@nk.retry
def tried(number): return number + 1
@nk.limit("1000/s")
def limited(number): return number + 1
@nk.monitor
@nk.cached
@nk.breaker
@nk.retry
@nk.limit("1000/s", max_concurrency=5)
async def stacked(number): return number + 1
class Session:
    @nk.cached
    def fetch(self, number): return number + 1

def run(function, number): return asyncio.run(function(number))

if __name__ == "__main__":
    functions = [watched, kept, guarded, tried, limited, Session().fetch]
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        print([pool.submit(each, 1).result(30) for each in functions])
        print(pool.submit(run, stacked, 1).result(30))
"""


@pytest.mark.parametrize(
    "method",
    ["spawn", pytest.param("fork", marks=pytest.mark.skipif(sys.platform == "win32", reason="no"))],
)
def test_functions_of_a_script_are_called_in_other_processes(tmp_path: Path, method: str) -> None:
    """multiprocessing finds what is defined in __main__ by its name."""
    script = tmp_path / "script.py"
    script.write_text(MAIN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), method],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["[2, 2, 2, 2, 2, 2]", "2"], done.stderr


def _double(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


def test_a_coalescer_travels_without_what_waits() -> None:
    """It is made of its function and its options."""
    coalescer: Coalescer[int, int] = Coalescer(_double, max_items=7)
    coalescer._stations[object()] = lambda: None  # type: ignore[index,assignment]
    again = pickle.loads(pickle.dumps(coalescer))  # noqa: S301 - its own
    assert repr(again) == (
        "<Coalescer _double: open, at most 7 items in 20\xa0ms; 0 waiting, 0 under way>"
    )


def test_workers_draw_waits_of_their_own() -> None:
    """Sent to many, a function takes no state of a generator along."""
    function = retry(max_attempts=3)(_double)
    assert len(cloudpickle.dumps(retry(max_attempts=3))) < 1_000
    assert function([1]) == [2]


KEY = "sk-plain-0123456789"


class Api:
    def __repr__(self) -> str:
        return f"Api({KEY})"

    @cached
    @monitor
    @breaker
    def fetch(self, key: str, number: int = 0) -> int:
        return number


def _fetch(key: str, number: int = 0) -> int:
    return number


@pytest.mark.parametrize("decorate", [monitor, cached, breaker, retry, limit("1/s")])
def test_its_repr_shows_no_arguments(decorate: Any) -> None:
    """A partial would show what it binds, and a method its object: a key among them."""
    for function in (functools.partial(_fetch, KEY), Api().fetch, Api().fetch.__wrapped__):
        assert KEY not in repr(decorate(function))
    assert repr(cached(_fetch)) == "<cached _fetch>"
    assert repr(Api().fetch) == "<cached method Api.fetch>"


@pytest.mark.parametrize("decorate", [monitor, cached, breaker, retry, limit("1000/s")])
def test_a_class_travels_with_its_decorated_methods(decorate: Any) -> None:
    """Of all kinds, as a whole where its name does not lead to it."""

    class Local:
        @decorate  # type: ignore[untyped-decorator]
        def method(self, number: int) -> int:
            return number

        @decorate  # type: ignore[untyped-decorator]
        @classmethod
        def of_class(cls, number: int) -> tuple[str, int]:
            return cls.__name__, number

        @decorate  # type: ignore[untyped-decorator]
        @staticmethod
        def static(number: int) -> int:
            return number

    again = cloudpickle.loads(cloudpickle.dumps(Local))
    assert (again().method(1), again.of_class(2), again.static(3)) == (1, ("Local", 2), 3)
