"""Objects of cached methods, told apart and not kept alive."""

from __future__ import annotations

import gc

import pytest

from notebook_kit.decorators.owners import Owners
from notebook_kit.errors import ConfigurationError


class Session:
    """Equal to every other, so that only identity tells them apart."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Session)

    __hash__ = None  # type: ignore[assignment]


def test_by_identity() -> None:
    """Equal objects have owners of their own, one has the same each time."""
    owners, one, other = Owners(), Session(), Session()
    assert one == other
    assert owners.of(one) is owners.of(one) is not owners.of(other)
    assert owners.departed() == []


def test_the_departed_are_told_once() -> None:
    """An object that is gone is told of once, and was not kept alive."""
    owners, session = Owners(), Session()
    owner = owners.of(session)
    del session
    gc.collect()
    assert owners.departed() == [owner]
    assert owners.departed() == []


def test_an_id_that_is_used_again() -> None:
    """Another object at the same address has an owner of its own, and the old one has departed."""
    owners, session = Owners(), Session()
    owner, place = owners.of(session), id(session)
    owner.keys.add("kept")
    del session
    others: list[Session] = []
    while id(others[-1] if others else None) != place and len(others) < 10_000:
        others.append(Session())
    again = others[-1]
    if id(again) != place:
        pytest.skip("this interpreter did not use the address again")
    assert owners.of(again) is not owner
    assert owners.departed() == [owner]
    assert owners.of(again) is owners.of(again)


def test_what_cannot_be_watched_is_refused() -> None:
    """An object without weak references is refused with what to write."""

    class Slim:
        __slots__ = ("x",)

    with pytest.raises(ConfigurationError, match=r"when a Slim is gone: add '__weakref__'"):
        Owners().of(Slim())


def test_forgetting_keys() -> None:
    """The owners stay, what is kept of them is gone."""
    owners, session = Owners(), Session()
    owners.of(session).keys.add("kept")
    owners.forget_keys()
    assert owners.of(session).keys == set()
