from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime import survey, track

if TYPE_CHECKING:
    from notebook_kit.lifetime import OpenResource


def told(name: str) -> list[OpenResource]:
    """Return what is listed under a name."""
    return [it for it in survey() if it.name == name]


def test_a_function_is_counted_by_its_calls() -> None:
    """How often, how many at once, and since when it stands where in the code."""

    @track("the lookup")
    async def lookup(key: str) -> str:
        (seen,) = told("the lookup")
        assert seen.busy
        await asyncio.sleep(0)
        return key.upper()

    async def main() -> list[str]:
        return await asyncio.gather(*map(lookup, "abc"))

    assert asyncio.run(main()) == ["A", "B", "C"]
    (seen,) = told("the lookup")
    assert (seen.kind, seen.uses, seen.busy, seen.kept) == ("tracked", 3, False, True)
    assert seen.holds == "0 in use, most 3 at once"
    assert seen.last_used is not None
    assert seen.made_at.filename == __file__
    assert lookup.__name__ == "lookup"


def test_a_block_is_counted_too_and_errors_end_it() -> None:
    """Async or not."""
    steps = track("steps", kind="step")

    async def main() -> None:
        async with steps as entered:
            assert entered.in_use == 1

    asyncio.run(main())
    with pytest.raises(KeyError), steps:
        raise KeyError
    assert (steps.uses, steps.in_use, steps.most_in_use) == (2, 0, 1)
    assert repr(steps) == "<Track 'steps': 0 in use, most 1 at once>"


def test_an_object_is_listed_as_long_as_it_lives() -> None:
    """It is not kept alive, and can be closed from the list; a closed one is not listed."""

    class Connection:
        closed = False

        def close(self) -> None:
            self.closed = True

    tracked = track(Connection(), name="a connection", kind="database")
    (seen,) = told("a connection")
    assert seen.kind == "database"
    seen.close()
    assert tracked.closed
    assert told("a connection") == []

    closed: list[Any] = []
    plain = track(type("Plain", (), {})(), close=closed.append)
    (seen,) = told("Plain")
    seen.close()
    assert closed == [plain]
    closed.clear()
    del plain
    gc.collect()
    assert told("Plain") == []


def test_what_cannot_be_referred_to_weakly_is_refused() -> None:
    """With what to do instead."""
    with pytest.raises(ConfigurationError, match=r"A list cannot be tracked.*nk.track\('a name'\)"):
        track([])


def test_a_closing_that_cannot_be_called_is_refused() -> None:
    """At once, and not when somebody closes it; nothing is listed."""

    class Session:
        pass

    wrong: Any = track
    with pytest.raises(ConfigurationError, match="close=5 cannot be called: give a function"):
        wrong(Session(), close=5)
    assert told("Session") == []
