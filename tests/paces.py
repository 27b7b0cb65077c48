"""Tests whose clocks may run slower, where a machine is too busy for the usual pace."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["at_any_pace"]

P = ParamSpec("P")

#: How many times as long as usual everything takes, in turn.
_PACES: Final = (1.0, 6.0, 30.0)


def at_any_pace(test: Callable[Concatenate[float, P], None]) -> Callable[P, None]:
    """Run a test that is given by how much to stretch all its times, until it passes at one pace.

    What has to come before a time is over comes too late on a machine that stands still for that
    long. So the usual times are short, and the last ones are so long that no machine does; what is
    wrong at any pace fails at the last one.
    """

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        for pace in _PACES[:-1]:
            try:
                test(pace, *args, **kwargs)
            except Exception:  # noqa: BLE001, S112 - at the last pace it has to pass
                continue
            return
        test(_PACES[-1], *args, **kwargs)

    # The pace is no fixture.
    signature = inspect.signature(test)
    _, *others = signature.parameters.values()
    run.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return run
