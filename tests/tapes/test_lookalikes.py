from __future__ import annotations

import time

import pytest

from notebook_kit.tapes.lookalikes import Lookalikes

HELD = [
    ("GET", f"http://host:{port}/things/{name}")
    for port in (4001, 4002)
    for name in (*(f"number-{number}" for number in range(200)), "zebra", "aardvark")
]


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        (("GET", "http://host:4001/things/zebre"), ("GET", "http://host:4001/things/zebra")),
        (("GET", "http://host:9999/things/zebra"), ("GET", "http://host:4002/things/zebra")),
        (("PUT", "http://host:4001/things/aardvark"), ("GET", "http://host:4001/things/aardvark")),
    ],
)
def test_it_finds_what_is_written_alike(wanted: tuple[str, str], near: tuple[str, str]) -> None:
    """Another end, another port and another method each lead to the one that was meant."""
    found = Lookalikes(HELD).nearest(*wanted)
    assert found is not None
    assert found[1].rpartition("/")[2] == near[1].rpartition("/")[2]


def test_nothing_is_like_what_is_quite_different() -> None:
    """It says nothing rather than anything, and what is no text is passed over."""
    assert Lookalikes([("GET", "aaaa"), (None, 3)]).nearest("X", "zzzzzzzzzzzz") is None
    assert len(Lookalikes([("GET", b"aaaa")])) == 0


def test_many_are_asked_for_quickly() -> None:
    """A map of which no row is on the tape does not hold up the loop."""
    held = Lookalikes(("GET", f"http://host/things/{number:06}") for number in range(10_000))
    began = time.process_time()
    for number in range(100):
        assert held.nearest("GET", f"http://host/thing/{number}") is not None
    assert time.process_time() - began < 5
