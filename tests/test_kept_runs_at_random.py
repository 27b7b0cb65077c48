"""nk.load_run against the frames of runs that nobody has thought of."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.storage.listing import list_runs

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE: Final = 6
#: How many runs and runs once more, in a quick look and in one that takes its time; a thorough look
#: takes thousands.
_QUICK: Final = 10
_EXAMPLES: Final = int(os.environ.get("NOTEBOOK_KIT_EXAMPLES", "100"))
_NAMES: Final = st.sampled_from([None, "k", ("k", 1), 7])
#: Text that Arrow takes, which halves of surrogate pairs are not.
_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
_DATES: Final = st.dates() | st.decimals(allow_nan=False) | st.frozensets(st.integers(0, 2))
_ITEMS: Final = st.one_of(
    st.integers(0, 4), st.floats(), _TEXT, st.tuples(st.integers(0, 1), _TEXT), st.binary(), _DATES
)
_MOMENTS: Final = st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2100-01-01"))
_ZONES: Final = st.sampled_from([None, "UTC", "Europe/Zurich", "Asia/Kathmandu"])
_UNITS: Final[Any] = st.sampled_from(["s", "ms", "us", "ns"])
Reuse = Literal["ok", "settled", "none"]


class Plan(NamedTuple):
    """What a run is over, which items fail in it, and what it makes of earlier ones."""

    items: list[Any]
    index: Any
    failing: set[int]
    reuse: Reuse
    again: Literal["", "live", "ended"]


def _texts(draw: st.DrawFn, numbers: list[int]) -> Any:
    size = len(numbers)
    return pd.Index(draw(st.lists(_TEXT, min_size=size, max_size=size)), dtype="str")


def _dates(draw: st.DrawFn, numbers: list[int]) -> Any:
    size = len(numbers)
    moments = pd.DatetimeIndex(draw(st.lists(_MOMENTS, min_size=size, max_size=size)))
    return moments.tz_localize("UTC").as_unit(draw(_UNITS)).tz_convert(draw(_ZONES))


def _durations(draw: st.DrawFn, numbers: list[int]) -> Any:
    days = pd.Index([it / 7 if it else None for it in numbers], dtype="float64")
    return pd.to_timedelta(days, unit="D").as_unit(draw(_UNITS))


def _periods(draw: st.DrawFn, numbers: list[int]) -> Any:
    freq = draw(st.sampled_from(["M", "D", "h", "Y", "W-SUN"]))
    return pd.PeriodIndex(["2024-03-05"] * len(numbers), freq=freq) + pd.Index(numbers)


def _intervals(draw: st.DrawFn, numbers: list[int]) -> Any:
    left = pd.Index(numbers, dtype=draw(st.sampled_from(["int64", "float64"])))
    closed: Any = draw(st.sampled_from(["left", "right", "both", "neither"]))
    return pd.IntervalIndex.from_arrays(left, left + 1, closed=closed)


#: Labels of one level, made of numbers.
_LEVELS: Final[dict[str, Callable[[st.DrawFn, list[int]], Any]]] = {
    "int": lambda _, numbers: pd.Index(numbers, dtype="int64"),
    "int8": lambda _, numbers: pd.Index(numbers, dtype="int8"),
    "float": lambda _, numbers: pd.Index([it / 8 if it else None for it in numbers], dtype=float),
    "mixed": lambda _, numbers: pd.Index([it if it % 2 else str(it) for it in numbers]),
    "Int64": lambda _, numbers: pd.Index([it or pd.NA for it in numbers], dtype="Int64"),
    "bool": lambda _, numbers: pd.Index([it > 0 for it in numbers], dtype=bool),
    "texts": _texts,
    "dates": _dates,
    "days": lambda _, numbers: pd.Index([date.fromordinal(999 + it) for it in numbers]),
    "durations": _durations,
    "periods": _periods,
    "intervals": _intervals,
}


@st.composite
def levels(draw: st.DrawFn, size: int) -> Any:
    """Draw labels of one level; not categories, of which those come back that occur."""
    numbers = draw(st.lists(st.integers(-100, 100), min_size=size, max_size=size))
    return draw(st.sampled_from(list(_LEVELS.values())))(draw, numbers)


@st.composite
def indexes(draw: st.DrawFn, size: int) -> Any:
    """Draw labels, or None for the positions."""
    kind = draw(st.sampled_from(["positions", "range", "flat", "flat", "several"]))
    if kind == "positions":
        return None
    if kind == "range":
        start, step = (
            draw(st.integers(-9, 9)),
            draw(st.integers(1, 3)) * draw(st.sampled_from([1, -1])),
        )
        return pd.RangeIndex(start, start + size * step, step, name=draw(_NAMES))
    if kind == "flat":
        return draw(levels(size)).rename(draw(_NAMES))
    several = [draw(levels(size)) for _ in range(draw(st.integers(2, 3)))]
    return pd.MultiIndex.from_arrays(
        several, names=[draw(_NAMES), *["x", None][: len(several) - 1]]
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a run."""
    items = draw(st.lists(_ITEMS, min_size=1, max_size=_SIZE))
    index = draw(indexes(len(items)))
    failing = draw(st.sets(st.integers(0, len(items) - 1)))
    reuse: Reuse = draw(st.sampled_from(["ok", "settled", "none"]))
    return Plan(items, index, failing, reuse, draw(st.sampled_from(["", "", "live", "ended"])))


