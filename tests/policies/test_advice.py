from __future__ import annotations

import inspect

import pytest

from notebook_kit import errors
from notebook_kit.policies.advice import hint

PARENTS = {"NotebookKitError", "RequestError", "TransportError", "APIError", "BatchError"}
#: A function that starts a run of its own may raise the errors of that run.
OF_A_ROW = errors.RequestError | errors.ConfigurationError | errors.BatchError
ROW_ERRORS = sorted(
    name
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, OF_A_ROW) and name not in PARENTS
)


@pytest.mark.parametrize("kind", ROW_ERRORS)
def test_every_error_of_the_package_has_a_hint(kind: str) -> None:
    """For every error that a row can end in there is advice."""
    assert hint(kind)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504, 529])
def test_usual_statuses_have_a_hint_whatever_raised_them(status: int) -> None:
    """A status is understood in the error of another library too."""
    assert hint(f"HTTPStatusError {status}") == hint(f"SomethingElse {status}")
    assert hint(f"HTTPStatusError {status}")


@pytest.mark.parametrize("kind", ["ReadTimeout", "APITimeoutError", "TimeoutError"])
def test_timeouts_of_other_libraries_are_timeouts(kind: str) -> None:
    """A timeout is known by its name."""
    assert hint(kind) == hint("RequestTimeout")


def test_errors_of_python_point_to_the_function() -> None:
    """A KeyError comes from the user's own code, and the hint says so."""
    assert "function itself" in str(hint("KeyError"))


@pytest.mark.parametrize("kind", ["SomethingNew", "APIError 418", "", "123456"])
def test_nothing_is_made_up(kind: str) -> None:
    """For an unknown kind there is no advice."""
    assert hint(kind) is None


def test_advice_says_how_the_rows_are_sent_again_where_it_is_read() -> None:
    """Beside a frame there is no run to ask."""
    assert str(hint("RateLimited")).endswith("run.retry_failed() sends them again.")
    assert str(hint("RateLimited", again="f()")).endswith("f() sends them again.")


@pytest.mark.parametrize("limit", ["timeout=", "attempt_timeout=", "item_timeout="])
def test_a_time_out_names_the_limit_that_was_too_short(limit: str) -> None:
    """To allow more elsewhere changes nothing; where the text does not name it, both are told."""
    said = str(hint("RequestTimeout", said=f"GET /x: no answer within {limit}0.5 s."))
    assert f"allow more with {limit}," in said
    assert "the client's timeout= or attempt_timeout=" in str(hint("RequestTimeout"))
