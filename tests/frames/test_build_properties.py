from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import indexes

from notebook_kit.frames import build_frame, errors_view, plan_of, results_view, summarise
from notebook_kit.scheduling import Ledger, Status
from tests.frames.ledgers import EPOCH, frame_of_answers, settle

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=5)
    | st.binary(max_size=5)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
ANSWERS = (
    JSON
    | st.builds(np.arange, st.integers(0, 3))
    | st.builds(pd.Series, st.lists(st.integers(0, 9)))
)
LABELS = (
    indexes(dtype=int, max_size=8)
    | indexes(dtype=float, max_size=8, unique=False)
    | indexes(elements=st.text(max_size=3), max_size=8, unique=False)
    | indexes(dtype="datetime64[us]", max_size=8)
    | st.lists(st.tuples(st.integers(0, 2), st.text(max_size=2)), min_size=1, max_size=8).map(
        pd.MultiIndex.from_tuples
    )
)
KEYS = st.lists(
    st.text(st.characters(exclude_categories=()), max_size=3)
    | st.integers()
    | st.tuples(st.integers(), st.text(max_size=2))
    | st.frozensets(st.integers(), max_size=2),
    unique=True,
    max_size=8,
)
ENDINGS = st.sampled_from([*Status, None])
quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def ledger_of(endings: list[Status | None]) -> Ledger:
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(len(endings))
    for index, status in enumerate(endings):
        if status is not None:
            wrong = status in (Status.FAILED, Status.TIMEOUT)
            error = ValueError(str(index)) if wrong else None
            settle(ledger, index, status, value=index if status is Status.OK else None, error=error)
    return ledger


@quick
@given(answers=st.lists(ANSWERS, max_size=8))
def test_answers_are_kept_as_they_are(answers: list[Any]) -> None:
    """One row per answer, each the very object that was answered."""
    frame = frame_of_answers(answers)
    assert len(frame) == len(answers)
    assert all(kept is answer for kept, answer in zip(frame["result"], answers, strict=True))


@quick
@given(index=LABELS, data=st.data())
def test_labels_are_kept_as_they_are(index: Any, data: st.DataObject) -> None:
    """Whatever the labels, the frame has them in order, and one row per label."""
    count = len(index)
    endings = data.draw(st.lists(ENDINGS, min_size=count, max_size=count))
    frame = build_frame(plan_of(pd.Series(range(count), index=index)), ledger_of(endings))
    pd.testing.assert_index_equal(frame.index, index, exact=True)
    assert frame["item"].tolist() == list(range(count))


@quick
@given(keys=KEYS)
def test_keys_are_kept_as_they_are(keys: list[Any]) -> None:
    """Whatever the keys of a mapping, they are the labels."""
    frame = build_frame(plan_of(dict.fromkeys(keys, 0)), ledger_of([Status.OK] * len(keys)))
    assert frame.index.tolist() == keys


@quick
@given(endings=st.lists(ENDINGS, max_size=12))
def test_views_part_the_rows(endings: list[Status | None]) -> None:
    """Each row is an answer, an error, skipped or pending; the summary counts each once."""
    frame = build_frame(plan_of(range(len(endings))), ledger_of(endings))
    results, errors = results_view(frame), errors_view(frame)
    others = endings.count(Status.SKIPPED) + endings.count(None)
    assert len(results) + len(errors) + others == len(endings)
    assert results["result"].tolist() == results.index.tolist()
    summary = summarise(frame, 1.0)
    assert summary.items == len(endings)
    assert sum(kind.count for kind in summary.kinds) == summary.failed + summary.timeout
    ended = (summary.ok, summary.failed, summary.timeout, summary.cancelled, summary.skipped)
    assert sum(ended) + summary.pending == summary.items


@quick
@given(answers=st.lists(ANSWERS, max_size=8))
def test_any_answers_can_be_opened(answers: list[Any]) -> None:
    """Answers of any kind, mixed at will, are opened into one row each."""
    view = results_view(frame_of_answers(answers))
    assert len(view) == len(answers)
    assert view.columns.is_unique
