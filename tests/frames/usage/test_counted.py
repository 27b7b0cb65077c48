from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.usage import usage_of


def answer(model: str | None = "m", read: int = 100, written: int = 50) -> dict[str, Any]:
    """Return an answer that used so many tokens."""
    usage = {"prompt_tokens": read, "completion_tokens": written}
    return {"model": model, "usage": usage}


def frame(rows: list[tuple[Any, str, str, int]], labels: Any = None) -> pd.DataFrame:
    """Return a frame of results, statuses, sources and attempts."""
    columns = ["result", "status", "source", "attempts"]
    return pd.DataFrame(rows, columns=columns, index=labels).astype({"result": object})


MIXED = [
    (answer(), "ok", "network", 1),
    (answer("other", 10, 10), "ok", "network", 3),
    (None, "failed", "network", 2),
    (answer(), "ok", "checkpoint", 0),
    ("no usage", "ok", "network", 1),
]


def test_rows_and_sums() -> None:
    """Per row under its label, per model, and in all; cost by the model's price."""
    usage = usage_of(frame(MIXED, list("abcde")), {"m": (1.0, 2.0)})
    assert usage.rows.index.tolist() == list("abcde")
    assert usage.rows["input_tokens"].tolist() == [100, 10, pd.NA, pd.NA, pd.NA]
    assert usage.rows["cost"].fillna(-1).tolist() == [pytest.approx(0.0002), -1, -1, -1, -1]
    assert usage.by_model["total_tokens"].to_dict() == {"m": 150, "other": 20}
    assert usage.by_model["answers"].to_dict() == {"m": 1, "other": 1}
    expected: dict[str, int] = {"total_tokens": 170, "answers": 3, "unread": 1, "unpriced": 1}
    assert {name: usage.total[name] for name in expected} == expected


def test_attempts_whose_usage_nobody_says_are_counted() -> None:
    """Those before an answer, and all of a row that failed."""
    usage = usage_of(frame(MIXED))
    assert usage.rows["unknown_attempts"].tolist() == [0, 2, 2, 0, 0]
    assert usage.total["unknown_attempts"] == 4
    assert "4 attempts without a usable answer" in repr(usage)


def test_an_estimate_takes_the_input_of_the_row_or_the_middle_one() -> None:
    """And no output; it stands apart from what is known."""
    usage = usage_of(frame(MIXED), (1.0, 2.0), estimate=True)
    assert usage.rows["estimated_tokens"].tolist() == [0, 20, 110, 0, 0]
    assert usage.total["estimated_cost"] == pytest.approx(130 / 1e6)
    assert usage.total["input_tokens"] == 110
    assert "Their input would be 130 tokens" in repr(usage)


def test_an_estimate_without_any_answer_is_unknown() -> None:
    """There is nothing to estimate by."""
    usage = usage_of(frame([(None, "failed", "network", 1)]), (1.0, 1.0), estimate=True)
    assert usage.rows["estimated_tokens"].isna().tolist() == [True]
    assert np.isnan(usage.total["estimated_cost"])


def test_answers_that_cost_nothing_here_are_counted_when_asked_for() -> None:
    """Those from a checkpoint were paid for in an earlier run."""
    assert usage_of(frame(MIXED)).total["total_tokens"] == 170
    assert usage_of(frame(MIXED), reused=True).total["total_tokens"] == 320


def test_usage_can_be_elsewhere_in_an_answer() -> None:
    """A function finds it, may give a number, and may fail for one row."""
    rows: list[tuple[Any, str, str, int]]
    rows = [({"text": "x", "used": answer()}, "ok", "network", 1), ({}, "ok", "network", 1)]
    usage = usage_of(frame(rows), read=lambda it: it["used"])
    assert usage.total["total_tokens"] == 150
    assert usage.total["unread"] == 1
    rows = [({"model": "m", "tokens": 7}, "ok", "network", 1)]
    usage = usage_of(frame(rows), read=lambda it: it["tokens"], model="given")
    assert usage.by_model["total_tokens"].to_dict() == {"given": 7}


def test_the_same_columns_and_dtypes_for_no_rows() -> None:
    """Nothing was called, and nothing is different."""
    some, none = usage_of(frame(MIXED)), usage_of(frame(MIXED).iloc[:0])
    assert none.rows.dtypes.equals(some.rows.dtypes)
    assert none.total["total_tokens"] == 0
    assert none.by_model.empty
    assert repr(none)
    assert some.rows["input_tokens"].dtype == "Int64"
    assert some.rows["cost"].dtype == np.float64


