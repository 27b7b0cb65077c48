from __future__ import annotations

from notebook_kit.errors import APIError
from notebook_kit.frames.charts import failures
from tests.frames.charts import runs


def counts(made: object) -> dict[str, int]:
    """Return how many failures of each kind are plotted."""
    data = getattr(made, "data")  # noqa: B009 - a chart
    found: dict[str, int] = data.groupby("kind")["count"].sum().to_dict()
    return found


def test_each_attempt_that_failed_is_counted() -> None:
    """By kind, with the status code."""
    made = failures(*runs.mixed(100))
    assert counts(made) == {"RateLimited 429": 20, "ServerError 503": 10, "ServerError 500": 10}
    title = made.title.replace("\N{NO-BREAK SPACE}", " ")
    assert title == "40 of 130 attempts failed (31 %), most often with RateLimited 429"


def test_without_the_attempts_rows_are_counted() -> None:
    """Those that failed in the end; the caption says that the others are not to be seen."""
    frame, _ = runs.mixed(100)
    made = failures(frame)
    assert counts(made) == {"ServerError 500": 10}
    assert made.title.endswith("failed (10\N{NO-BREAK SPACE}%): ServerError 500")
    assert "attempts=run.attempts" in made.caption


def test_beyond_five_kinds_are_the_others() -> None:
    """The five most frequent have names."""
    errors = [APIError("no", status_code=code) for code in (400, *range(410, 417)) for _ in "ab"]
    made = failures(*runs.all_failed(*errors[1:], count=150))
    found = counts(made)
    assert len(found) == 6
    assert found["other"] == 150 - sum(count for kind, count in found.items() if kind != "other")
    assert "APIError 400" not in found
    assert made.title.startswith("All 150 attempts failed")


def test_a_run_without_failures_says_so() -> None:
    """In a sentence, as there is nothing to draw."""
    frame, attempts = runs.mixed(5)
    assert failures(frame).title == "None of 5 rows failed"
    assert failures(*runs.one()).title == "The only attempt did not fail"
    assert not len(failures(frame, attempts.iloc[:1]).data)


def test_no_kind_of_failure_has_the_colour_of_answers() -> None:
    """Blue is what was answered in the other charts."""
    made = runs.mixed(100)
    assert (
        "f-blue" not in failures(made.frame, made.attempts)._repr_html_().partition("</style>")[2]
    )
