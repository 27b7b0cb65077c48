"""nk.runs and nk.load_run, with real runs and real files."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from tests.paces import at_any_pace
from tests.storage.helpers import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.demo import DemoServer

ANOTHER = """
import asyncio, sys
import notebook_kit as nk

async def one(number):
    if number >= 3:
        await asyncio.sleep(3600)
    return {"n": number}

nk.map(one, range(10), checkpoint=sys.argv[1], name="theirs", progress=False).result()
"""
DTYPES = {
    "run": "str",
    "name": "str",
    "state": "str",
    "total": "Int64",
    "ok": "int64",
    "failed": "int64",
    "timeout": "int64",
    "reused": "int64",
    "duration_s": "float64",
    "started": "datetime64[s, UTC]",
    "ended": "datetime64[s, UTC]",
}


async def odd(number: int) -> dict[str, Any]:
    """Answer but for three."""
    if number == 3:
        message = "three is\nodd"
        raise ValueError(message)
    return {"n": number, "parts": (1, b"x")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def another(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has written three of ten rows, and goes on."""
    process = subprocess.Popen([sys.executable, "-c", ANOTHER, str(path)])
    try:
        wait_for(lambda: path.exists() and _is_written(path), 30)
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)


def _is_written(path: Path) -> bool:
    try:
        return nk.runs(path)["ok"].tolist() == [3]
    except nk.StorageError:
        return False  # It is just being made.


def run(items: Any, path: Path, **options: Any) -> pd.DataFrame:
    """Return the frame of a run that has ended."""
    return nk.map(odd, items, checkpoint=path, progress=False, retry=0, **options).result()


def dtypes_of(listed: pd.DataFrame) -> dict[str, str]:
    """Return the dtypes by column; text is objects before pandas 3."""
    return {str(name): str(it).replace("object", "str") for name, it in listed.dtypes.items()}


def check_same(loaded: pd.DataFrame, frame: pd.DataFrame) -> None:
    """Check that frames are the same in all but billionths of a second."""
    pd.testing.assert_frame_equal(loaded, frame, rtol=0, atol=1e-9, check_freq=False)
    assert loaded.attrs == frame.attrs


def test_the_table_of_runs(path: Path) -> None:
    """One row a run, oldest first: when, how it ended, of how many rows, how these ended."""
    run([1, 2, 3], path, name="first")
    run([1, 2, 4], path, name="second")
    listed = nk.runs(path)
    assert list(dtypes_of(listed).items()) == list(DTYPES.items())
    assert listed["name"].tolist() == ["first", "second"]
    assert listed["state"].tolist() == ["done", "done"]
    assert listed["total"].tolist() == [3, 3]
    assert listed[["ok", "failed", "timeout", "reused"]].to_numpy().tolist() == [
        [2, 1, 0, 0],
        [1, 0, 0, 2],
    ]
    lasted = (listed["ended"] - listed["started"]).dt.total_seconds()
    assert listed["duration_s"].tolist() == pytest.approx(lasted.tolist(), abs=1)
    assert listed["started"].is_monotonic_increasing


