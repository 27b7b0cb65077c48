"""The trouble that the demo API makes, each kind with a switch that works while it runs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from notebook_kit.demo.units import Pace, pace
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Outage", "Switches"]

#: Letters in the code of a country.
_CODE: Final = 2

#: Off, 503 for everything, or connections dropped without an answer.
Outage: TypeAlias = bool | Literal["refuse"]


def _delay(value: Any, *, name: str) -> float:
    return seconds(value, name=name, zero=True)


def _share(value: object, *, name: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    message = f"{name}={value!r} is not a share: write a number from 0 (never) to 1 (always)."
    raise ConfigurationError(message)


def _flag(value: object, *, name: str) -> bool:
    if isinstance(value, bool):
        return value
    message = f"{name}={value!r} is neither on nor off: write True or False."
    raise ConfigurationError(message)


def _outage(value: object, *, name: str) -> Outage:
    if isinstance(value, bool):
        return value
    if value == "refuse":
        return "refuse"
    message = (
        f"{name}={value!r} is unknown: write False, True (503 for every request) or "
        "'refuse' (connections are dropped without an answer)."
    )
    raise ConfigurationError(message)


def _countries(value: object, *, name: str) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if isinstance(given, (list, tuple, set, frozenset)):
        codes = [code.upper() if isinstance(code, str) else code for code in given]
        if all(isinstance(code, str) and len(code) == _CODE and code.isalpha() for code in codes):
            return tuple(sorted(set(codes)))
    message = f"{name}={value!r} names no countries: write their codes, as in {name}=['NO', 'CH']."
    raise ConfigurationError(message)


_READ: Final[dict[str, Callable[..., Any]]] = {
    "latency_s": _delay,
    "latency_jitter_s": _delay,
    "stream_interval_s": _delay,
    "flaky_rate": _share,
    "flaky_drop_share": _share,
    "flaky_first_tries": _share,
    "drop_after_processing": _flag,
    "rate_limit": pace,
    "limited_rate": pace,
    "chat_rate": pace,
    "chat_tokens": pace,
    "outage": _outage,
    "broken_countries": _countries,
    "slow_countries": _countries,
    "slow_countries_s": _delay,
    "require_credentials": _flag,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Pace):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


class Switches:
    """How the demo API behaves; set an attribute and the next request feels it.

    Attributes:
        latency_s: seconds each answer is held back; ``"20 ms"`` is understood too.
        latency_jitter_s: how far the latency varies to either side, in seconds.
        stream_interval_s: seconds between the chunks of a stream.
        flaky_rate: share of all requests that fail (0 to 1).
        flaky_drop_share: share of those failures that are a dropped connection; the others are
            answered 503. ``/flaky/...`` follows it too.
        drop_after_processing: whether a request that is dropped by ``flaky_rate`` is processed
            before its answer is lost.
        flaky_first_tries: share of first tries that fail on ``/flaky/...``; the try after a
            failed one always succeeds.
        rate_limit: pace above which any route answers 429, such as ``"200/s"``; None for none.
        limited_rate: the same for ``/limited/...`` alone.
        chat_rate: requests a minute for ``/v1/...``.
        chat_tokens: tokens a minute for ``/v1/...``.
        outage: True for 503 to everything, ``"refuse"`` to drop every connection.
        broken_countries: countries whose airports cannot be had: 502, as a gateway answers whose
            source is out of order.
        slow_countries: countries whose airports come late.
        slow_countries_s: seconds that they come late by, and up to twice as much.
        require_credentials: whether data routes ask for the token.

    Raises:
        ConfigurationError: when a value cannot be read.
        AttributeError: when there is no such switch.

    >>> switches = Switches()
    >>> switches.rate_limit = "200/s"
    >>> switches.rate_limit
    Pace(count=200.0, per_s=1.0)
    """

    latency_s: float
    latency_jitter_s: float
    stream_interval_s: float
    flaky_rate: float
    flaky_drop_share: float
    flaky_first_tries: float
    drop_after_processing: bool
    outage: Outage
    slow_countries_s: float
    require_credentials: bool

    if TYPE_CHECKING:
        # What is set may be written as text; what is read is always a Pace or None.
        @property
        def rate_limit(self) -> Pace | None:
            """See the class."""

        @rate_limit.setter
        def rate_limit(self, value: Pace | float | str | None) -> None: ...
        @property
        def limited_rate(self) -> Pace | None:
            """See the class."""

        @limited_rate.setter
        def limited_rate(self, value: Pace | float | str | None) -> None: ...
        @property
        def chat_rate(self) -> Pace | None:
            """See the class."""

        @chat_rate.setter
        def chat_rate(self, value: Pace | float | str | None) -> None: ...
        @property
        def chat_tokens(self) -> Pace | None:
            """See the class."""

        @chat_tokens.setter
        def chat_tokens(self, value: Pace | float | str | None) -> None: ...
        @property
        def broken_countries(self) -> tuple[str, ...]: ...  # noqa: D102 - see the class

        @broken_countries.setter
        def broken_countries(self, value: str | Iterable[str]) -> None: ...
        @property
        def slow_countries(self) -> tuple[str, ...]: ...  # noqa: D102 - see the class

        @slow_countries.setter
        def slow_countries(self, value: str | Iterable[str]) -> None: ...

    def __init__(self, **settings: Any) -> None:
        defaults: dict[str, Any] = {
            "latency_s": 0.0,
            "latency_jitter_s": 0.0,
            "stream_interval_s": 0.005,
            "flaky_rate": 0.0,
            "flaky_drop_share": 0.25,
            "flaky_first_tries": 0.2,
            "drop_after_processing": False,
            "rate_limit": None,
            "limited_rate": "400/s",
            "chat_rate": "60000/min",
            "chat_tokens": "10000000/min",
            "outage": False,
            "broken_countries": (),
            "slow_countries": (),
            "slow_countries_s": 0.3,
            "require_credentials": False,
        }
        self.update({**defaults, **settings})

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, self._read(name, value))

    def update(self, settings: Mapping[str, Any]) -> None:
        """Set several switches, or none of them when one value cannot be read.

        Raises:
            ConfigurationError: when a value cannot be read.
            AttributeError: when there is no such switch.
        """
        read = {name: self._read(name, value) for name, value in settings.items()}
        for name, value in read.items():
            object.__setattr__(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return all switches as plain data that JSON can hold."""
        values = {name: getattr(self, name) for name in _READ}
        return {name: _plain(value) for name, value in values.items()}

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"Switches({settings})"

    @staticmethod
    def _read(name: str, value: Any) -> Any:
        if name not in _READ:
            near = difflib.get_close_matches(name, _READ, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_READ)}."
            message = f"There is no switch {name!r}; {hint}"
            raise AttributeError(message)
        return _READ[name](value, name=name)
