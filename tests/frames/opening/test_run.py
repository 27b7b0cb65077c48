from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import notebook_kit as nk
from notebook_kit.frames import results_view


@dataclass
class Square:
    """What the function below answers."""

    of: int
    root: float | None = None


def square(number: int) -> dict[str, Any]:
    """Return an answer, or fail."""
    if number == 3:
        raise ValueError("no threes")
    return {"of": number, "in": {"square": number**2, "factors": list(range(number))}}


def test_a_run_opens_its_answers() -> None:
    """A run's `expand` takes what the function takes; without arguments it is `run.results`."""
    run = nk.map(square, [1, 2, 3], progress=False, retry=0)
    run.result()
    pd.testing.assert_frame_equal(run.expand(), run.results)
    pd.testing.assert_frame_equal(run.expand(2), results_view(run.frame, 2))
    assert run.expand(["in.square"])["in.square"].tolist() == [1, 4]
    assert run.expand({"f": "in.factors"}, lists="explode").index.tolist() == [0, 1, 1]
    assert run.expand(explode="in.factors")["in.factors"].tolist() == [0, 0, 1]
    assert run.expand(schema=Square, errors="raise")["of"].dtype == "Int64"
