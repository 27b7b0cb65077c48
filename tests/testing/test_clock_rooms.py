"""Where another time is put, and that all of it is put back."""

from __future__ import annotations

import importlib
import sys
import time
from contextlib import ExitStack

from notebook_kit.client import alone
from notebook_kit.decorators import clock as decorators_clock
from notebook_kit.execution import driver, standing, waiting
from notebook_kit.testing.clock_rooms import _AS_EVER, put_clock


def reads_of_time() -> dict[str, object]:
    """What the modules of the package have of the module `time`, by where it stands."""
    return {
        f"{module}.{name}": value
        for module, loaded in list(sys.modules.items())
        if module.startswith("notebook_kit.")
        for name, value in vars(loaded).items()
        if value is time or value is time.monotonic
    }


def test_another_time_is_read_and_put_back() -> None:
    """By module, by name and by default; parts that wait for a person keep their own."""
    before = reads_of_time()
    defaults = dict(driver.Driver.__init__.__kwdefaults__ or {})
    with ExitStack() as back:
        put_clock(lambda: 42.0, lambda: 43.0, back)
        assert vars(standing)["time"].monotonic() == alone._clock() == 42.0
        assert decorators_clock.Clock().now() == 42.0
        assert (driver.Driver.__init__.__kwdefaults__ or {})["clock"]() == 43.0
        assert vars(waiting)["time"] is time
        assert time.monotonic() != 42.0
        first, second = decorators_clock.elapsed(), decorators_clock.elapsed()
        assert first == second
    assert reads_of_time() == before
    assert driver.Driver.__init__.__kwdefaults__ == defaults


def test_the_parts_that_keep_their_time_exist() -> None:
    """A part that has another name by now would be given the other time."""
    for name in _AS_EVER:
        assert vars(importlib.import_module(name))["time"] is time
