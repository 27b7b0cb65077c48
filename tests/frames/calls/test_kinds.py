from __future__ import annotations

from notebook_kit.frames import plan_of
from notebook_kit.frames.build import build_frame
from notebook_kit.frames.calls.kinds import kinds_of_failure
from notebook_kit.scheduling import Ledger, Status
from tests.frames.ledgers import frame_of_answers, settle


class Strange(Exception):
    """An error that nobody knows."""


def test_each_kind_says_what_to_do() -> None:
    """Advice where there is some, in the words of a frame; missing where nobody knows."""
    ledger = Ledger()
    ledger.grow(4)
    for at in (0, 1):
        settle(ledger, at, Status.FAILED, error=OSError("busy"), status_code=503)
    settle(ledger, 2, Status.FAILED, error=Strange("?"))
    settle(ledger, 3, Status.FAILED, error=KeyError("x"))
    kinds = kinds_of_failure(build_frame(plan_of(list("abcd")), ledger))
    assert kinds["count"].tolist() == [2, 1, 1]
    assert kinds["share"].tolist() == [0.5, 0.25, 0.25]
    assert "frame.calls.retry(client)" in kinds["what_to_do"][0]
    assert kinds["what_to_do"].isna().tolist() == [False, True, False]


def test_without_failures_the_columns_are_the_same() -> None:
    """Code that reads them need not ask first."""
    kinds = kinds_of_failure(frame_of_answers([1]))
    assert kinds.columns.tolist() == [
        *("error_type", "status_code", "count", "share", "example", "what_to_do")
    ]
    assert kinds.empty
    assert kinds["count"].dtype == "int64"
