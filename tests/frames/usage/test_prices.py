from __future__ import annotations

import math
from typing import Any

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.usage import Tokens
from notebook_kit.frames.usage.prices import pricer_of

USED = Tokens("gpt-5", 1_000_000, 500_000, 1_500_000, cached=400_000, cache_written=100_000)


@pytest.mark.parametrize(
    ("price", "cost"),
    [((2, 10), 7.0), ((2, 10, 1), 6.6), ((2, 10, 1, 3), 6.7), ((0, 0), 0.0)],
)
def test_each_kind_of_tokens_has_its_price(price: tuple[float, ...], cost: float) -> None:
    """What is cached costs what the input does, where no other price is given."""
    assert pricer_of({"gpt-5": price})(USED) == pytest.approx(cost)
    assert pricer_of(price)(USED) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-5", True),
        ("gpt-5-2025-08-07", True),
        ("openai/gpt-5", True),
        ("gpt-5-latest", True),
        ("gpt-5-mini", False),
        ("gpt-55", False),
        (None, False),
    ],
)
def test_a_price_holds_for_the_versions_of_a_model(model: str | None, *, known: bool) -> None:
    """A date is a version; another word is another model."""
    cost = pricer_of({"gpt-5": (2, 10)})(USED._replace(model=model))
    assert math.isnan(cost) is not known


def test_the_nearest_name_counts() -> None:
    """A model with a price of its own is not priced as its elder."""
    prices = {"m": (1, 1), "m-2": (2, 2)}
    tokens = Tokens("m-2-2025", 1_000_000, 0, 1_000_000)
    assert pricer_of(prices)(tokens) == 2.0


def test_a_sum_alone_has_a_cost_only_where_the_kind_does_not_matter() -> None:
    """Nobody says how many were input."""
    tokens = Tokens(None, None, None, 1_000_000)
    assert pricer_of((2, 2))(tokens) == 2.0
    assert math.isnan(pricer_of((2, 10))(tokens))


def test_a_function_may_say_the_cost() -> None:
    """None is an unknown cost; what is no money is refused."""
    assert pricer_of(lambda tokens: tokens.total / 1e6)(USED) == 1.5
    assert math.isnan(pricer_of(lambda _: None)(USED))  # type: ignore[arg-type,return-value]
    for wrong in (-1, "much", math.nan):
        with pytest.raises(ConfigurationError, match="return money"):
            pricer_of(lambda _, wrong=wrong: wrong)(USED)  # type: ignore[misc]


@pytest.mark.parametrize("price", [3, "12", (1,), (1, 2, 3, 4, 5), (1, "2"), (1, -2), None])
def test_what_is_no_price_is_refused(price: Any) -> None:
    """The message shows how prices are written."""
    with pytest.raises(ConfigurationError, match="give two numbers, for input and output"):
        pricer_of({"m": price})
