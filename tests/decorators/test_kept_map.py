"""Maps over functions whose answers are kept."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.decorators import kept_map

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_rows_that_are_known_are_not_called_for(*, is_async: bool) -> None:
    """By a later map of the same function, equal rows of one map too; the frame says so."""
    calls: list[int] = []

    def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    async def double_async(number: int) -> int:
        return double(number)

    function: Any = double_async if is_async else double
    options: dict[str, Any] = {"cache": "1 h", "progress": False}
    first = nk.map(function, [1, 2, 2], **options).result()
    second = nk.map(function, [2, 3], rate="1/min", **options).result()
    assert sorted(calls) == [1, 2, 3]
    assert first["result"].tolist() == [2, 4, 4]
    assert second["result"].tolist() == [4, 6]
    assert second["source"].tolist() == ["cache", "network"]
    assert second["attempts"].tolist() == [0, 1]
    assert nk.map(function, [1], progress=False).result()["source"].tolist() == ["network"]


def test_rows_of_a_table_are_known_by_the_columns_that_are_read() -> None:
    """Another column changes nothing."""
    calls: list[str] = []

    def greet(city: str, polite: int = 1) -> str:
        calls.append(city)
        return f"{city}{polite}"

    table = pd.DataFrame({"city": ["Bern", "Oslo"], "other": [1, 2]})
    for other in (1, 2):
        frame = nk.map(greet, table.assign(other=other), cache="1 h", progress=False).result()
        assert frame["result"].tolist() == ["Bern1", "Oslo1"]
    assert calls.count("Bern") == calls.count("Oslo") == 1


def test_a_file_keeps_them_for_later(tmp_path: Path) -> None:
    """A function that is defined again has the answers of what it was."""
    calls: list[int] = []
    sources = []
    for _ in range(2):

        def fetch(number: int) -> int:
            calls.append(number)
            return number

        policy = nk.Cache("1 h", path=tmp_path / "cache.db")
        frame = nk.map(fetch, [1, 2], cache=policy, progress=False).result()
        sources.append(frame["source"].tolist())
    assert sorted(calls) == [1, 2]
    assert sources[1] == ["cache", "cache"]


def test_a_thousand_equal_rows_are_one_call() -> None:
    """However many are under way at once."""
    calls: list[int] = []
    gate = asyncio.Event()

    async def slow(number: int) -> int:
        calls.append(number)
        await gate.wait()
        return number

    async def main() -> pd.DataFrame:
        run = nk.map(slow, [7] * 1_000, cache="1 h", max_concurrency=1_000, progress=False)
        while not calls:
            await asyncio.sleep(0)
        gate.set()
        return await run

    assert asyncio.run(main())["result"].tolist() == [7] * 1_000
    assert calls == [7]


def test_a_stale_answer_is_marked_in_its_row() -> None:
    """Where the source is down; a row for which nothing is kept has its error."""
    down = threading.Event()

    def fetch(number: int) -> int:
        if down.is_set():
            raise ConnectionError
        return number

    options: dict[str, Any] = {"progress": False, "retry": 0}
    policy = nk.Cache("1 h", stale="1 day")
    nk.map(fetch, [1], cache=policy, **options).result()
    kept = kept_map.kept_function(fetch, policy)
    assert kept is not None
    kept.answers._clock.now = lambda now=kept.answers._clock.now: now() + 7200  # type: ignore[method-assign, misc]
    down.set()
    frame = nk.map(fetch, [1, 2], cache=policy, **options).result()
    assert frame["source"].tolist() == ["fallback", "network"]
    assert frame["status"].tolist() == ["ok", "failed"]
    assert kept.answers.stats().stale == 1


def test_what_is_kept_goes_with_the_function() -> None:
    """Nobody else knows it."""

    def fetch(number: int) -> int:
        return number

    nk.map(fetch, [1], cache="1 h", progress=False).result()
    gone = weakref.ref(fetch)
    nk.forget()
    del fetch
    # The thread that ran it may still be about to leave its last frame.
    deadline = time.monotonic() + 20
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert gone() is None


def test_what_is_no_policy_is_refused() -> None:
    """HTTP's rules are for a client."""
    for cache in ("http", "soon", True):
        with pytest.raises(nk.ConfigurationError, match="cache="):
            nk.map(len, ["a"], cache=cache, progress=False)
