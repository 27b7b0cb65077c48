from __future__ import annotations

import math
from html.parser import HTMLParser

import pandas as pd
import pytest

from notebook_kit.frames import Summary, build_frame, errors_by_kind, plan_of, summarise
from notebook_kit.frames.columns import TEXT
from notebook_kit.scheduling import Ledger, Source, Status
from tests.frames.ledgers import answered, everything, failed, frame_of, settle

KINDS = ["error_type", "status_code", "count", "share", "example"]


@pytest.fixture
def summary() -> Summary:
    """A run of seven items that ended in all the ways there are."""
    return summarise(build_frame(*everything()), 2.0)


class Tags(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


# Numbers


def test_counts(summary: Summary) -> None:
    """Rows are counted by how they ended, with pace and times."""
    assert (summary.items, summary.ok, summary.failed, summary.timeout) == (7, 2, 1, 1)
    assert (summary.cancelled, summary.skipped, summary.pending, summary.reused) == (1, 1, 1, 0)
    assert (summary.attempts, summary.elapsed_s, summary.items_per_s) == (6, 2.0, 2.0)
    assert (summary.latency_p50_s, summary.latency_max_s) == (0.25, 0.5)
    assert 0.25 < summary.latency_p95_s < 0.5


def test_reused_answers_say_nothing_of_the_pace() -> None:
    """Answers from a checkpoint are counted as reused, and not in the pace or the latency."""
    ledger = Ledger()
    ledger.grow(3)
    for at in range(2):
        ledger.reuse(at, "known", source=Source.CHECKPOINT, status_code=200, now=1.0)
    settle(ledger, 2, network_s=0.5)
    summary = summarise(frame_of(["a", "b", "c"], ledger), 2.0)
    assert (summary.ok, summary.reused, summary.items_per_s) == (3, 2, 0.5)
    assert summary.latency_p50_s == 0.5


def test_answers_in_place_of_others_are_not_reused() -> None:
    """A fallback is an answer, but it was not known before."""
    ledger = answered(["instead"])
    ledger.source[0] = Source.FALLBACK
    assert summarise(frame_of(["a"], ledger), 1.0).reused == 0


def test_nothing_at_all() -> None:
    """A run of no items has a summary, in numbers, text and HTML."""
    summary = summarise(frame_of([], Ledger()), 0.0)
    assert (summary.items, summary.items_per_s, summary.kinds) == (0, 0.0, ())
    assert math.isnan(summary.latency_p50_s)
    assert repr(summary).splitlines() == [
        "0 items in 0.0 ms (0/s)",
        "ok         0",
        "attempts   0",
    ]
    assert "0 items" in Tags(summary._repr_html_()).text


def test_all_failed() -> None:
    """A run in which everything failed says so, by kind."""
    errors = [ValueError("a"), KeyError("b"), ValueError("c")]
    summary = summarise(frame_of(range(3), failed(errors)), 1.0)
    assert (summary.ok, summary.failed) == (0, 3)
    assert [(kind.error_type, kind.count) for kind in summary.kinds] == [
        ("ValueError", 2),
        ("KeyError", 1),
    ]


def test_series_and_frame(summary: Summary) -> None:
    """The numbers can be had as a Series, and as a row to be set under those of other runs."""
    series = summary.to_series()
    assert (series["ok"], series["items_per_s"], "kinds" in series) == (2.0, 2.0, False)
    rows = pd.concat([summary.to_frame(), summary.to_frame()], ignore_index=True)
    assert rows["ok"].tolist() == [2, 2]
    assert rows["ok"].dtype == "int64"


# Kinds of errors


def test_errors_by_kind() -> None:
    """Errors of one class and status are one kind, with its share and its first text."""
    ledger = failed([ValueError("first"), KeyError("x"), ValueError("second")], status_code=500)
    ledger.grow(5)
    settle(ledger, 3, Status.FAILED, error=ValueError("no status"))
    kinds = errors_by_kind(frame_of(range(8), ledger))
    assert kinds["error_type"].tolist() == ["ValueError", "KeyError", "ValueError"]
    assert kinds["status_code"].fillna(0).tolist() == [500, 500, 0]
    assert kinds["count"].tolist() == [2, 1, 1]
    assert kinds["share"].tolist() == [0.25, 0.125, 0.125]
    assert kinds["example"].tolist() == ["first", "'x'", "no status"]


def test_cancelled_rows_are_no_kind_of_error(summary: Summary) -> None:
    """What was cancelled did not go wrong."""
    assert {kind.error_type for kind in summary.kinds} == {"ValueError", "TimeoutError"}


@pytest.mark.parametrize(
    "ledger",
    [Ledger(), answered(["a"]), failed([ValueError("a")]), everything()[1]],
    ids=["empty", "ok", "failed", "all"],
)
def test_kinds_have_one_schema(ledger: Ledger) -> None:
    """Columns and dtypes are the same whether there are errors or not."""
    kinds = errors_by_kind(frame_of(range(len(ledger)), ledger))
    assert kinds.dtypes.to_dict() == dict(
        zip(KINDS, [TEXT, "Int16", "int64", "float64", TEXT], strict=True)
    )


def test_failure_without_an_error() -> None:
    """A failed row that kept no error is a kind of its own."""
    ledger = Ledger()
    ledger.grow(1)
    settle(ledger, 0, Status.FAILED)
    frame = frame_of(["a"], ledger)
    assert errors_by_kind(frame)["error_type"].isna().tolist() == [True]
    assert "no error was kept" in repr(summarise(frame, 1.0))


# How it looks


def test_text_is_aligned(summary: Summary) -> None:
    """The text is a few lines, numbers under numbers and notes under notes."""
    assert repr(summary).splitlines() == [
        "7 items in 2.0 s (2.00/s)",
        "ok         2   29 %",
        "failed     1   14 %",
        "timeout    1   14 %",
        "cancelled  1   14 %",
        "skipped    1   14 %",
        "pending    1   14 %",
        "errors     1   14 %   ValueError 422: bad value",
        "           1   14 %   TimeoutError: too slow",
        "attempts   6",
        "latency               p50 250 ms, p95 438 ms, max 500 ms",
    ]


def test_reused_is_said() -> None:
    """How many answers were reused stands beside those that are ok."""
    ledger = Ledger()
    ledger.grow(1)
    ledger.reuse(0, "known", source=Source.CACHE, status_code=200, now=1.0)
    assert "ok         1  100 %   1 reused" in repr(summarise(frame_of(["a"], ledger), 1.0))


def test_many_kinds_are_counted_together() -> None:
    """Beyond five kinds the rest is one line, so that the summary stays short."""
    classes = [type(f"Odd{n}", (Exception,), {}) for n in range(8)]
    errors = [kind("x" * 500) for kind in classes]
    lines = repr(summarise(frame_of(range(8), failed(errors)), 1.0)).splitlines()
    assert lines[-3] == "           3   38 %   of 3 more kinds"
    assert len(lines) == 11
    assert max(map(len, lines)) < 120


@pytest.mark.parametrize(
    ("elapsed_s", "says"),
    [
        (0.0123, "1 item in 12 ms"),
        (12.34, "1 item in 12 s (4.86/min)"),
        (125, "1 item in 2 min 05 s"),
        (7_322, "1 item in 2 h 02 min"),
    ],
)
def test_durations_read_well(elapsed_s: float, says: str) -> None:
    """A duration is given in the units that suit it."""
    assert repr(summarise(frame_of(["a"], answered(["a"])), elapsed_s)).startswith(says)


@pytest.mark.parametrize(("count", "pace"), [(1_500, "1,500"), (15, "15.0"), (2, "2.00")])
def test_paces_read_well(count: int, pace: str) -> None:
    """A pace is given with about three digits."""
    summary = summarise(frame_of(range(count), answered(range(count))), 1.0)
    assert f"({pace}/s)" in repr(summary)


def test_small_shares_are_not_nothing() -> None:
    """One of a thousand is less than one in a hundred, not none; all but one is not all."""
    ledger = failed([ValueError("a")])
    ledger.grow(999)
    for at in range(1, 1_000):
        settle(ledger, at)
    text = repr(summarise(build_frame(plan_of(range(1_000)), ledger), 1.0))
    assert "ok           999  >99 %" in text
    assert "failed         1   <1 %" in text


def test_html_is_a_table_in_any_theme(summary: Summary) -> None:
    """The HTML is one table with the same words, and no colour of its own."""
    page = summary._repr_html_()
    tags = Tags(page)
    assert tags.tags.count("table") == 1
    assert "color" not in page
    for word in ("7 items in 2.0\xa0s", "cancelled", "ValueError 422: bad value", "p50 250"):
        assert word in tags.text


def test_html_is_escaped() -> None:
    """The text of an error is shown as text, whatever markup is in it."""
    error = ValueError("<script>alert(1)</script>")
    page = summarise(frame_of(["a"], failed([error])), 1.0)._repr_html_()
    assert "script" not in Tags(page).tags
    assert "&lt;script&gt;alert(1)" in page
