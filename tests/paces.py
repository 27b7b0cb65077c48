"""Tests whose clocks may run slower, where a machine is too busy for the usual pace."""

from __future__ import annotations

import functools
import gc
import inspect
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["at_any_pace"]

P = ParamSpec("P")

#: How many times as long as usual everything takes, in turn.
_PACES: Final = (1.0, 6.0, 30.0)


def _end_what_was_left(open_before: set[int]) -> None:
    """End the runs and close what a try that failed has opened: nobody waits for it any more."""
    for run in [it for it in gc.get_objects() if isinstance(it, nk.Run)]:
        run.cancel()
    for resource in nk.open_resources():
        if resource.number not in open_before:
            resource.close()
    nk.forget()


def at_any_pace(test: Callable[Concatenate[float, P], None]) -> Callable[P, None]:
    """Run a test that is given by how much to stretch all its times, until it passes at one pace.

    What has to come before a time is over comes too late on a machine that stands still for that
    long. So the usual times are short, and the last ones are so long that no machine does; what is
    wrong at any pace fails at the last one.
    """

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        open_before = {it.number for it in nk.open_resources()}
        for pace in _PACES[:-1]:
            try:
                test(pace, *args, **kwargs)
            # An error that does not come is told by one that is no Exception.
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 - the last pace decides
                _end_what_was_left(open_before)
                continue
            return
        test(_PACES[-1], *args, **kwargs)

    # The pace is no fixture.
    signature = inspect.signature(test)
    _, *others = signature.parameters.values()
    run.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return run
