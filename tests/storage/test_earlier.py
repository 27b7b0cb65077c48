"""Looking up what earlier runs have left: in what order, and how much at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import NotFound
from notebook_kit.policies import Failure
from notebook_kit.storage.earlier import WINDOW
from tests.storage.helpers import Kept, keep, select

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 3 * WINDOW + 7


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def test_in_the_same_order_nothing_is_looked_up_by_itself(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run once more reads the rows of the one before, window by window, and nothing else."""
    keep(path, range(COUNT), *range(COUNT))
    with Kept(path, range(COUNT)) as run:
        earlier = run.journal._earlier
        asked: list[Any] = []

        def by_itself(items: Any) -> list[int]:
            asked.append(items)
            return []

        monkeypatch.setattr(earlier, "_rows_of", by_itself)
        assert run.found() == {at: at for at in range(COUNT)}
    assert asked == []


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_all_is_found(path: Path, seed: int) -> None:
    """Items in another order, twice, new ones and lost ones: each has its own answer."""
    chance = random.Random(seed)
    keep(path, range(COUNT), *range(COUNT))
    items = [chance.randrange(COUNT + 100) for _ in range(COUNT)]
    for _ in range(2):
        # The second time along what the first one has taken over.
        with Kept(path, items) as run:
            assert run.found() == {at: it for at, it in enumerate(items) if it < COUNT}


def test_a_chain_of_runs_that_were_cut_off(path: Path) -> None:
    """What each of many runs has added is found, whichever of them took it over."""
    for done in range(30):
        with Kept(path, range(30)) as run:
            assert run.found() == {at: at for at in range(done)}
            run.settle(done, done)
    assert select(path, "SELECT count(*) FROM outcomes") == [(30,)]


def test_what_others_add_meanwhile_is_found_too(path: Path) -> None:
    """A run that started before another one looks up what that one has done, too."""
    keep(path, ["a"], 1)
    with Kept(path, iter("ab")) as run:
        run.plan.pulled.extend("ab")
        assert run.journal.lookup(0) is not None
        keep(path, ["b"], 2)
        assert run.journal.lookup(1) is not None


def test_large_answers_are_read_a_few_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many rows are read at once goes by how long they are."""
    monkeypatch.setattr("notebook_kit.storage.earlier_rows._MUCH", 10_000)
    monkeypatch.setattr("notebook_kit.storage.earlier_rows._LITTLE", 1_000)
    keep(path, range(COUNT), *["x" * 1_000] * 1_000, *range(COUNT - 1_000))
    with Kept(path, range(COUNT)) as run:
        known = run.journal._earlier._rows
        sizes = [known._at_once for _ in run.journal.known()]
        assert min(sizes) < 20
        assert known._at_once > 20


def test_failures_among_answers_are_found_where_they_are_wanted(path: Path) -> None:
    """With "settled", a window of answers and failures gives both."""
    values = [NotFound("gone", status_code=404) if at % 3 else at for at in range(50)]
    keep(path, range(50), *values)
    with Kept(path, range(50), reuse="settled") as run:
        found = run.found()
    assert [isinstance(found[at], Failure) for at in range(50)] == [at % 3 > 0 for at in range(50)]