def test_a_table_of_no_run(path: Path) -> None:
    """It has the same columns and dtypes."""
    run([], path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM runs")
        connection.commit()
    listed = nk.runs(path)
    assert len(listed) == 0
    assert dtypes_of(listed) == DTYPES
    assert listed.index.equals(pd.RangeIndex(0))


@pytest.mark.parametrize(
    "items",
    [
        [1, 2, 3],
        [],
        {"a": 1, "b": 3},
        {("a", 1): 1, ("b", 2): 3},
        pd.Series([1, 3], index=pd.Index(["x", "x"], name="k")),
        pd.Series([1, 2, 3], index=pd.date_range("2024-03-30", periods=3, tz="Europe/Zurich")),
        pd.DataFrame({"number": [1, 2, 3]}, index=pd.RangeIndex(5, 11, 2)),
        pd.Series([1, 3], index=pd.RangeIndex(5, 7, name="n")),
        pd.Series([1, 3], index=pd.interval_range(0.0, 2.0, closed="left", name="i")),
        pd.Series([1, 3], index=pd.Index([7, pd.NA], dtype="Int64")),
        pd.Series(
            [1, 2, 3],
            index=pd.MultiIndex.from_product(
                [["a"], pd.date_range("2024-10-27", periods=3, freq="h", tz="Europe/Zurich")],
                names=["x", "when"],
            ),
        ),
        (number for number in (1, 2, 3)),
    ],
    ids=[
        "list",
        "nothing",
        "dict",
        "tuples",
        "duplicates",
        "dates",
        "table",
        "range",
        "intervals",
        "missing",
        "levels",
        "generator",
    ],
)
def test_the_very_frame(path: Path, items: Any) -> None:
    """Items, labels, answers, errors, attempts, times, dtypes and attributes are the run's own."""
    frame = run(items, path)
    check_same(nk.load_run(path), frame)


def test_the_frame_of_a_run_that_sent_little(path: Path) -> None:
    """Rows of earlier runs are there as in its own frame; they started with the run."""
    items = pd.Series([1, 2, 3], index=["a", "b", "c"])
    run(items, path)
    frame = run(items, path)
    loaded = nk.load_run(path)
    assert loaded["source"].tolist() == ["checkpoint", "checkpoint", "network"]
    began = nk.runs(path)["started"].iloc[-1]
    assert loaded["started"].dt.floor("s").tolist()[:2] == [began, began]
    assert loaded["started"].nunique() == 2
    for one in (loaded, frame):
        one["started"] = began
        one.attrs = {}
    check_same(loaded, frame)


@pytest.mark.parametrize("index", [["a", "b"], pd.RangeIndex(4, 8, 2), None], ids=str)
def test_labels_of_rows_that_were_taken_over(path: Path, index: Any) -> None:
    """They are those of the run, whatever the run that has done the rows called them."""
    run(pd.Series([1, 2], index=["p", "q"]), path)
    frame = run(pd.Series([1, 2], index=index), path)
    loaded = nk.load_run(path)
    assert loaded["source"].tolist() == ["checkpoint"] * 2
    pd.testing.assert_index_equal(loaded.index, frame.index, exact=True)


def test_answers_from_a_cache(path: Path) -> None:
    """It is told which answers were known to a cache, and that one had failed there."""
    one = run([1, 2], path, cache="1h")
    assert one["source"].tolist() == ["network"] * 2
    other = path.with_name("other.db")
    frame = run([2, 1, 4], other, cache="1h")
    assert frame["source"].tolist() == ["cache", "cache", "network"]
    check_same(nk.load_run(other), frame)


@at_any_pace
def test_rows_that_the_time_of_a_run_cut_off(pace: float, tmp_path: Path) -> None:
    """Those under way have run out of time, the rest is skipped; a later run does all of them."""
    path = tmp_path / f"at pace {pace}.db"

    async def slow(number: int) -> int:
        if number > 1:
            await asyncio.sleep(3600)
        return number

    def mapped(**options: Any) -> pd.DataFrame:
        return nk.map(
            slow,
            pd.Series([1, 2, 3], index=["a", "b", "c"]),
            checkpoint=path,
            progress=False,
            max_concurrency=1,
            batch_timeout=0.2 * pace,
            **options,
        ).result()

    frame = mapped()
    assert frame["status"].tolist() == ["ok", "timeout", "skipped"]
    loaded = nk.load_run(path)
    assert loaded["item"].tolist()[:2] == [1, 2]
    assert loaded.index.tolist()[:2] == ["a", "b"]
    # What was not begun is not in the file: neither the item nor its label.
    told = [name for name in frame.columns if name != "item"]
    loaded.attrs = frame.attrs
    check_same(loaded[told][:2], frame[told][:2])
    assert loaded[told].iloc[2].equals(frame[told].iloc[2])
    again = mapped(reuse="settled")
    assert again["source"].tolist() == ["checkpoint", "network", "network"]


def test_rows_that_are_not_kept_are_in_the_frame(path: Path) -> None:
    """Of an answer that JSON cannot hold it is said that there was one, and which row's it is."""

    async def strange(number: int) -> Any:
        return {1: None, 2: bytearray(b"x")}.get(number, number)

    frame = nk.map(strange, [1, 2, 3], checkpoint=path, progress=False).result()
    with pytest.warns(RuntimeWarning, match=r"^Of 1 row among 3 .*'AnswerNotKept'") as warned:
        loaded = nk.load_run(path)
    assert warned[0].filename == __file__
    assert loaded["status"].tolist() == frame["status"].tolist() == ["ok"] * 3
    assert loaded["result"].tolist() == [None, None, 3]
    assert loaded[loaded["error_type"] == "AnswerNotKept"]["item"].tolist() == [2]
    assert "does not hold it" in loaded["error"].tolist()[1]
    assert loaded.attrs["notebook_kit"]["answers_unknown"] == 1
    assert loaded.calls.errors().empty
    again = nk.map(strange, [1, 2, 3], checkpoint=path, progress=False).result()
    assert again["source"].tolist() == ["checkpoint", "network", "checkpoint"]


ANSWERS = [
    *(
        np.float64(1.5),
        np.int32(7),
        {"a": np.float64(1)},
        np.arange(3),
        pd.Timestamp("2024"),
        pd.NA,
    ),
    *(dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC), Decimal("1.10"), {1, 2}, 1j),
]


