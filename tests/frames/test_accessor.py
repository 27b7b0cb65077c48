from __future__ import annotations

import importlib
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import notebook_kit as nk
from notebook_kit.frames import build_frame, errors_by_kind
from notebook_kit.frames.accessor import Calls
from tests.frames.ledgers import everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path


def calls_of(frame: pd.DataFrame) -> Calls:
    """Return the accessor of a frame; type checkers know nothing of it."""
    found: Any = frame.calls
    assert isinstance(found, Calls)
    return found


def from_csv(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as it comes back from a CSV."""
    return pd.read_csv(io.StringIO(frame.to_csv(index=False)))


def test_every_frame_of_a_run_has_it() -> None:
    """Cut, sorted, or from a file."""
    frame = build_frame(*everything())
    for it in (frame, frame.iloc[:2], frame.sort_values("network_s"), from_csv(frame)):
        assert isinstance(calls_of(it), Calls)
    assert repr(calls_of(frame.iloc[:2])) == "<calls of 2 rows: 1 ok, 1 failed>"
    assert repr(calls_of(frame.iloc[:0])) == "<calls of 0 rows>"


def test_another_table_says_what_it_lacks() -> None:
    """And what makes a frame that has it; asking whether it is there is no error."""
    table = pd.DataFrame({"status": ["new"]})
    with pytest.raises(AttributeError, match=r"there is no attempts here: client\.map"):
        _ = calls_of(table)
    assert not hasattr(table, "calls")


def test_the_summary_is_the_run_s() -> None:
    """Of the frame, and of what a file has kept of it."""
    frame = build_frame(*everything())
    frame.attrs["notebook_kit"] = {"elapsed_s": 8.0}
    summary = calls_of(frame).summary()
    assert (summary.items, summary.ok, summary.elapsed_s) == (7, 2, 8.0)
    back = calls_of(from_csv(frame)).summary()
    assert back.ok == 2
    assert back.kinds == summary.kinds
    assert back.elapsed_s == pytest.approx(frame["elapsed_s"].max())


def test_errors_are_the_kinds_with_advice() -> None:
    """As `errors_by_kind` gives them, and one column more."""
    frame = build_frame(*everything())
    kinds = calls_of(frame).errors()
    assert_frame_equal(kinds.drop(columns="what_to_do"), errors_by_kind(frame))
    assert_frame_equal(calls_of(from_csv(frame)).errors(), kinds)


def test_failed_rows() -> None:
    """All columns of the rows that failed or timed out, as they are in the frame."""
    frame = build_frame(*everything())
    assert_frame_equal(calls_of(frame).failed(), frame.iloc[[1, 2]])
    assert calls_of(from_csv(frame)).failed()["item"].tolist() == ["b", "c"]


def test_what_a_method_needs_is_said() -> None:
    """A frame that was cut to some columns can do what these allow."""
    frame = build_frame(*everything())[["status", "attempts"]]
    assert len(calls_of(frame).failed()) == 2
    for ask in ("summary", "errors", "usage", "latency", "expand"):
        with pytest.raises(nk.ConfigurationError, match=rf"frame\.calls\.{ask} needs"):
            getattr(calls_of(frame), ask)()


def test_it_is_written_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `export_frame` does, whatever was cut from it, where it is told to or in this folder."""
    frame = build_frame(*everything()).iloc[:3]
    path = calls_of(frame).export(tmp_path / "rows.parquet")
    assert path == tmp_path / "rows.parquet"
    assert_frame_equal(nk.read_frame(path), frame)
    monkeypatch.chdir(tmp_path)
    found = calls_of(frame).export(name="airports")
    assert found.name.startswith("airports")
    assert found.suffix == ".csv"
    with pytest.raises(nk.ConfigurationError, match="end the name in one of"):
        calls_of(frame).export("rows.doc")


CHARTS = ["timeline", "latency", "throughput", "failures", "concurrency"]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_drawn_of_the_frame(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is given the frame with its dtypes, the attempts and the options."""
    given: dict[str, Any] = {}

    def draw(frame: pd.DataFrame, attempts: Any = None, **options: Any) -> str:
        given.update(frame=frame, attempts=attempts, options=options)
        return "a chart"

    room = importlib.import_module
    drawn = SimpleNamespace(**{name: draw})
    monkeypatch.setattr(
        importlib,
        "import_module",
        lambda it: drawn if it == "notebook_kit.frames.charts" else room(it),
    )
    frame = build_frame(*everything())
    table = pd.DataFrame()
    assert getattr(calls_of(from_csv(frame)), name)(table, width=3) == "a chart"
    assert given["attempts"] is table
    assert given["options"] == {"width": 3}
    assert given["frame"]["status"].dtype == frame["status"].dtype


def test_answers_in_a_file_are_opened() -> None:
    """They are JSON text there; a run's own are not read again."""
    answers = ['{"n": 1, "city": "Bern"}', '{"n": 2, "city": "Oslo"}']
    opened = calls_of(from_csv(frame_of_answers(answers))).expand()
    assert opened["n"].tolist() == [1, 2]
    assert opened["city"].tolist() == ["Bern", "Oslo"]
    assert calls_of(frame_of_answers([{"n": 3}])).expand()["n"].tolist() == [3]


def test_usage_of_answers_in_a_file() -> None:
    """Answers are JSON there."""
    answer = '{"model":"m","usage":{"prompt_tokens":1000000,"completion_tokens":0}}'
    usage = calls_of(from_csv(frame_of_answers([answer]))).usage({"m": (2.0, 3.0)})
    assert usage.total["cost"] == 2.0


def test_a_frame_from_parquet_is_retried_and_mended(
    demo: nk.demo.DemoServer, tmp_path: Path
) -> None:
    """The rows that failed are sent again, and their answers put in."""
    codes = pd.Series(["ZRH", "XXX", "LHR"], index=["a", "b", "c"])
    with nk.Client(demo.url) as client:
        client.map("/airports/{iata}", codes, progress=False)
        run = nk.last_run()
        assert run is not None
        path = run.export(tmp_path / "run.parquet")
        frame = pd.read_parquet(path)
        frame.loc[frame["status"] == "failed", "item"] = "JFK"
        newer = calls_of(frame).retry(client, path="/airports/{iata}", progress=False)
        assert newer["item"].tolist() == ["JFK"]
        both = calls_of(frame).merge(newer)
    assert both["status"].tolist() == ["ok", "ok", "ok"]
    assert both["result"].iloc[1]["iata"] == "JFK"
    assert both["attempts"].tolist() == [1, 2, 1]


def test_a_table_of_calls_by_telephone_keeps_its_column() -> None:
    """It may have a status and attempts too; a frame of a run has the accessor all the same."""
    table = pd.DataFrame({"status": ["open"], "attempts": [1], "calls": [10]})
    assert table.calls.tolist() == [10]
    assert calls_of(build_frame(*everything()).assign(calls=1)).summary().ok == 2


def test_advice_says_what_to_write_for_this_frame() -> None:
    """With a table that the frame does not hold, and the function that was mapped."""

    def slow(n: int) -> None:
        raise TimeoutError(str(n))

    frame = nk.map(slow, pd.DataFrame({"n": [1]}), retry=0, progress=False).result()
    advice = calls_of(frame).errors()["what_to_do"][0]
    assert "frame.calls.retry(function, items=table) sends them again" in advice


def test_attempts_of_another_run_are_refused() -> None:
    """They know their run, as the frame does, from a file too; a merged one takes those of all."""
    once = [ValueError("no"), "yes"]

    def second(_: int) -> object:
        came = once.pop(0)
        if isinstance(came, Exception):
            raise came
        return came

    run = nk.map(second, [7], retry=0, progress=False)
    frame = run.result()
    again = calls_of(frame).retry(second, progress=False)
    both = calls_of(frame).merge(again.result())
    other = again.attempts
    assert calls_of(frame).latency(run.attempts).data["failed"].sum() == 1
    for name in CHARTS:
        with pytest.raises(nk.ConfigurationError, match="are of another run than the frame"):
            getattr(calls_of(frame), name)(other)
    for one in (run.attempts, again.attempts):
        with pytest.raises(nk.ConfigurationError, match=r"pd\.concat\(\[run\.attempts, again"):
            calls_of(both).latency(one)
    all_attempts = pd.concat([run.attempts, again.attempts])
    data = calls_of(both).latency(all_attempts).data
    assert (data["failed"].sum(), data["answered"].sum()) == (1, 1)
    other.attrs = {}
    calls_of(frame).latency(other)


def test_an_error_shows_the_user_s_line_alone() -> None:
    """What the package did meanwhile would push the message out of sight."""
    calls: Any = calls_of(frame_of_answers([{"city": "Bern"}]))
    for ask in (lambda: calls.expand(["town"]), calls.retry, lambda: calls.latency(3)):
        with pytest.raises(nk.ConfigurationError) as caught:
            ask()
        modules = [it.frame.f_globals["__name__"] for it in caught.traceback]
        assert not [name for name in modules if name.startswith("notebook_kit")]


def test_a_client_is_asked_for_in_words() -> None:
    """Python's own complaint would name a parameter that nobody writes."""
    calls = calls_of(build_frame(*everything()))
    with pytest.raises(nk.ConfigurationError, match="takes a client or the function"):
        calls.retry()
    with pytest.raises(nk.ConfigurationError, match="was given a str"):
        calls.retry("http://x")
