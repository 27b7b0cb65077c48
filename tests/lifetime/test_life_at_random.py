"""A resource, whatever is done to it in whatever order: what was opened is closed, once."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notebook_kit.errors import ClosedError
from notebook_kit.lifetime import AsyncResource


class Counted(AsyncResource):
    """Opens and closes when it is told to, or fails at that, and counts."""

    def __init__(self, counts: dict[str, int], gates: list[asyncio.Future[None]]) -> None:
        self._counts = counts
        self._gates = gates
        self.live = 0

    async def _pass(self) -> None:
        gate = asyncio.get_running_loop().create_future()
        self._gates.append(gate)
        try:
            await gate
        finally:
            self._gates.remove(gate)

    async def _open(self) -> None:
        await self._stack.enter_async_context(_Inner(self._counts))
        await self._pass()
        self._counts["opened"] += 1
        self.live += 1
        self._counts["opened twice"] += self.live != 1

    async def _close(self) -> None:
        self.live -= 1
        self._counts["closed twice"] += self.live != 0
        try:
            await self._pass()
        finally:
            self._counts["closed"] += 1

    def _abort(self) -> None:
        self._counts["aborted"] += 1


class _Inner:
    """What a resource enters while it opens."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    async def __aenter__(self) -> None:
        self._counts["entered"] += 1

    async def __aexit__(self, *_: object) -> None:
        self._counts["left"] += 1
        await asyncio.sleep(0)


COUNTED = ("opened", "closed", "aborted", "entered", "left")
WRONG = ("opened twice", "closed twice", "used while closed", "left half closed")

#: Which of several, and how many turns of the loop follow.
WHICH = st.integers(0, 3)
TURNS = st.integers(0, 4)


class Life(RuleBasedStateMachine):
    """Tasks that open, use, close and drop resources, and are cancelled, on one loop."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.loop = self.runner.get_loop()
        self.faults: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, told: self.faults.append(told))
        self.counts = dict.fromkeys((*COUNTED, *WRONG), 0)
        self.gates: list[asyncio.Future[None]] = []
        self.resources: list[Counted] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.leave: list[asyncio.Event] = []

    def one(self, which: int) -> Counted:
        """Return one of the resources, a new one if there are not so many."""
        if which >= len(self.resources):
            self.resources.append(Counted(self.counts, self.gates))
        return self.resources[min(which, len(self.resources) - 1)]

    def begin(self, work: Any, turns: int) -> None:
        """Begin a task, and let the loop make some turns."""
        self.tasks.append(self.loop.create_task(_told(work)))
        self.go_on(turns)

    @rule(which=WHICH, turns=TURNS)
    def open(self, which: int, turns: int) -> None:
        """Somebody opens one, and leaves it open."""
        self.begin(self.one(which).open(), turns)

    @rule(which=WHICH, turns=TURNS)
    def use(self, which: int, turns: int) -> None:
        """Somebody uses one in a block, until told to leave it."""
        leave = asyncio.Event()
        self.leave.append(leave)

        async def block(resource: Counted) -> None:
            async with resource:
                self.counts["used while closed"] += resource.live != 1
                await leave.wait()

        self.begin(block(self.one(which)), turns)

    @rule(which=WHICH, turns=TURNS)
    def close(self, which: int, turns: int) -> None:
        """Somebody closes one; when he goes on, however that is, it is closed."""

        async def closing(resource: Counted) -> None:
            try:
                await resource.close()
            finally:
                self.counts["left half closed"] += resource.state == "closing"

        self.begin(closing(self.one(which)), turns)

    @rule(which=WHICH, turns=TURNS)
    def cancel(self, which: int, turns: int) -> None:
        """Somebody is cancelled, wherever he is."""
        if which < len(self.tasks):
            self.tasks.pop(-1 - which).cancel()
        self.go_on(turns)

    @rule(which=WHICH, turns=TURNS)
    def drop(self, which: int, turns: int) -> None:
        """Nobody has one any more, but for who is using it."""
        if which < len(self.resources):
            self.resources.pop(which)
        self.tasks = [task for task in self.tasks if not task.done()]
        self.go_on(turns)

    @rule(times=st.integers(1, 4))
    def go_on(self, times: int) -> None:
        """Let the loop make some turns."""

        async def some() -> None:
            for _ in range(times):
                await asyncio.sleep(0)

        self.runner.run(some())

    @rule(which=WHICH, fault=st.integers(0, 3), turns=TURNS)
    def let_pass(self, which: int, fault: int, turns: int) -> None:
        """One that opens or closes comes further, or fails."""
        if which < len(self.gates) and not (gate := self.gates[which]).done():
            if fault == 0:
                gate.set_exception(OSError("on purpose"))
            else:
                gate.set_result(None)
        self.go_on(turns)

    @rule(which=WHICH, turns=TURNS)
    def leave_block(self, which: int, turns: int) -> None:
        """One who uses one has done."""
        if which < len(self.leave):
            self.leave.pop(which).set()
        self.go_on(turns)

    @invariant()
    def never_more_closed_than_opened(self) -> None:
        """At any moment."""
        assert self.counts["closed"] <= self.counts["opened"]
        assert self.counts["left"] <= self.counts["entered"]
        assert not any(self.counts[name] for name in WRONG), self.counts

    def teardown(self) -> None:
        """The loop ends, with whatever is still under way, and nothing is left."""
        try:
            # As the end of asyncio.run; what opens or closes then gets its way.
            self.loop.call_soon(self._open_all_gates)
            self.tasks.clear()
            self.runner.close()
        finally:
            asyncio.set_event_loop(None)
        event(f"opened {min(self.counts['opened'], 3)}, aborted {min(self.counts['aborted'], 1)}")
        self.resources.clear()
        gc.collect()
        # What stays is of Hypothesis and of other tests: the next example need not look through it.
        gc.freeze()
        assert self.counts["opened"] == self.counts["closed"], self.counts
        assert self.counts["entered"] == self.counts["left"], self.counts
        self.never_more_closed_than_opened()
        assert self.faults == []

    def _open_all_gates(self) -> None:
        for gate in self.gates:
            if not gate.done():
                gate.set_result(None)
        if not self.loop.is_closed():
            self.loop.call_soon(self._open_all_gates)


async def _told(work: Any) -> None:
    """Do something that may fail, as it does on purpose, or because it comes too late."""
    with suppress(OSError, ClosedError):
        await work


def _run(examples: int) -> None:
    try:
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=examples,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        gc.unfreeze()


def test_what_is_opened_is_closed() -> None:
    """Whoever opens, uses, closes, drops it or is cancelled, and in whatever order."""
    _run(100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_opened_is_closed_ten_thousand_times() -> None:
    """The same, for as long as it takes."""
    _run(10_000)
