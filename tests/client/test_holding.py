"""What clients, their caches and streams hold, as the monitor tells it."""

from __future__ import annotations

import gc
import time
import weakref
from typing import TYPE_CHECKING

import httpx

import notebook_kit as nk
from notebook_kit.lifetime import OpenResource, survey

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.demo import DemoServer


def of_kind(kind: str) -> list[OpenResource]:
    return [it for it in survey() if it.kind == kind]


def in_time(condition: Callable[[], bool]) -> bool:
    """Look for some seconds: a server sees a connection end a moment after its client."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_a_client_tells_of_its_connections(demo: DemoServer) -> None:
    """How many are open of how many, and idle; when it was used last; and closing ends them."""
    before = time.time()
    client = nk.Client(demo.url, max_connections=7)
    (told,) = of_kind("client")
    assert told.holds == "0 of 7 connections"
    assert (told.sockets, told.uses, told.last_used) == (0, 0, None)
    client.get("/airports/ZRH").result()
    (told,) = of_kind("client")
    assert told.holds == "1 of 7 connections, 1 idle"
    assert (told.sockets, told.uses, told.busy, told.meter) == (1, 1, False, (0, 1, 7))
    assert told.last_used is not None
    assert before - 1 <= told.last_used <= time.time() + 1
    told.close()
    assert client.is_closed
    assert of_kind("client") == []
    assert in_time(lambda: demo.stats().connections_open == 0)


def test_a_request_in_flight_makes_it_busy(demo: DemoServer) -> None:
    """While an answer is awaited the client says so."""
    client = nk.Client(demo.url)
    run = client.map("/slow?seconds={s}", [30], progress=False)
    assert in_time(lambda: of_kind("client")[0].holds.endswith("1 request in flight"))
    (told,) = of_kind("client")
    assert told.busy
    run.cancel()
    run.result()
    assert in_time(lambda: not of_kind("client")[0].busy)
    client.close().wait()


def test_a_transport_of_ones_own_is_not_counted() -> None:
    """Nobody here knows of its connections."""
    transport = httpx.MockTransport(lambda _: httpx.Response(204))
    client = nk.Client("https://api.example.com", transport=transport)
    client.get("/").result()
    (told,) = of_kind("client")
    assert told.holds == "connections of its own transport"
    assert (told.sockets, told.meter, told.uses) == (0, None, 1)
    client.close().wait()


def test_without_a_bound_there_is_no_share(demo: DemoServer) -> None:
    """It says how many connections there are, and has no meter."""
    client = nk.Client(demo.url, limits=httpx.Limits(max_connections=None))
    client.get("/airports/ZRH").result()
    (told,) = of_kind("client")
    assert told.holds == "1 connection, 1 idle"
    assert told.meter is None
    client.close().wait()


def test_credentials_of_the_address_are_not_told() -> None:
    """The user part of a URL is hidden."""
    client = nk.Client("https://me:pw@api.example.com")
    (told,) = of_kind("client")
    assert told.name == "https://****@api.example.com"
    client.close().wait()


def test_a_cache_is_told_of_while_it_keeps_something(demo: DemoServer) -> None:
    """It says how many answers and hits, and clearing it leaves nothing to tell."""
    client = nk.Client(demo.url, cache="5 min")
    assert of_kind("cache") == []
    for _ in range(3):
        client.get("/airports/ZRH").result()
    (told,) = of_kind("cache")
    assert (told.name, told.kept, told.uses) == (demo.url, True, 2)
    assert told.holds.startswith("1 answer")
    assert told.holds.endswith("2 hits")
    told.close()
    assert of_kind("cache") == []
    assert client.get("/airports/ZRH").result().source == "network"
    client.close().wait()


def test_a_cached_function_is_told_of_while_it_keeps_something() -> None:
    """By its name; what nobody can call any more is gone."""

    @nk.cached
    def double(number: int) -> int:
        return 2 * number

    double(2)
    double(2)
    (told,) = of_kind("cache")
    assert told.name.endswith("double")
    assert told.holds == "1 answer, 1 hit"
    del double
    gc.collect()
    assert of_kind("cache") == []


def test_a_stream_is_told_of_while_it_is_read(demo: DemoServer) -> None:
    """It says what came so far, counts no socket of its own, and closes from the list."""
    client = nk.Client(demo.url)
    with client.stream("/stream/text/the sea", params={"token": "sk-0123456789"}) as answer:
        (told,) = of_kind("stream")
        assert "sk-0123456789" not in told.name
        assert told.holds.endswith("came so far")
        assert (told.sockets, told.busy) == (0, True)
        assert told.made_at.filename == __file__
        told.close()
        assert in_time(lambda: of_kind("stream") == [])
        assert answer.status_code == 200
    client.close().wait()


def test_the_monitor_keeps_no_client_alive(demo: DemoServer) -> None:
    """A client that was listed and that nobody holds closes, and its connections go."""
    client = nk.Client(demo.url, cache="5 min")
    client.get("/airports/ZRH").result()
    taken, gone = survey(), weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None
    assert of_kind("client") == []
    assert in_time(lambda: demo.stats().connections_open == 0)
    assert in_time(lambda: of_kind("cache") == [])
    assert len(taken) >= 2
