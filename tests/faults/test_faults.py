"""Each named fault becomes an answer or one error of the kit, in each way over each transport."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing.faults import FAULTS
from tests.faults.expected import LEFT_OUT, TOLD, expected
from tests.faults.observing import SECRETS, TRIES, Observation, observe
from tests.faults.page import PAGE, WATCHED, line_of, observe_all, page

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("name", WATCHED)
def test_a_fault(name: str) -> None:
    """It becomes what the page says, tells what happened and where, and harms nothing else."""
    seen = observe_all(name)
    for one in seen:
        _check_class(one)
        if one.error is not None:
            _check_message(one)
            _check_counts(one)
            _check_secrets(one)
        _check_harm(one)
    line = line_of(name, seen)
    assert line in PAGE.read_text(encoding="utf-8").splitlines(), (
        f"docs/faults.md does not hold:\n{line}\nRun: python -m tests.faults.table"
    )


def _check_class(one: Observation) -> None:
    assert one.is_of_the_kit, (one, one.error)
    assert one.kind in expected(one.fault, one.way, one.transport), (one, one.text)
    if one.way == "row":
        ended = "timeout" if one.kind == "RequestTimeout" else "failed"
        assert one.status == ("ok" if one.error is None else ended)


def _check_message(one: Observation) -> None:
    error = one.error
    assert f"GET {one.url}" in one.text, one.text
    assert isinstance(error, nk.RequestError)
    assert error.call is not None
    assert error.call.startswith(f"GET {one.url}")
    # Of a row the columns tell it, so that equal errors read alike.
    told = re.search(r" \(after (\d+ attempts in )?[\d.]+ m?s\)\.?$", one.text)
    assert (told is not None) == (one.way == "call"), one.text
    assert TOLD.get(one.fault, "") in one.text, one.text
    assert not isinstance(error, BaseExceptionGroup)


def _check_counts(one: Observation) -> None:
    tried_again = isinstance(one.error, nk.TransportError)
    assert one.attempts == TRIES if tried_again else one.attempts >= 1
    assert one.elapsed_s is not None
    assert one.elapsed_s >= 0
    fault = FAULTS[one.fault]
    reads = fault.reaction is not None and fault.certificate in (None, "good")
    if reads and not fault.never_ends and not fault.redirects:
        assert one.requests == one.attempts, "a request was sent more often than it was tried"


def _check_secrets(one: Observation) -> None:
    error = one.error
    assert error is not None
    shown = [one.text, *(repr(it) + str(it) for it in _chain(error))]
    shown += traceback.format_exception(error)
    for secret in SECRETS:
        assert not any(secret in text for text in shown), one


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _check_harm(one: Observation) -> None:
    assert one.after in (None, b"after"), "a leftover was taken for the next answer"
    netloc = httpx.URL(one.url).netloc.decode("ascii")
    assert one.credentials_seen <= {netloc}, "credentials went to another origin"


@pytest.mark.parametrize(
    ("form", "least_s", "most_s"),
    [
        ("in-seconds", 1.0, 1.0),
        ("as-a-date", 0.0, 2.0),
        ("of-zero", 0.0, 0.0),
        ("in-the-past", 0.0, 0.0),
        ("negative", 0.0, 0.0),
        ("of-centuries", 9999999999.0, 9999999999.0),
        *[(form, None, None) for form in ("without-time", "in-words", "of-nan", "of-infinity")],
        *[(form, None, None) for form in ("of-400-digits", "of-a-bad-date")],
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_what_a_server_asks_to_wait(
    status: int, form: str, least_s: float | None, most_s: float | None
) -> None:
    """The error tells the seconds that were asked for, never negative; None for what is no time."""
    error = observe(f"{status}-{form}", "call", "aiohttp").error
    assert isinstance(error, nk.APIError)
    assert error.status_code == status
    if least_s is None or most_s is None:
        assert error.retry_after_s is None
    else:
        assert error.retry_after_s is not None
        assert least_s <= error.retry_after_s <= most_s


def test_the_page_is_whole() -> None:
    """The page has the lines of all faults and nothing else, in the order of the catalogue."""
    text = PAGE.read_text(encoding="utf-8")
    names = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert list(names) == list(WATCHED)
    assert page(names) == text


def test_what_is_left_out_is_known() -> None:
    """Only faults of the catalogue can be left out."""
    assert set(FAULTS) >= LEFT_OUT


def test_the_code_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The examples end with the errors that they show."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block, told in zip(
        blocks, ("before the whole answer had come", "certificate"), strict=True
    ):
        exec(block, names)  # noqa: S102 - our own document
        assert told in capsys.readouterr().out