def test_names_of_models_are_escaped() -> None:
    """They come from an API."""
    usage = usage_of(frame([(answer("<img src=x>"), "ok", "network", 1)]))
    html = usage._repr_html_()
    assert "<img" not in html
    assert "&lt;img" in html


def test_many_models_are_cut_in_what_is_shown() -> None:
    """The table has them all."""
    rows = [(answer(f"m{at}"), "ok", "network", 1) for at in range(30)]
    usage = usage_of(frame(rows))
    assert len(usage.by_model) == 30
    assert "10 more" in repr(usage)


@pytest.mark.parametrize("tokens", [10**400, 1e30, 10**12])
def test_a_number_that_can_be_none_of_tokens_costs_no_other_row(tokens: float) -> None:
    """What a server says of one answer is not believed if it cannot be."""
    rows = [(answer(), "ok", "network", 1), (answer(read=tokens), "ok", "network", 1)]  # type: ignore[arg-type]
    usage = usage_of(frame(rows), estimate=True)
    assert usage.rows["input_tokens"].tolist() == [100, pd.NA]
    assert usage.total["total_tokens"] == 200
    assert usage_of(frame(rows), read=lambda _: tokens).total["unread"] == 2


def test_counts_are_whole_numbers() -> None:
    """Only money is none."""
    total = usage_of(frame(MIXED), (1.0, 2.0), estimate=True).total
    money = {"cost", "estimated_cost"}
    assert {name for name, value in total.items() if not isinstance(value, int)} == money
    assert str(total["answers"]) == "3"


@pytest.mark.parametrize("read", ["usage", 3, {"usage": 1}])
def test_what_is_no_function_is_refused(read: Any) -> None:
    """It would find nothing in any answer, and all would seem to have cost nothing."""
    with pytest.raises(ConfigurationError, match=r"is no function: write read=lambda answer"):
        usage_of(frame(MIXED), read=read)


def test_what_the_function_raised_is_told() -> None:
    """The first of its errors, beside the number of answers that it could not read."""
    usage = usage_of(frame(MIXED), read=lambda it: it["used"])
    assert usage.trouble == "read= raised KeyError: 'used'"
    assert "3 answers without usage: read= raised KeyError: 'used'." in repr(usage)
    assert "read= raised KeyError: &#x27;used&#x27;" in usage._repr_html_()
    assert usage_of(frame(MIXED)).trouble is None


@pytest.mark.parametrize(
    ("price", "written"),
    [
        (0.000014, "0.000014"),
        (0.14, "0.1400"),
        (0.0, "0.0000"),
        (3e-20, "0.0000"),
        (0.00012, "0.00012"),
    ],
)
def test_small_costs_are_told(price: float, written: str) -> None:
    """A cost that is not zero is not shown as zero, unless nobody could pay it."""
    one = frame([(answer(read=1_000_000, written=0), "ok", "network", 1)])
    lines = repr(usage_of(one, (price, 0.0))).splitlines()
    assert lines[1].split()[-1] == written


def test_an_input_that_nobody_says_is_not_free() -> None:
    """Its cost is not known, unless the sum says what is left out, or input costs nothing."""
    used = {"usage": {"completion_tokens": 500_000}}
    one = frame([(used, "ok", "network", 1)])
    total = usage_of(one, (1.0, 2.0)).total
    assert np.isnan(total["cost"])
    assert total["unpriced"] == 1
    assert usage_of(one, (0.0, 2.0)).total["cost"] == 1.0
    used["usage"]["total_tokens"] = 600_000
    assert usage_of(one, (1.0, 2.0)).total["cost"] == pytest.approx(1.1)


def test_the_name_of_a_model_may_be_anything() -> None:
    """JSON can hold halves of surrogate pairs, which no column takes: they are written out."""
    usage = usage_of(frame([(answer("\ud800 <b>\x1b"), "ok", "network", 1)]))
    assert usage.rows["model"].tolist() == ["\\ud800 <b>\x1b"]
    assert "\x1b" not in repr(usage)
    assert "&lt;b&gt;\\x1b" in usage._repr_html_()
