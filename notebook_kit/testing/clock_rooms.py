"""Where the package reads the time by which it decides, and how another is put there."""

from __future__ import annotations

import inspect
import sys
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from types import ModuleType

__all__ = ["put_clock"]

#: Rooms that decide by the time.
_ROOMS: Final = tuple(f"notebook_kit.{name}." for name in ("client", "decorators", "execution"))
#: Parts of them in which a person, or a loop that has stopped, is waited for.
_AS_EVER: Final = frozenset({"notebook_kit.execution.waiting", "notebook_kit.execution.vigil"})


class _Time:
    """Stands in a module for the module `time`."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.monotonic = now
        self._apart: dict[int, float] = {}

    def clock_gettime(self, clock: int) -> float:
        """Return the time of a clock that goes forward, as far from the other as it was."""
        if clock not in self._apart:
            self._apart[clock] = time.clock_gettime(clock) - time.monotonic()
        return self.monotonic() + self._apart[clock]

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def put_clock(now: Callable[[], float], now_of_loop: Callable[[], float], back: ExitStack) -> None:
    """Have the package decide by this time, until ``back`` is closed.

    Args:
        now: the time.
        now_of_loop: the same, for what is told its clock: it waits on the loop it runs on.
        back: puts everything back.
    """
    stand_in = _Time(now)
    for module in _modules():
        for name, value in list(vars(module).items()):
            if value is time:
                _put(module, name, stand_in, back)
            elif value is time.monotonic:
                _put(module, name, now, back)
        for function in _functions(module):
            defaults: dict[str, Any] = function.__kwdefaults__ or {}
            for name, value in list(defaults.items()):
                if value is time.monotonic:
                    back.callback(defaults.__setitem__, name, value)
                    defaults[name] = now_of_loop


def _put(holder: Any, name: str, value: Any, back: ExitStack) -> None:
    back.callback(setattr, holder, name, getattr(holder, name))
    setattr(holder, name, value)


def _modules() -> list[ModuleType]:
    loaded = list(sys.modules.items())
    return [it for name, it in loaded if name.startswith(_ROOMS) and name not in _AS_EVER]


def _functions(module: ModuleType) -> Iterator[Any]:
    """Yield the functions of a module, and those of its classes."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            yield from filter(inspect.isfunction, vars(value).values())
