"""The switch interval: lowered while a run is live, put back if it still is ours."""

from __future__ import annotations

import sys

import pytest

import notebook_kit as nk
from notebook_kit.execution import lowered_switch_interval


def test_it_is_lowered_while_inside_and_put_back_by_the_last() -> None:
    """Two that overlap lower it once; only the last one to leave puts it back."""
    before = sys.getswitchinterval()
    with lowered_switch_interval():
        with lowered_switch_interval():
            assert sys.getswitchinterval() == pytest.approx(0.0005)
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    assert sys.getswitchinterval() == before


def test_a_value_set_by_somebody_else_meanwhile_stays() -> None:
    """If the user sets the interval inside, it is left as the user wants it."""
    before = sys.getswitchinterval()
    with lowered_switch_interval():
        sys.setswitchinterval(0.002)
    try:
        assert sys.getswitchinterval() == pytest.approx(0.002)
    finally:
        sys.setswitchinterval(before)


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """nk.options.switch_interval=None leaves Python's own."""
    monkeypatch.setattr(nk.options, "switch_interval", None)
    before = sys.getswitchinterval()
    with lowered_switch_interval():
        assert sys.getswitchinterval() == before