class World:
    """Answers items, but for those that fail just now."""

    def __init__(self) -> None:
        self.failing: list[str] = []

    async def answer(self, item: Any) -> Any:
        """Answer, or raise."""
        await asyncio.sleep(0)
        if repr(item) in self.failing:
            message = f"no answer to {item!r}"
            raise LookupError(message)
        return {"of": item, "parts": (1, [item])}


async def frames(plan: Plan, world: World, answer: Any, path: Path) -> list[pd.DataFrame]:
    """Carry out a run, and the one in which what failed is tried again; return their frames."""
    world.failing = [repr(plan.items[at]) for at in plan.failing]
    items: Any = plan.items
    if plan.index is not None:
        items = pd.Series(plan.items, index=plan.index, dtype=object)
    run = nk.map(
        answer, items, checkpoint=path, reuse=plan.reuse, retry=0, progress=False, on_change="new"
    )
    if plan.again == "live":
        async for outcome in run.as_completed():
            if not outcome.ok and world.failing:
                world.failing = []
                with suppress(nk.ConfigurationError):  # it is just ending
                    run.retry_failed()
    made = [await run]
    if plan.again == "ended" and not (made[0]["status"] == "ok").all():
        world.failing = world.failing[1:]
        made.append(await run.retry_failed())
    return made


def about(frame: pd.DataFrame, has_taken: Any) -> dict[str, Any]:
    """Return what a frame knows of its run, but for what follows from when rows began."""
    known = frame.attrs["notebook_kit"]
    odd = ("started", "elapsed_s", "order") if has_taken else ()
    return {name: value for name, value in known.items() if name not in odd}


@settings(max_examples=_QUICK, deadline=None)
@given(st.lists(plans(), min_size=1, max_size=3))
def test_a_loaded_run_is_the_frame_of_the_run(all_plans: list[Plan]) -> None:
    """Whatever the items, labels, failures and earlier runs: all but when a row was taken over."""
    _check(all_plans)


@pytest.mark.slow
@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.lists(plans(), min_size=1, max_size=3))
def test_any_loaded_run_is_the_frame_of_the_run(all_plans: list[Plan]) -> None:
    """The same of many more."""
    _check(all_plans)


def _check(all_plans: list[Plan]) -> None:
    world = World()

    async def answer(item: Any) -> Any:
        return await world.answer(item)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "work.db")
        made: list[pd.DataFrame] = []
        for plan in all_plans:
            made += asyncio.run(frames(plan, world, answer, path))
        listed, kept = nk.runs(path), [run for run, _ in list_runs(path)]
        assert len(listed) == len(made)
        for at, frame in enumerate(made):
            loaded = nk.load_run(path, at)
            # When a row was taken over is not kept, but when the run began.
            taken = frame["source"] == "checkpoint"
            began = pd.Timestamp(round(1e6 * kept[at].started), unit="us", tz="UTC")
            assert began.floor("s") == listed["started"][at]
            assert (loaded["started"].to_numpy()[taken] == began).all()
            expected = frame.copy()
            if isinstance(expected.index, pd.MultiIndex):
                # Labels that are in a level and occur in no row are not kept.
                expected.index = expected.index.remove_unused_levels()
            expected.loc[taken.to_numpy(), "started"] = began
            pd.testing.assert_frame_equal(loaded, expected, rtol=0, atol=1e-9, check_freq=False)
            assert about(loaded, taken.any()) == about(frame, taken.any())
