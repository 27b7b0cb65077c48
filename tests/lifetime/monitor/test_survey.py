"""The survey: all that is open, at work or kept, in the order in which it was made."""

from __future__ import annotations

import gc
import weakref

import notebook_kit as nk
from notebook_kit.lifetime import OpenResource, survey


def servers(url: str) -> list[OpenResource]:
    return [it for it in survey() if it.kind == "demo server" and it.name == url]


def test_a_demo_server_is_told_of_until_it_is_closed() -> None:
    """It says what it holds and where it was started, and closes from the list."""
    with nk.demo.serve() as server:
        (told,) = servers(server.url)
        assert told.kept
        assert told.holds == "listens, 0 connections"
        assert told.sockets == 1
        assert told.made_at.filename == __file__
        told.close()
        assert server.is_closed
        assert servers(server.url) == []


def test_a_demo_server_is_noted_once() -> None:
    """However often somebody looks."""
    with nk.demo.serve() as server:
        first = servers(server.url)
        assert [it.number for it in servers(server.url)] == [it.number for it in first]


def test_a_demo_server_is_not_kept_alive() -> None:
    """One that nobody holds any more ends, although it was listed."""
    server = nk.demo.serve()
    url, gone = server.url, weakref.ref(server)
    taken = servers(url)
    del server
    gc.collect()
    assert gone() is None
    assert servers(url) == []
    assert len(taken) == 1


def test_the_oldest_is_told_first() -> None:
    """Whatever its kind."""
    with nk.demo.serve() as server, nk.Client(server.url):
        first = nk.Client("https://first.example.com")
        run = nk.map(str, [1], progress=False, name="between")
        run.result()
        second = nk.Client("https://second.example.com")
        names = [it.name for it in survey()]
        first.close().wait()
        second.close().wait()
    order = [names.index(name) for name in (first.base_url, "between", second.base_url)]
    assert order == sorted(order)
