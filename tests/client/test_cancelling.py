"""Whatever moment calls are cancelled in, and however: connections end, and no slot is lost."""

from __future__ import annotations

import asyncio
import ctypes
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.testing import FaultServer, answer, never_answer, stall_mid_body
from tests.client.crowds import TRANSPORTS, all_at_once, client_over, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import notebook_kit as nk
    from notebook_kit.testing import Behaviour, ReceivedRequest

MANY = 200
#: Seconds from the cancelling until the server has seen every connection end. Half a second is what
#: is promised; whatever is not cut lives on until the test is over.
AT_ONCE_S = 20.0
#: Seconds until so many requests are there.
PATIENCE_S = 30.0
PHASES = {"before headers": never_answer(), "in mid-body": stall_mid_body(length=100_000)}

both_transports = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that is told what to do."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        yield it


class Ways:
    """The ways to make many calls and to cut them, in the middle of them."""

    def __init__(self, client: nk.Client, in_the_middle: Callable[[], None]) -> None:
        self._client = client
        self._in_the_middle = in_the_middle
        self.cut_at = 0.0

    def awaited_calls_cancelled(self) -> None:
        async def main() -> None:
            calls = [asyncio.create_task(self._client.get("/x").send()) for _ in range(MANY)]
            await asyncio.to_thread(self._in_the_middle)
            self.cut_at = time.monotonic()
            for call in calls:
                call.cancel()
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(end) for end in ends} == {asyncio.CancelledError}

        asyncio.run(main())

    def run_cancelled(self) -> None:
        run = self._client.map("/x", range(MANY), max_concurrency=MANY, progress=False)
        self._in_the_middle()
        self.cut_at = time.monotonic()
        run.cancel()
        assert run.result()["status"].eq("cancelled").all()

    def awaited_run_cancelled(self) -> None:
        async def main() -> None:
            run = self._client.map("/x", range(MANY), max_concurrency=MANY, progress=False)
            waiting = asyncio.ensure_future(run)
            await asyncio.to_thread(self._in_the_middle)
            self.cut_at = time.monotonic()
            waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled()

        asyncio.run(main())

    def synchronous_calls_interrupted(self) -> None:
        ends: list[type[BaseException]] = []

        def call() -> None:
            try:
                self._client.sync.get("/x")
            except BaseException as interrupt:  # noqa: BLE001 - which of them is the question
                ends.append(type(interrupt))

        threads = [threading.Thread(target=call) for _ in range(MANY)]
        for thread in threads:
            thread.start()
        self._in_the_middle()
        self.cut_at = time.monotonic()
        for thread in threads:
            # What Ctrl-C does to the main thread.
            interrupt = ctypes.py_object(KeyboardInterrupt)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), interrupt)
        for thread in threads:
            thread.join()
        assert ends == [KeyboardInterrupt] * MANY


@both_transports
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("way", [name for name in vars(Ways) if not name.startswith("_")])
def test_two_hundred_at_once_are_cut_and_two_hundred_follow(
    server: FaultServer, transport: str, phase: str, way: str
) -> None:
    """The server sees 200 connections end at once, and then 200 requests pass together."""
    server.when("/x", PHASES[phase])
    server.when("/together", all_at_once(MANY))
    heads: list[object] = []
    options: dict[str, Any] = {"max_connections": MANY}
    if phase == "in mid-body":
        options["event_hooks"] = {"response": [heads.append]}

    def in_the_middle() -> None:
        assert server.wait_requests(MANY, PATIENCE_S)
        assert "event_hooks" not in options or until(lambda: len(heads) == MANY, PATIENCE_S)

    with client_over(transport, server, **options) as client:
        ways = Ways(client, in_the_middle)
        getattr(ways, way)()
        assert server.connections.wait_ended(MANY, AT_ONCE_S - (time.monotonic() - ways.cut_at))
        assert server.connections.opened == MANY

        async def follow() -> None:
            answers = await asyncio.gather(*[client.get("/together") for _ in range(MANY)])
            assert [it.text for it in answers] == ["ok"] * MANY

        asyncio.run(asyncio.wait_for(follow(), PATIENCE_S))
        assert server.connections.open <= MANY
    assert server.connections.wait_open(0)


def _whatever_comes(seed: int) -> Callable[[ReceivedRequest], Behaviour]:
    """Answer at once or late, break off in the middle, or never answer."""
    draw = random.Random(seed)

    def reaction(_: ReceivedRequest) -> Behaviour:
        kind = draw.randrange(4)
        if kind == 0:
            return never_answer()
        if kind == 1:
            return stall_mid_body(length=10_000)
        return answer("x" * draw.randrange(3_000), delay_s=draw.random() * 0.02)

    return reaction


def _rounds(client: nk.Client, server: FaultServer, *, rounds: int, calls: int, slots: int) -> None:
    draw = random.Random(7)
    server.when("/x", _whatever_comes(11))

    async def one_round() -> int:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(client.get("/x").send()) for _ in range(calls)]
        for task in tasks:
            loop.call_later(draw.random() * 0.05, task.cancel)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        faults = [
            end
            for end in ends
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError)
        ]
        assert not faults
        return sum(isinstance(end, asyncio.CancelledError) for end in ends)

    async def all_slots_work() -> None:
        server.when("/together", all_at_once(slots))
        answers = await asyncio.gather(*[client.get("/together") for _ in range(slots)])
        assert len(answers) == slots

    cancelled = 0
    for number in range(rounds):
        cancelled += asyncio.run(one_round())
        if number % 10 == rounds % 10 - 1 or number == rounds - 1:
            asyncio.run(asyncio.wait_for(all_slots_work(), PATIENCE_S))
    assert cancelled > rounds * calls / 4


@both_transports
def test_no_slot_is_lost(server: FaultServer, transport: str) -> None:
    """Five rounds of 100 calls cancelled at random moments: 20 connections, and 20 slots after."""
    with client_over(transport, server, max_connections=20) as client:
        _rounds(client, server, rounds=5, calls=100, slots=20)
    assert server.connections.wait_open(0)


@pytest.mark.slow
@both_transports
def test_no_slot_is_lost_in_fifty_rounds(server: FaultServer, transport: str) -> None:
    """Fifty rounds of 500 calls cancelled at random moments, at 100 connections."""
    with client_over(transport, server, max_connections=100) as client:
        _rounds(client, server, rounds=50, calls=500, slots=100)
    assert server.connections.wait_open(0)
