from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.calls.restored import restored
from notebook_kit.frames.compare.alignment import aligned

LABELS = st.one_of(
    st.lists(st.text(max_size=3), unique=True, max_size=8),
    st.lists(st.integers(-5, 5), unique=True, max_size=8),
)
ITEMS = st.lists(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=2)), max_size=6
)


def labelled(labels: list[Any]) -> pd.DataFrame:
    """Return a frame with these labels, each with itself as an item."""
    items = pd.Series(labels, dtype=object)
    return pd.DataFrame({"item": items.to_numpy()}, index=pd.Index(labels, dtype=object))


@given(LABELS, st.randoms())
def test_rows_of_one_label_come_together(labels: list[Any], random: Any) -> None:
    """In whatever order they are, and the rest stands alone on its side."""
    kept = [label for label in labels if random.random() < 0.7]
    other = [*kept, "only here"]
    random.shuffle(other)
    if not kept and labels:
        return
    a, b = labelled(labels), labelled(other)
    for on in (None, "item"):
        found = aligned(a, b, on)
        pairs = zip(found.in_a.tolist(), found.in_b.tolist(), found.labels, strict=True)
        for at, (in_a, in_b, label) in enumerate(pairs):
            assert in_a == (at if at < len(labels) else -1)
            assert in_a < 0 or labels[in_a] == label
            assert in_b < 0 or other[in_b] == label
            assert (in_b < 0) == (label not in other)
        assert sorted(found.in_b[found.in_b >= 0].tolist()) == list(range(len(other)))


@given(ITEMS)
def test_every_frame_is_like_itself(items: list[Any]) -> None:
    """By label, by position, and by item where items differ."""
    frame = pd.DataFrame({"item": pd.Series(items, dtype=object)})
    doubled = frame.set_axis([0] * len(items))
    for found in (aligned(frame, frame.copy()), aligned(doubled, doubled.copy())):
        assert found.in_a.tolist() == found.in_b.tolist() == list(range(len(items)))
    try:
        found = aligned(frame, frame.copy(), "item")
    except ConfigurationError as error:
        assert "does not tell the rows" in str(error)  # noqa: PT017 - either may come
        assert len({(type(it), it) for it in items}) < len(items)
    else:
        assert found.in_a.tolist() == found.in_b.tolist() == list(range(len(items)))


def test_labels_that_occur_twice_are_left_to_position() -> None:
    """Where both frames have as many rows."""
    frame = labelled(["x", "x"])
    found = aligned(frame, frame)
    assert (found.in_a.tolist(), found.in_b.tolist(), found.way) == ([0, 1], [0, 1], "position")


def test_what_cannot_be_told_says_what_to_write() -> None:
    """Labels that occur twice and another number of rows, or no label in common."""
    with pytest.raises(ConfigurationError, match=r"2 in one frame and 1 in the other.*on='item'"):
        aligned(labelled(["x", "x"]), labelled(["x"]))
    with pytest.raises(ConfigurationError, match=r"no label in common.*on='item'"):
        aligned(labelled(["x", "y"]), labelled(["z"]))
    with pytest.raises(ConfigurationError, match="No item of the first frame"):
        aligned(labelled(["x", "y"]), labelled(["z"]), "item")


def test_other_labels_of_as_many_rows_are_left_to_position() -> None:
    """The same input may have been given with its labels and without."""
    assert aligned(labelled(["x", "y"]), labelled([0, 1])).way == "position"


def test_columns_that_do_not_tell_rows_apart_are_refused() -> None:
    """The message names a value that occurs twice, and offers further columns."""
    frame = pd.DataFrame({"item": ["x", "x", "y"], "page": [1, 2, 1]})
    with pytest.raises(ConfigurationError, match=r"rows of the first frame apart: 'x' occurs"):
        aligned(frame, frame, "item")
    assert aligned(frame, frame.iloc[::-1], ["item", "page"]).in_b.tolist() == [2, 1, 0]
    with pytest.raises(ConfigurationError, match="'town' is no column of the first frame"):
        aligned(frame, frame, "town")


@pytest.mark.parametrize(
    "items",
    [
        [{"a": 1}, {"a": 2}],
        [[1], [2]],
        [1.0, 2.0],
        [np.int64(1), np.int64(2)],
        [("a", 1), ("a", 2)],
        ['{"a": 1}', '{"a": 2}'],
    ],
)
def test_items_of_any_kind_find_each_other(items: list[Any]) -> None:
    """Also those that cannot be hashed, and numbers however they are kept."""
    a = pd.DataFrame({"item": pd.Series(items, dtype=object)})
    b = pd.DataFrame({"item": pd.Series(items[::-1], dtype=object)})
    assert aligned(a, b, "item").in_b.tolist() == [1, 0]


def test_items_from_a_file_find_those_of_a_run() -> None:
    """Text that is JSON is what it says, and 1 is 1.0."""
    a = pd.DataFrame({"item": pd.Series([{"a": 1}, 2], dtype=object)})
    b = pd.DataFrame({"item": pd.Series([2.0, '{"a":1}'], dtype=object)})
    assert aligned(a, b, "item").in_b.tolist() == [1, 0]


@pytest.mark.parametrize("on", [5, [["item"]], b"item"])
def test_what_is_no_column_is_refused(on: Any) -> None:
    """Whatever it is, the message names the columns."""
    frame = labelled(["x"])
    with pytest.raises(ConfigurationError, match="is no column of the first frame; there are item"):
        aligned(frame, frame, on)
    numbered = frame.set_axis([5], axis=1)
    assert aligned(numbered, numbered, 5).way == "5"  # type: ignore[arg-type]


def test_other_levels_are_told() -> None:
    """Labels of two levels are not found among those of one."""
    two = labelled(["x", "y"]).set_axis(pd.MultiIndex.from_tuples([("x", 1), ("y", 2)]))
    with pytest.raises(ConfigurationError, match="more levels"):
        aligned(two, labelled(["x", "y", "z"]))


def standing(labels: list[Any], *, starts: list[int]) -> pd.DataFrame:
    """Return the frame of a run with these labels, whose rows began in that order."""
    started = pd.to_datetime(pd.Series(starts), unit="s", utc=True)
    frame = pd.DataFrame({"started": started, "status": "ok"}).set_axis(pd.Index(labels))
    return restored(frame)


@pytest.mark.parametrize("labels", [["x", "x", "x"], ["01", "02", "03"]])
def test_rows_that_were_sorted_are_not_compared_by_position(labels: list[str]) -> None:
    """Other rows would be said to have changed; equal items say that they are the same."""
    first = standing(labels, starts=[1, 2, 3])
    second = standing(["x", "x", "x"] if labels[0] == "x" else [1, 2, 3], starts=[4, 5, 6])
    assert aligned(first, second).way == "position"
    other = second.iloc[[2, 0, 1]]
    with pytest.raises(ConfigurationError, match=r"rows of the second frame stand in another"):
        aligned(first, other)
    with pytest.raises(ConfigurationError, match=r"rows of the first frame stand in another"):
        aligned(other, first)
    items = ["a", "b", "c"]
    assert aligned(first.assign(item=items), other.assign(item=items)).way == "position"
    with pytest.raises(ConfigurationError, match="on='item'"):
        aligned(first.assign(item=items), other.assign(item=items[::-1]))
