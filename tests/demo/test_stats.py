from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

from notebook_kit.demo.stats import Counters

if TYPE_CHECKING:
    import httpx

    from notebook_kit.demo import DemoServer


def test_requests_are_counted_by_route_and_by_status(api: httpx.Client, server: DemoServer) -> None:
    """Each request counts under the template of its route, not under its path."""
    for path in ("/airports/OSL", "/airports/LHR", "/airports/none", "/nowhere"):
        api.get(path)
    api.post("/todos", json={"title": "Count"})
    seen = server.stats()
    assert seen.requests == 5
    assert seen.by_route == {
        "GET /airports/{iata}": 3,
        "GET (unknown)": 1,
        "POST /todos": 1,
    }
    assert seen.by_status == {200: 2, 404: 2, 201: 1}
    assert (seen.in_flight, seen.most_in_flight, seen.todos_created) == (0, 1, 1)


def test_arrivals_are_times_of_the_monotonic_clock(api: httpx.Client, server: DemoServer) -> None:
    """They lie between the moments before and after the requests, in order."""
    before = time.monotonic()
    api.get("/airports/OSL")
    api.get("/airports/OSL")
    first, second = server.stats().arrivals
    assert before <= first <= second <= time.monotonic()


def test_connections_are_counted(api: httpx.Client, server: DemoServer) -> None:
    """Two requests of one client share a connection, which is open between them."""
    api.get("/airports/OSL")
    api.get("/airports/LHR")
    seen = server.stats()
    assert (seen.connections_open, seen.connections_opened) == (1, 1)


def test_a_snapshot_does_not_change(api: httpx.Client, server: DemoServer) -> None:
    """It is frozen, and later requests do not reach it."""
    seen = server.stats()
    api.get("/airports/OSL")
    assert seen.requests == 0
    assert seen.by_route == {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.requests = 1  # type: ignore[misc]


def test_arrivals_are_bounded() -> None:
    """A server that runs for days keeps the last 50,000 and counts the rest."""
    counters = Counters()
    for turn in range(50_010):
        counters.begin(float(turn))
    seen = counters.snapshot()
    assert (seen.requests, len(seen.arrivals), seen.arrivals[0]) == (50_010, 50_000, 10.0)


def test_a_reset_keeps_what_is_still_open() -> None:
    """What is in flight or connected stays counted, or it would end below zero."""
    counters = Counters()
    counters.begin(0.0)
    counters.begin(0.0)
    counters.end("GET /x", 200)
    counters.connections_open = counters.connections_opened = 3
    counters.reset()
    seen = counters.snapshot()
    assert (seen.requests, seen.in_flight, seen.most_in_flight) == (0, 1, 1)
    assert (seen.connections_open, seen.connections_opened) == (3, 3)
