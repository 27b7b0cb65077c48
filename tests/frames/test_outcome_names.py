from __future__ import annotations

import pytest

from notebook_kit.frames.outcome_names import OUTCOME, names_by_outcome


def _names(*columns: object) -> dict[str, list[str]]:
    return {name: found for name, found in names_by_outcome(columns).items() if name == "status"}


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        (["status_call", *OUTCOME], ["status"]),
        ([*OUTCOME, "status_call"], ["status"]),
        (["status", "result", "status_call", "status_code"], ["status_call"]),
        (["status", "status_call", "result", "status_call_", "status_code"], ["status_call_"]),
        ([*OUTCOME, *(f"{name}_call" for name in OUTCOME)], ["status_call"]),
        (["status_call", 3, ("status", 1), "attempts"], ["status_call"]),
        (["status", "status"], ["status"]),
        (["status", "x", "status_call", "attempts"], ["status", "status_call"]),
        (["status", "attempts", "status_call", "error"], ["status", "status_call"]),
    ],
)
def test_the_columns_of_a_run_stand_side_by_side(columns: list[object], status: list[str]) -> None:
    """Those in the company of others in a run's order are its; with too few both may be."""
    assert _names(*columns) == {"status": status}


def test_names_that_only_begin_alike_are_none() -> None:
    """A suffix of another kind makes a name of its own."""
    assert names_by_outcome(["status_caller", "my_status", "status_", 1, None]) == {}