def test_answers_of_numbers_and_dates(path: Path) -> None:
    """They are kept: nothing is done again, and the frame of the file is the run's own."""
    frame = nk.map(ANSWERS.__getitem__, range(len(ANSWERS)), checkpoint=path, progress=False)
    own, loaded = frame.result(), nk.load_run(path)
    assert (
        list(map(repr, loaded["result"])) == list(map(repr, own["result"])) == [*map(repr, ANSWERS)]
    )
    again = nk.map(ANSWERS.__getitem__, range(len(ANSWERS)), checkpoint=path, progress=False)
    assert again.result()["source"].tolist() == ["checkpoint"] * len(ANSWERS)
    assert list(map(repr, again.result()["result"])) == [*map(repr, ANSWERS)]


@pytest.mark.parametrize(
    "items",
    [
        [dt.date(2024, 1, 1), {1, 2}, Decimal("1.10")],
        pd.Series([pd.Timestamp("2024", tz="Europe/Zurich"), pd.NaT, pd.Timestamp("2025")]),
        pd.Series([dt.date(2024, 1, 1)], index=pd.Index([dt.date(2024, 1, 1)], name=dt.date.min)),
        pd.Series(["x", "y"], index=pd.Index([dt.date(2024, 1, 1), "b"], dtype=object)),
        pd.Series([1, 2], index=pd.CategoricalIndex(pd.to_datetime(["2024", "2025"]))),
        {dt.date(2024, 1, 1): 1, pd.Timestamp("2024-01-02"): 2},
    ],
    ids=["list", "moments", "dates", "mixed", "categories", "dict"],
)
def test_items_and_labels_of_dates(path: Path, items: Any) -> None:
    """They are in the frame of the file as they were in the run's."""
    frame = nk.map(str, items, checkpoint=path, progress=False).result()
    loaded = nk.load_run(path)
    assert list(map(repr, loaded["item"])) == list(map(repr, frame["item"]))
    pd.testing.assert_index_equal(loaded.index, frame.index, exact=True)


def test_the_table_of_runs_is_narrow(path: Path) -> None:
    """What counts stands first; moments come last, without fractions of seconds."""
    run([1, 3], path, name="a name of twenty ch.")
    lines = nk.runs(path).drop(columns=["duration_s", "started", "ended"]).to_string().splitlines()
    assert max(map(len, lines)) < 85
    assert nk.runs(path).columns[-2:].tolist() == ["started", "ended"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", str(nk.runs(path)["started"][0]))


#: Without types, as for who does not check them.
loading: Any = nk.load_run
listing: Any = nk.runs


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda: loading("k.db", rnu=1),
            r"nk\.load_run has no option 'rnu'\. Did you mean 'run'",
        ),
        (lambda: loading("k.db", 1, 2), "nk.load_run takes only checkpoint and run without"),
        (lambda: listing(file="k.db"), r"nk\.runs has no option 'file'\. It takes checkpoint\."),
        (listing, "nk.runs: missing a required argument: 'checkpoint'"),
    ],
)
def test_arguments_that_do_not_fit(ask: Callable[[], object], said: str) -> None:
    """What is meant is said, as everywhere."""
    with pytest.raises(nk.ConfigurationError, match=said):
        ask()


def test_a_place_that_numpy_counted(path: Path) -> None:
    """A place out of a frame is a place."""
    for number in (1, 2):
        run([number], path)
    for place in np.arange(2):
        assert nk.load_run(path, place)["item"].tolist() == [place + 1]


def test_what_was_sent_again_is_a_run_of_its_own(path: Path) -> None:
    """The frame of the whole is that of the run before it, and of the cell that is run again."""
    whole = nk.map(odd, [1, 2, 3], checkpoint=path, progress=False, retry=0)
    whole.result()
    whole.retry_failed().result()
    assert nk.load_run(path)["item"].tolist() == [3]
    assert nk.load_run(path, -2)["item"].tolist() == [1, 2, 3]
    assert nk.load_run(path, whole.result().attrs["notebook_kit"]["run"])["item"].tolist() == [
        1,
        2,
        3,
    ]


def test_any_of_several_runs(path: Path) -> None:
    """By what the table says of it: its place, its run, its name."""
    for number in (1, 2):
        run([number], path, name=f"number {number}")
    listed = nk.runs(path)
    for wanted in (0, -2, listed["run"][0], listed["run"][0][:6], "number 1"):
        assert nk.load_run(path, wanted)["item"].tolist() == [1]
    assert nk.load_run(str(path))["item"].tolist() == [2]
    with pytest.raises(nk.ConfigurationError, match=r"(?s)is no run.*number 1.*number 2"):
        nk.load_run(path, "number 3")


