"""Decorated functions as objects: found by their name, and sent to a cluster."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from notebook_kit.decorators import CircuitBreaker, breaker, cached, limit, monitor
from notebook_kit.policies.breaker import Breaker


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
    assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301 - its own
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
