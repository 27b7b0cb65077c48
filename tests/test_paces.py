"""The tests' own way of taking more time on a machine that is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, never_answer
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from pathlib import Path


def test_what_passes_at_one_pace_has_passed() -> None:
    """The usual pace first, then slower ones, until it goes well."""
    tried: list[float] = []

    @at_any_pace
    def late(pace: float) -> None:
        tried.append(pace)
        assert pace > 1

    late()
    assert tried == [1, 6]


def test_an_error_may_come_at_a_slower_pace() -> None:
    """That it did not come at the usual one is a failure as any other."""
    tried: list[float] = []

    @at_any_pace
    def late(pace: float) -> None:
        tried.append(pace)
        with pytest.raises(ZeroDivisionError):
            _ = 1 / (pace - 6)

    late()
    assert tried == [1, 6]


def test_what_a_try_that_failed_has_begun_is_ended() -> None:
    """Its run and its client stood there for good, and the test would be told to leave them."""
    with FaultServer() as server:
        server.when("*", never_answer())

        @at_any_pace
        def late(pace: float) -> None:
            client = nk.Client(server.url)
            run = client.map("/{n}", range(3), progress=False)
            assert server.wait_requests(3)
            assert pace > 1
            run.cancel()
            client.close().wait()

        late()
        assert server.connections.wait_open(0)
    assert nk.open_resources() == []


def test_what_fails_at_every_pace_fails() -> None:
    """With the error of the slowest."""

    @at_any_pace
    def wrong(pace: float) -> None:
        message = f"wrong at {pace:g}"
        raise AssertionError(message)

    with pytest.raises(AssertionError, match="wrong at 30"):
        wrong()


@pytest.mark.parametrize("name", ["a"])
@at_any_pace
def test_fixtures_and_parameters_are_given(pace: float, name: str, tmp_path: Path) -> None:
    """The pace is none of them."""
    assert (pace, name, tmp_path.is_dir()) == (1, "a", True)
