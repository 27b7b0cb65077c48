"""What items are recognised by: many at once as one by one."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.canonical import digest
from notebook_kit.execution.parts import part_of
from notebook_kit.frames import plan_of
from notebook_kit.storage.digests import Digests
from notebook_kit.storage.problems import Problems


class Colour(Enum):
    RED = [1]  # noqa: RUF012 - what a member holds may be changed, which one it is may not


def digests_of(items: Any, part: Any = lambda item: item) -> tuple[Digests, int]:
    plan = plan_of(items)
    return Digests(plan, part, Problems()), plan.length or 0


_names = st.text(max_size=3) | st.integers(-3, 3)
_cells = st.text(max_size=3) | st.integers() | st.floats() | st.none() | st.booleans()


@given(st.data())
def test_rows_all_at_once_are_as_each_by_itself(data: st.DataObject) -> None:
    """Of a table of any values, under any names, a row has the digest of the mapping that it is."""
    names = data.draw(st.lists(_names, min_size=1, max_size=4, unique=True))
    columns = {
        name: pd.Series(data.draw(st.lists(_cells, min_size=3, max_size=3)), dtype=object)
        for name in names
    }
    chosen = data.draw(st.sampled_from([None, names[:1], names[::-1]]))
    frame = pd.DataFrame(columns)
    digests, _ = digests_of(frame, lambda item: part_of(item, chosen))
    plan = plan_of(frame)
    expected = [digest(part_of(plan.item(at), chosen)) for at in range(3)]
    assert digests.of(range(3)) == expected
    assert [digests.of((at,))[0] for at in range(3)] == expected


@pytest.mark.parametrize(
    "items",
    [
        ["a", "é", "\ud800"],
        [1, -1, 10**30],
        [True, False, True],
        [1, 1.0, "1"],
        range(3),
        (date(2026, 1, 1), None, b"x"),
        [{"a": 1}, ["b"], Colour.RED],
    ],
)
def test_items_all_at_once_are_as_each_by_itself(items: Any) -> None:
    """Text, numbers and what is neither have the digest that they have anywhere."""
    digests, count = digests_of(items)
    assert digests.of(range(count)) == [digest(item) for item in items]


def test_what_the_work_makes_of_an_item_counts() -> None:
    """A part that is something else than the item is what it is recognised by."""
    digests, _ = digests_of(["a", "b"], str.upper)
    assert digests.of(range(2)) == [digest("A"), digest("B")]
    rows, _ = digests_of(pd.DataFrame({"a": [1, 2]}), lambda row: {"a": row["a"] + 1})
    assert rows.of(range(2)) == [digest({"a": 2}), digest({"a": 3})]


def test_items_that_may_change_are_read_before() -> None:
    """Lists, and rows of a table that hold some, keep the digest that they had when they came."""
    first, second = [1], [2]
    plain, _ = digests_of([first, "text", second])
    rows, _ = digests_of(pd.DataFrame({"a": [first, second]}))
    before = plain.of(range(3)), rows.of(range(2))
    plain.read_ahead(0, 3)
    rows.read_ahead(0, 2)
    first.append(3)
    assert (plain.of(range(3)), rows.of(range(2))) == before
    assert plain.of((0,)) != [digest(first)]


def test_what_cannot_be_recognised_has_none() -> None:
    """Such items are told of once, and the others have theirs."""
    problems = Problems()
    digests = Digests(plan_of([object(), "a", object()]), lambda item: item, problems)
    digests.read_ahead(0, 3)
    assert digests.of(range(3)) == [None, digest("a"), None]
    assert digests.of(()) == []
    assert len(problems.texts) == 1
