"""The options of a pool, checked when they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import seconds
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.policies import Duration

__all__ = ["PoolKeywords", "PoolLimits", "PoolOptions"]

T = TypeVar("T")


class PoolLimits(TypedDict, total=False):
    """How many and how long, of whatever is in the pool; see `ResourcePool`."""

    min_size: int
    max_size: int
    max_idle: int | None
    idle_timeout: Duration | None
    max_age: Duration | None
    acquire_timeout: Duration | None
    close_timeout: Duration
    name: str


class PoolKeywords(PoolLimits, Generic[T], total=False):
    """The options of a pool as they are written; see `ResourcePool`."""

    check: Callable[[T], bool | Awaitable[bool]] | None
    reset: Callable[[T], object] | None
    close: Callable[[T], object] | None


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """What a pool goes by; lengths of time in seconds, None where there is no limit."""

    factory: Callable[[], Any]
    min_size: int
    max_size: int
    max_idle: int
    idle_timeout_s: float | None
    max_age_s: float | None
    check: Callable[[Any], Any] | None
    reset: Callable[[Any], object] | None
    close: Callable[[Any], object] | None
    acquire_timeout_s: float | None
    close_timeout_s: float

    @classmethod
    def checked(
        cls,
        factory: Any,
        *,
        sizes: tuple[int, int, int | None],
        lengths: dict[str, Duration | None],
        check: Any,
        reset: Any,
        close: Any,
    ) -> PoolOptions:
        """Return the options, or say what is wrong with them.

        Raises:
            ConfigurationError: when they cannot work.
        """
        _refuse_uncallable("factory", factory, "connect, or lambda: connect(url)")
        for name, value in (("check", check), ("reset", reset), ("close", close)):
            if value is not None:
                _refuse_uncallable(name, value, "a function of the resource")
        least, most, idle = sizes
        most = whole_number(most, name="max_size")
        least = whole_number(least, name="min_size", least=0, example="2")
        idle = most if idle is None else whole_number(idle, name="max_idle", least=0, example="5")
        if least > most:
            message = f"min_size={least} is more than max_size={most}: let it be at most that."
            raise ConfigurationError(message)
        if idle < least:
            message = (
                f"max_idle={idle} is less than min_size={least}, which stay open while nobody uses "
                f"them: write max_idle={least} or more."
            )
            raise ConfigurationError(message)
        limits_s = {
            name: None if length is None else seconds(length, name=name)
            for name, length in lengths.items()
        }
        return cls(
            factory,
            least,
            most,
            idle,
            limits_s["idle_timeout"],
            limits_s["max_age"],
            check,
            reset,
            close,
            limits_s["acquire_timeout"],
            limits_s["close_timeout"] or 0.0,
        )


def _refuse_uncallable(name: str, value: Any, instead: str) -> None:
    if not callable(value):
        message = f"{name}={shown(value)} cannot be called: give {instead}."
        raise ConfigurationError(message)
