"""The rows of runs."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import pytest

from notebook_kit.frames import plan_of
from notebook_kit.scheduling import Plan
from notebook_kit.storage.run_rows import index_facts

_POSITIONS = {"kind": "positions", "names": [None], "dtype": None}


@pytest.mark.parametrize(
    ("items", "facts"),
    [
        (["a", "b"], _POSITIONS),
        (iter("ab"), _POSITIONS),
        (pd.DataFrame({"a": [1]}), _POSITIONS),
        ({"a": 1}, {"kind": "labels", "names": [None], "dtype": None}),
        (
            pd.Series([1], index=pd.RangeIndex(5, 6, name="n")),
            {
                "kind": "RangeIndex",
                "names": ["n"],
                "dtype": ["int64"],
                "start": 5,
                "step": 1,
            },
        ),
        (
            pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 1)], names=["x", "y"])),
            {
                "kind": "MultiIndex",
                "names": ["x", "y"],
                "dtype": [str(pd.Index(["a"]).dtype), "int64"],
            },
        ),
    ],
)
def test_what_labels_are_is_told(items: Any, facts: dict[str, Any]) -> None:
    """The kind, the names and the dtype of labels are what a frame of them needs."""
    assert index_facts(plan_of(items)) == facts


def test_a_name_that_json_cannot_hold_is_told_as_text() -> None:
    """Labels may be named by anything; what cannot be written is told in words."""
    for name, told in ((PurePosixPath("a/b"), "a/b"), (date(2026, 1, 1), date(2026, 1, 1))):
        plan = Plan([1], index=pd.Index(["a"], name=name))
        assert index_facts(plan)["names"] == [told]
