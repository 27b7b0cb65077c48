"""Outcomes: the words of statuses and sources stand for their codes, in order."""

from __future__ import annotations

from notebook_kit.scheduling import SOURCES, STATUSES, Answer, Outcome, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED


def outcome_of(status: str) -> Outcome:
    return Outcome(
        index=0,
        item=None,
        value=None,
        error=None,
        status=status,
        source="network",
        status_code=None,
        attempts=1,
        started=0.0,
        waited_s=0.5,
        network_s=1.0,
        backoff_s=2.0,
    )


def test_words_stand_in_the_order_of_their_codes() -> None:
    """A frame's categories are these words; a code is a position in them."""
    assert STATUSES == ("ok", "failed", "timeout", "cancelled", "skipped")
    assert SOURCES == ("network", "cache", "checkpoint", "fallback")
    assert [STATUSES[status] for status in Status] == [it.name.lower() for it in Status]
    assert [SOURCES[source] for source in Source] == [it.name.lower() for it in Source]
    assert UNSETTLED not in list(Status)


def test_only_ok_is_ok() -> None:
    """`ok` is true of no other status."""
    assert [outcome_of(status).ok for status in STATUSES] == [True, False, False, False, False]


def test_elapsed_is_the_sum_of_the_three_times() -> None:
    """Waiting, network and back-off together are the time from leaving the input to the end."""
    assert outcome_of("ok").elapsed_s == 3.5


def test_an_answer_without_more_to_say_is_of_the_network() -> None:
    """The value alone is enough."""
    assert Answer("value") == ("value", 0, Source.NETWORK, None)
