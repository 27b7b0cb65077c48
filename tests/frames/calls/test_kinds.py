from __future__ import annotations

from typing import Any

import pandas as pd

from notebook_kit.errors import RequestTimeout
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


def test_texts_are_shown_whole_in_a_notebook() -> None:
    """Advice that is cut off at fifty characters is none; what comes from outside is escaped."""
    ledger = Ledger()
    ledger.grow(1)
    text = f"<b>{'long ' * 40}</b> $a$"
    settle(ledger, 0, Status.FAILED, error=KeyError(text), status_code=503)
    kinds: Any = kinds_of_failure(build_frame(plan_of(["a"]), ledger))
    html = kinds._repr_html_()
    assert "sends them again." in html
    assert f"&lt;b&gt;{'long ' * 40}" in html
    assert "tex2jax_ignore" in html
    assert type(kinds.head(1)) is pd.DataFrame


def test_the_advice_is_that_of_the_limit_that_was_too_short() -> None:
    """As the first error of the kind says."""
    ledger = Ledger()
    ledger.grow(1)
    error = RequestTimeout("No answer within attempt_timeout=0.5 s.")
    settle(ledger, 0, Status.TIMEOUT, error=error)
    kinds = kinds_of_failure(build_frame(plan_of(["a"]), ledger), again="run_it_again()")
    assert "allow more with attempt_timeout=," in kinds["what_to_do"][0]
    assert "run_it_again() sends" in kinds["what_to_do"][0]
