"""The line that a warning of a cache points to."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.storage.cache_warnings import level_of_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEEN: list[int] = []


def count(number: int) -> int:
    SEEN.append(number)
    return number


async def count_async(number: int) -> int:
    return count(number)


async def awaited(function: Any) -> None:
    await function(1)


def run(function: Any) -> None:
    asyncio.run(function(1))


def call(function: Any) -> None:
    function(1)


def run_in_between(function: Any) -> None:
    asyncio.run(awaited(function))


@pytest.mark.parametrize(
    ("function", "ask"), [(count, call), (count_async, run), (count_async, run_in_between)]
)
def test_it_is_the_line_that_asks(
    function: Any, ask: Callable[[Any], None], tmp_path: Path
) -> None:
    """And none of the package or of asyncio, of a function that is async too."""
    kept = nk.cached("1 h", path=tmp_path / "functions.db")(function)
    with pytest.warns(RuntimeWarning, match="does not compare .*SEEN, which .*count") as told:
        ask(kept)
    (warning,) = told
    asks = awaited if ask is run_in_between else ask
    assert warning.filename == __file__
    assert warning.lineno == asks.__code__.co_firstlineno + 1


def test_where_nobody_asks_it_is_the_line_that_warns() -> None:
    """In a thread of the package's own there is no other."""
    inside: dict[str, Any] = {"__name__": "notebook_kit.made_up", "level_of_user": level_of_user}
    exec("def tell():\n    levels.append(level_of_user())", inside)  # noqa: S102 - ours
    levels = inside["levels"] = []
    thread = threading.Thread(target=inside["tell"])
    thread.start()
    thread.join(10)
    inside["tell"]()
    assert levels == [1, 2]
