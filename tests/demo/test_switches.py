from __future__ import annotations

import re
from typing import Any

import pytest

from notebook_kit.demo import Switches
from notebook_kit.demo.units import Pace
from notebook_kit.errors import ConfigurationError


def test_switches_are_off_until_they_are_set() -> None:
    """A new server makes no trouble by itself."""
    switches = Switches()
    assert (switches.flaky_rate, switches.rate_limit, switches.outage) == (0.0, None, False)
    assert not switches.require_credentials


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("latency_s", "20 ms", 0.02),
        ("flaky_rate", 1, 1.0),
        ("rate_limit", "200/s", Pace(200, 1.0)),
        ("rate_limit", None, None),
        ("outage", "refuse", "refuse"),
        ("broken_countries", ["no", "CH", "NO"], ("CH", "NO")),
        ("slow_countries", "AU", ("AU",)),
        ("slow_countries_s", "50 ms", 0.05),
        ("require_credentials", True, True),
    ],
)
def test_a_switch_keeps_what_it_was_given_in_its_own_type(name: str, given: Any, kept: Any) -> None:
    """Text is read when the switch is set, so that the server never meets it."""
    switches = Switches()
    setattr(switches, name, given)
    assert getattr(switches, name) == kept


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("latency_s", -1),
        ("flaky_rate", 1.5),
        ("flaky_rate", True),
        ("rate_limit", "fast"),
        ("outage", "maybe"),
        ("broken_countries", ["Norway"]),
        ("broken_countries", ["NO", 7]),
        ("slow_countries", None),
        ("require_credentials", 1),
    ],
)
def test_a_value_that_cannot_be_read_changes_nothing(name: str, given: Any) -> None:
    """The error names the switch and what was given; the old value stays."""
    switches = Switches()
    before = switches.as_dict()
    with pytest.raises(ConfigurationError, match=re.escape(f"{name}={given!r}")):
        setattr(switches, name, given)
    assert switches.as_dict() == before


def test_a_misspelt_switch_is_an_error_with_a_suggestion() -> None:
    """Setting an attribute that does not exist would otherwise do nothing, silently."""
    with pytest.raises(AttributeError, match="did you mean 'flaky_rate'"):
        Switches().flakyrate = 0.5


def test_several_switches_are_set_together_or_not_at_all() -> None:
    """One bad value among good ones leaves all as they were."""
    switches = Switches()
    with pytest.raises(ConfigurationError):
        switches.update({"latency_s": 1, "flaky_rate": 7})
    assert switches.latency_s == 0.0


def test_switches_are_shown_as_plain_data_that_can_be_set_again() -> None:
    """What `as_dict` gives makes equal switches."""
    switches = Switches(
        rate_limit="500/min", outage="refuse", latency_s="5 ms", slow_countries=["NO"]
    )
    assert Switches(**switches.as_dict()).as_dict() == switches.as_dict()
    assert "rate_limit='500/min'" in repr(switches)
