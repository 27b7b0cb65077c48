"""Many requests at once get their own answers, and each says where its time went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.client.transports import PHASES, RequestPhases
from notebook_kit.testing import ReceivedRequest, answer
from tests.paces import at_any_pace
from tests.transport.helpers import send

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, FaultServer
    from tests.transport.helpers import Make


def _echo(request: ReceivedRequest) -> Behaviour:
    return answer(request.target.encode() + b" " + request.body)


def test_fifty_at_once_get_their_own_answers(server: FaultServer, make: Make) -> None:
    """1,000 requests with bodies, fifty at once, are each answered with their own body."""
    server.when("*", _echo)

    async def worker(numbers: list[int], client: httpx.AsyncClient) -> None:
        while numbers:
            number = numbers.pop()
            body = f"{number}-" * (number % 7)
            response = await client.post(f"{server.url}/{number}?n={number}", content=body)
            assert response.text == f"/{number}?n={number} {body}"

    async def main() -> None:
        transport = make(max_connections=50)
        assert isinstance(transport, httpx.AsyncBaseTransport)
        numbers = list(range(1000))
        async with httpx.AsyncClient(transport=transport) as client:
            await asyncio.gather(*[worker(numbers, client) for _ in range(50)])
        assert server.connections.opened <= 50

    asyncio.run(main())
    assert len(server.requests) == 1000


def _phases(response: httpx.Response) -> RequestPhases:
    phases = response.extensions[PHASES]
    assert isinstance(phases, RequestPhases)
    return phases


@at_any_pace
def test_an_answer_says_where_its_time_went(pace: float, server: FaultServer, make: Make) -> None:
    """Connecting, waiting for the answer and reuse are measured apart."""
    server.when("/", answer("ok", delay_s=0.1 * pace))

    async def main() -> None:
        async with make() as transport:
            first, _ = await send(transport, server.url)
            second, _ = await send(transport, server.url)
            assert not _phases(first).reused
            assert _phases(first).connect_s > 0
            assert _phases(second).reused
            assert _phases(second).connect_s == _phases(second).dns_s == 0
            for response in (first, second):
                assert 0.09 * pace < _phases(response).wait_s < 1.0 * pace
                assert _phases(response).pool_wait_s < 0.09 * pace

    asyncio.run(main())


@at_any_pace
def test_waiting_for_a_connection_is_measured_apart(
    pace: float, server: FaultServer, make: Make
) -> None:
    """A request that queued for a slot says how long; that is not the server's time."""
    server.when("/", answer("ok", delay_s=0.1 * pace))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            answers = await asyncio.gather(*[send(transport, server.url) for _ in range(2)])
            _, second = (_phases(response) for response, _ in answers)
            assert 0.09 * pace < second.pool_wait_s < 1.0 * pace
            assert second.reused
            assert second.wait_s < 1.0 * pace

    asyncio.run(main())


def test_a_transport_stays_on_its_loop(server: FaultServer, make: Make) -> None:
    """Used from a second loop, a transport says what to do instead of hanging."""
    server.when("/", answer("ok"))
    transport = make()

    async def first() -> None:
        await send(transport, server.url)

    async def second() -> None:
        with pytest.raises(RuntimeError, match="one for each loop"):
            await send(transport, server.url)

    with asyncio.Runner() as one:
        one.run(first())
        with asyncio.Runner() as other:
            other.run(second())
        one.run(transport.aclose())


def test_closing_an_unused_transport(make: Make) -> None:
    """A transport that was never used can be closed, with or without a loop that it knows."""
    transport = make()
    asyncio.run(transport.aclose())
    asyncio.run(transport.aclose())
    assert transport.connections == (0, 0)
