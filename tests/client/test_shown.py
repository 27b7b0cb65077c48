"""A client as it is seen."""

from __future__ import annotations

import notebook_kit as nk


def test_a_client_says_where_it_leads_and_what_it_may() -> None:
    """Its address without credentials, its transport, its connections and rates."""
    client = nk.Client("http://me:topsecret@host/v1", rate=["5/s", "100/min"], max_connections=7)
    shown = repr(client)
    client.close().wait()
    assert shown.startswith("<Client http://")
    assert "host/v1: open, aiohttp transport, up to 7 connections, rate " in shown
    assert shown.count(" and ") == 1
    assert "topsecret" not in shown


def test_a_client_that_is_closed_says_so() -> None:
    """And all that it has done can still be read."""
    client = nk.Client("http://host")
    client.close().wait()
    assert repr(client) == "<Client http://host: closed, aiohttp transport, up to 100 connections>"
    assert (client.stats.requests, client.cache.stats().items, len(client.cookies)) == (0, 0, 0)
