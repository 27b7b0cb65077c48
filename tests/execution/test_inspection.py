from __future__ import annotations

import asyncio
import threading
from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.errors import ConfigurationError, UnwantedAnswer
from notebook_kit.execution.asked import CalledFunction


def answer(number: int) -> dict[str, int]:
    if number == 2:
        message = "no luck"
        raise ValueError(message)
    return {"twice": 2 * number}


def ended(items: Any = (0, 1, 2, 3), function: Any = answer, **options: Any) -> Any:
    run = nk.map(function, items, **{"progress": False, "retry": 0, **options})
    run.result(timeout=30)
    return run


def test_one_item_as_an_object() -> None:
    """What was asked, what came, the attempts: all of it can be used in code."""
    run = ended()
    inspection = run.inspect(1)
    assert (inspection.position, inspection.label, inspection.item) == (1, 1, 1)
    assert inspection.run is run
    assert inspection.ended
    assert inspection.result == {"twice": 2}
    assert inspection.error is None
    assert inspection.response is None
    assert inspection.outcome.ok
    assert inspection.request == CalledFunction("answer", (("", 1),))
    assert repr(inspection) == "<Inspection of item 1: ok>"


def test_without_a_position_it_is_the_first_failure() -> None:
    """The first that failed; where none did, the first that has ended."""
    assert ended().inspect().position == 2
    assert isinstance(ended().inspect().error, ValueError)
    assert ended([5, 6]).inspect().position == 0


@pytest.mark.parametrize("position", [4, -1, 10**9])
def test_a_position_that_is_none(position: int) -> None:
    """Out of range it says what there is, as an outcome does."""
    run = ended()
    with pytest.raises(IndexError, match=r"no item at position .*: 4 have come so far"):
        run.inspect(position)
    with pytest.raises(IndexError, match=r"no item at position 0: 0 have come so far"):
        ended([]).inspect()


def test_rows_can_be_named_by_their_labels() -> None:
    """A label stands for its position, where there is one such row."""
    table = pd.DataFrame({"number": [1, 2, 3, 4]}, index=["a", "b", "c", "c"])
    run = ended(table)
    assert run.inspect(label="b").position == 1
    assert run.inspect(label="b").label == "b"
    with pytest.raises(KeyError, match="No row is called 'x'"):
        run.inspect(label="x")
    with pytest.raises(ConfigurationError, match=r"2 rows are called 'c'.*2, 3"):
        run.inspect(label="c")
    with pytest.raises(ConfigurationError, match="not both"):
        run.inspect(1, label="b")


def test_the_arguments_of_a_row() -> None:
    """Columns that become arguments are told by name."""

    def area(width: int, height: int) -> int:
        return width * height

    table = pd.DataFrame({"width": [2], "height": [3], "note": ["x"]})
    asked = ended(table, area).inspect(0).request
    assert asked == CalledFunction("area", (("width", 2), ("height", 3)))


def test_attempts_as_a_table() -> None:
    """Each attempt is a row, with the class of its error, what it waited for, what came of it."""
    tries: list[int] = []

    def late(number: int) -> int:
        tries.append(number)
        if len(tries) < 3:
            raise TimeoutError
        return number

    run = ended([7], late, retry=nk.Retry(max_attempts=3, base_delay=0.01))
    frame = run.inspect(0).attempts
    assert frame.index.tolist() == [1, 2, 3]
    assert frame["came"].tolist() == ["failed", "failed", "answered"]
    assert frame["error_type"].tolist()[:2] == ["TimeoutError", "TimeoutError"]
    assert frame["why"].tolist() == ["", "backoff", "backoff"]
    outcome = run.outcome(0)
    assert frame["backoff_s"].sum() == pytest.approx(outcome.backoff_s, abs=1e-3)
    assert frame["network_s"].sum() == pytest.approx(outcome.network_s)
    assert frame["started"].is_monotonic_increasing
    first = frame["started"].iloc[0].timestamp()
    assert first == pytest.approx(outcome.started, abs=0.5)
    assert "2  TimeoutError" in run.inspect(0).text()


def test_an_item_under_way_and_after() -> None:
    """Of an item in flight the same object tells how it stands each time it is asked."""
    go, begun = threading.Event(), threading.Event()

    def wait(number: int) -> int:
        begun.set()
        assert go.wait(30)
        return number

    run = nk.map(wait, [5], progress=False)
    assert begun.wait(30)
    inspection = run.inspect()
    assert not inspection.ended
    assert repr(inspection) == "<Inspection of item 0: not ended>"
    picture = inspection.picture()
    assert (picture.is_live, picture.is_under_way, picture.due_s) == (True, True, None)
    assert inspection.attempts["came"].tolist() == ["under way"]
    assert inspection.text().startswith("Item at position 0, 1 in all: in flight")
    go.set()
    run.result(timeout=30)
    assert inspection.ended
    assert not inspection.picture().is_live
    assert inspection.result == 5


def test_an_item_that_waits_for_its_next_attempt() -> None:
    """Between two attempts it is told when the next is due."""

    async def check() -> None:
        failed = asyncio.Event()

        async def fail(number: int) -> None:
            failed.set()
            raise TimeoutError

        retry = nk.Retry(max_attempts=2, base_delay=60)
        run = nk.map(fail, [1], progress=False, retry=retry)
        await failed.wait()
        while not run.inspect(0).picture().attempts:
            await asyncio.sleep(0)
        picture = run.inspect(0).picture()
        assert picture.due_s is not None
        assert 0 <= picture.due_s <= 120
        assert not picture.is_under_way
        run.cancel()
        await run
        (only,) = run.inspect(0).picture().attempts
        assert only.error_type == "TimeoutError"

    asyncio.run(check())


def test_what_was_refused_is_the_response_where_it_is_one() -> None:
    """An answer with all that belongs to it is found in results and in errors."""

    class Whole:
        status_code, headers, request = 200, {"a": "b"}, object()

    assert isinstance(ended([0], lambda _: Whole()).inspect(0).response, Whole)

    def refuse(_: int) -> None:
        message = "refused"
        raise UnwantedAnswer(message, value=Whole())

    assert isinstance(ended([0], refuse).inspect(0).response, Whole)


def test_printed_it_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is what a terminal shows."""
    inspection = ended().inspect()
    print(inspection)  # noqa: T201 - that is the point
    assert capsys.readouterr().out == inspection.text() + "\n"


def test_a_run_over_what_failed_is_asked_by_its_own_positions() -> None:
    """In the run of a retry positions are new, and labels are those of the first."""
    again = ended().retry_failed()
    again.result(timeout=30)
    inspection = again.inspect()
    assert (inspection.position, inspection.label, inspection.item) == (0, 2, 2)
    assert again.inspect(label=2).position == 0
    assert "(2)" in inspection.text().split("\n")[0]