def test_the_run_that_a_frame_is_of(path: Path) -> None:
    """A frame knows by which word its run is found."""
    frame = run([1], path)
    run([2], path)
    check_same(nk.load_run(path, frame.attrs["notebook_kit"]["run"]), frame)


def test_calls_of_a_loaded_frame(path: Path, tmp_path: Path) -> None:
    """Its errors, views and exports are there, and what failed can be sent again."""
    frame = run({"a": 1, "b": 3}, path)
    loaded = nk.load_run(path)
    assert loaded["error"].tolist()[1] == "three is odd"
    assert str(loaded.calls.summary()) == str(frame.calls.summary())
    files = (tmp_path / "loaded.parquet", tmp_path / "own.parquet")
    read = [
        nk.read_frame(one.calls.export(file))
        for one, file in zip((loaded, frame), files, strict=True)
    ]
    check_same(*read)
    again = loaded.calls.retry(odd, progress=False, retry=0).result()
    assert again.index.tolist() == ["b"]
    assert again["item"].tolist() == [3]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_exports_of_rows_that_were_taken_over(path: Path, tmp_path: Path, ending: str) -> None:
    """A run that sent nothing is written whole."""
    run([1, 2], path)
    again = nk.map(odd, [1, 2], checkpoint=path, progress=False)
    again.result()
    read = nk.read_frame(again.export(tmp_path / f"x.{ending}"))
    assert read["source"].tolist() == ["checkpoint", "checkpoint"]
    assert [answer["n"] for answer in read["result"]] == [1, 2]


def test_a_run_of_another_process(path: Path, another: subprocess.Popen[bytes]) -> None:
    """Its frame is there while it is written: rows that have not ended are pending."""
    listed = nk.runs(path)
    assert listed["state"].tolist() == ["running"]
    assert listed["ended"].isna().all()
    loaded = nk.load_run(path, "theirs")
    assert loaded["status"].tolist() == ["ok"] * 3 + ["pending"] * 7
    assert loaded["result"].tolist()[:3] == [{"n": 0}, {"n": 1}, {"n": 2}]
    os.kill(another.pid, signal.SIGKILL)
    another.wait(timeout=30)
    assert nk.runs(path)["state"].tolist() == ["broken off"]
    assert nk.load_run(path)["status"].tolist() == loaded["status"].tolist()


def test_items_that_nobody_knows_are_not_sent(path: Path) -> None:
    """The checkpoint has no items of rows that were not begun, and None is not sent for them."""

    async def slow(number: int) -> int:
        if number > 1:
            await asyncio.sleep(3600)
        return number

    async def cancelled() -> None:
        begun = nk.map(slow, [1, 2, 3], checkpoint=path, progress=False, max_concurrency=1)
        async for _ in begun.as_completed():
            break
        begun.cancel()
        await begun

    asyncio.run(cancelled())
    loaded = nk.load_run(path)
    assert loaded["status"].tolist() == ["ok", "cancelled", "cancelled"]
    with pytest.raises(nk.ConfigurationError, match="give items="):
        loaded.calls.retry(odd, progress=False)
    again = loaded.calls.retry(odd, items=[1, 2, 4], progress=False).result()
    assert again["item"].tolist() == [2, 4]


def test_calls_of_a_client(path: Path, demo: DemoServer) -> None:
    """What was called is known, so that the same client can send again what failed."""
    codes = pd.DataFrame({"iata": ["ZRH", "XXX"]}, index=["a", "b"])
    with nk.Client(demo.url, retry=0) as client:
        frame = client.map("/airports/{iata}", codes, checkpoint=path, progress=False)
        loaded = nk.load_run(path)
        check_same(loaded, frame)
        assert loaded["error_type"].tolist()[1] == "NotFound"
        again = loaded.calls.retry(client, items=codes, progress=False)
    assert again["status_code"].tolist() == [404]
    assert again.attrs["notebook_kit"]["path"] == "/airports/{iata}"


def test_no_file_and_other_files(tmp_path: Path) -> None:
    """Errors say what is wrong, and nothing is made."""
    for ask in (nk.runs, nk.load_run):
        with pytest.raises(nk.StorageError, match="There is no file"):
            ask(tmp_path / "none.db")
    other = tmp_path / "notes.txt"
    other.write_text("some text")
    for ask in (nk.runs, nk.load_run):
        with pytest.raises(nk.CheckpointCorrupt, match="no checkpoint"):
            ask(other)
    assert [it.name for it in tmp_path.iterdir()] == ["notes.txt"]
    assert other.read_text() == "some text"


def test_nothing_of_a_loaded_run_is_kept(path: Path) -> None:
    """The file can be deleted, and the last run is still the one that was started."""
    run([1], path)
    last = nk.last_run()
    nk.load_run(path)
    assert nk.last_run() is last
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(nk.StorageError):
        nk.load_run(path)
