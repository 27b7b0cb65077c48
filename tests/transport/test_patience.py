"""The patience of a request: what its timeouts mean for each phase."""

from __future__ import annotations

from notebook_kit.client.transports.patience import Patience


def test_each_phase_has_its_own_limit() -> None:
    """Where nothing is said there is none."""
    said = {"pool": 1.0, "connect": 2.0, "write": 3.0, "read": 4.0, "body": 5.0}
    assert Patience.of(said)._asdict() == {**said, "whole": 600.0}
    assert set(Patience.of({})) == {None}


def test_the_body_has_the_limit_of_the_head_unless_it_has_its_own() -> None:
    """None is one of its own: no limit."""
    assert Patience.of({"read": 4.0}).body == 4.0
    assert Patience.of({"read": 4.0, "body": None}).body is None


def test_no_time_at_all_is_not_taken_for_no_limit() -> None:
    """aiohttp reads 0 as "none"."""
    patience = Patience.of({"read": 0, "body": 0.0})
    assert patience.read is not None
    assert patience.body is not None
    assert 0 < patience.read == patience.body < 0.001


def test_an_answer_ends_sometime_where_silence_is_bounded() -> None:
    """After ten minutes, or ten of the longest silences; not where somebody else sees to it."""
    assert Patience.of({"read": 60.0}).whole == 600.0
    assert Patience.of({"read": 120.0}).whole == 1200.0
    assert Patience.of({"read": 60.0}, ends=False).whole is None
    assert Patience.of({}).whole is None
