from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames.opening import expand
from notebook_kit.frames.opening.paths import parse, written
from tests.frames.opening.made import BERN, JSON, ZURICH, ok, rows_of


def test_paths_are_columns() -> None:
    """The paths are the columns, in their order; what an answer does not have is missing."""
    paths = ["runways[-1].length_ft", "owner.name", "city"]
    view = expand(ok([BERN, ZURICH, "text", None]), paths)
    assert list(view) == paths
    assert view["runways[-1].length_ft"].dtype == "Int64"
    zurich = dict(zip(paths, (10827, "FZAG", "Zurich"), strict=True))
    assert rows_of(view) == [{"city": "Bern"}, zurich, {}, {}]


def test_names_for_paths() -> None:
    """A mapping says what the columns are called."""
    view = expand(ok([ZURICH]), {"owner": "owner.name", "longest": "runways[1].length_ft"})
    assert rows_of(view) == [{"owner": "FZAG", "longest": 10827}]


def test_keys_with_dots() -> None:
    """A key that has a dot in it is written in brackets and quotes."""
    answer = {"a.b": {"c]": 1}, "": 2}
    assert expand(ok([answer]), ['["a.b"]["c]"]', "['']"]).to_numpy().tolist() == [[1, 2]]


def test_without_answers_no_path_is_wrong() -> None:
    """Where there is no answer, the columns are there and empty."""
    view = expand(ok([]), ["city", "owner.name"])
    assert (list(view), len(view)) == (["city", "owner.name"], 0)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("citi", "No answer has 'citi'. Did you mean 'city'"),
        ("name", "Did you mean 'owner.name'"),
        ("owner.nmae", r"'owner' has no 'nmae'. Did you mean 'owner.name'"),
        ("length_ft", r"Did you mean 'runways\[0\].length_ft'"),
        ("owner[0]", "'owner' has no position 0"),
        ("zzzzzzzzzz", "There is 'city', 'owner', 'runways'"),
    ],
)
def test_a_path_that_is_nowhere(path: str, says: str) -> None:
    """A path that no answer has is an error that names close ones."""
    with pytest.raises(nk.ConfigurationError, match=says):
        expand(ok([BERN, ZURICH]), [path])


def test_a_path_into_nothing_is_no_mistake() -> None:
    """Where all that leads to it is null or an empty list, a path gives missing values."""
    view = expand(ok([BERN, BERN]), ["owner.name", "runways[0].id"])
    assert view.isna().all(axis=None)
    assert len(view) == 2


def test_keys_in_errors_are_scrubbed() -> None:
    """A secret that is a key of an answer is not in the error that names what there is."""
    secret = nk.Secret("sk-qwertyuiop")
    with pytest.raises(nk.ConfigurationError) as caught:
        expand(ok([{secret.reveal(): 1}]), ["sk-qwertyuio"])
    assert secret.reveal() not in str(caught.value)


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[0", "a]b", "[1.5]", "a[0]b", 7, None]
)
def test_what_is_no_path(path: Any) -> None:
    """What cannot be read is refused, with how a path is written."""
    with pytest.raises(nk.ConfigurationError, match=r"The path .* such as 'owner.name'"):
        expand(ok([ZURICH]), [path])


def test_a_path_that_is_there_twice() -> None:
    """Two columns of one name are refused."""
    with pytest.raises(nk.ConfigurationError, match="twice"):
        expand(ok([ZURICH]), ["city", "city"])


KEYS = st.text(st.characters(exclude_characters="\"'"), max_size=4)


@settings(deadline=None)
@given(st.lists(KEYS | st.integers(-99, 99), min_size=1, max_size=5))
def test_paths_are_read_as_they_are_written(steps: list[str | int]) -> None:
    """Any path has a text that is read as the same path."""
    assert list(parse(written(steps))) == steps


@settings(deadline=None)
@given(st.lists(JSON, max_size=4), st.lists(st.sampled_from("ab01"), min_size=1, max_size=3))
def test_paths_agree_with_looking(answers: list[Any], letters: list[str]) -> None:
    """A path gives what indexing each answer step by step gives, or says that there is none."""
    steps = [int(it) if it.isdigit() else it for it in letters]
    wanted = []
    for answer in answers:
        value = answer
        for step in steps:
            is_in = isinstance(value, dict if isinstance(step, str) else list)
            try:
                value = value[step] if is_in else None
            except LookupError:
                value = None
        wanted.append(value)
    try:
        (column,) = (it for _, it in expand(ok(answers), [written(steps)]).items())
    except nk.ConfigurationError:
        assert all(value is None for value in wanted)
        return
    for value, found in zip(wanted, column.astype(object), strict=True):
        assert found is value or found == value or (value is None or value != value)  # noqa: PLR0124 - NaN
