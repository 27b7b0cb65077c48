"""What tokens cost."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.usage.tokens import Tokens
from notebook_kit.redact import shown

__all__ = ["Pricer", "Prices", "pricer_of"]

#: Prices of a million tokens: by model, the same for all, or a function from tokens to money.
Prices: TypeAlias = Mapping[str, Sequence[float]] | Sequence[float] | Callable[[Tokens], float]
#: Returns what tokens cost, NaN where that is not known.
Pricer: TypeAlias = Callable[[Tokens], float]

_MILLION: Final = 1_000_000
_EXAMPLE: Final = "prices={'gpt-5-mini': (0.25, 2.00)}, in money for a million tokens"
#: A name with one of these behind it is a version of the model: a date, a number, an alias.
_VERSION: Final = re.compile(r"[-@:](\d[\d.-]*|latest|v\d[\d.:]*)")


class _Price(NamedTuple):
    input: float
    output: float
    cached: float
    cache_written: float

    def of(self, tokens: Tokens) -> float:
        if tokens.input is None and tokens.output is None:
            # Only their sum is known, which says nothing of the price unless there is but one.
            return tokens.total * self.input / _MILLION if self.input == self.output else math.nan
        if tokens.input is None and self.input > 0:
            return math.nan
        taken = tokens.input or 0
        plain = max(taken - tokens.cached - tokens.cache_written, 0)
        cost = (
            plain * self.input
            + tokens.cached * self.cached
            + tokens.cache_written * self.cache_written
            + (tokens.output or 0) * self.output
        )
        return cost / _MILLION


def pricer_of(prices: Prices) -> Pricer:
    """Return a function from tokens to money.

    The price of a model holds for its versions too: ``"model-2025-01-31"`` is a ``"model"``.

    Raises:
        ConfigurationError: for what are no prices.

    >>> cost = pricer_of({"model": (1.0, 4.0)})
    >>> cost(Tokens("model-2025-01-31", 500_000, 250_000, 750_000))
    1.5
    """
    if callable(prices):
        return _by_function(prices)
    if not isinstance(prices, Mapping):
        return _checked(prices, "every model").of
    table = {name: _checked(price, repr(name)) for name, price in prices.items()}
    found: dict[str | None, _Price | None] = {}

    def cost(tokens: Tokens) -> float:
        model = tokens.model
        if model not in found:
            found[model] = _look_up(table, model)
        price = found[model]
        return math.nan if price is None else price.of(tokens)

    return cost


def _by_function(function: Callable[[Tokens], Any]) -> Pricer:
    def cost(tokens: Tokens) -> float:
        given = function(tokens)
        known = math.nan if given is None else number(given)
        if known is None or known < 0:
            message = f"prices gave {shown(given)} for {tokens}: return money, or None if unknown."
            raise ConfigurationError(message)
        return known

    return cost


def _look_up(table: Mapping[str, _Price], model: str | None) -> _Price | None:
    if model is None:
        return None
    for name in (model, model.rpartition("/")[2]):
        if name in table:
            return table[name]
        known = [it for it in table if name.startswith(it) and _VERSION.fullmatch(name[len(it) :])]
        if known:
            return table[max(known, key=len)]
    return None


def _checked(price: Any, of: str) -> _Price:
    given = list(price) if isinstance(price, Sequence) and not isinstance(price, str) else []
    numbers = [number(it) for it in given]
    known = [it for it in numbers if it is not None and it >= 0]
    if not 2 <= len(given) <= 4 or len(known) < len(given):  # noqa: PLR2004 - input to cache
        message = (
            f"The prices of {of} are {shown(price)}: give two numbers, for input and output, as "
            f"{_EXAMPLE}; a third for input read from a cache, a fourth for input written to one."
        )
        raise ConfigurationError(message)
    # Where nobody says, what is cached costs what the input does.
    padded = [*known, *[known[0]] * (4 - len(known))]
    return _Price(*padded)
