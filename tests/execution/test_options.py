"""Options of a run: read once, checked before anything is started."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import notebook_kit as nk
from notebook_kit.execution import RunOptions


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"max_concurrency": -1}, "max_concurrency=-1 must be a whole number of 1 or more"),
        ({"max_concurrency": 2.5}, "max_concurrency=2.5"),
        ({"max_concurrency": True}, "max_concurrency=True"),
        ({"rate": "fast"}, r"rate='fast' cannot be read: write '50/s'"),
        ({"rate": "-5/s"}, "rate='-5/s' cannot be read"),
        ({"rate": 50}, "rate=50 cannot be read"),
        ({"retry": -1}, "retry=-1"),
        ({"retry": "often"}, "retry='often'"),
        ({"attempt_timeout": "soon"}, "attempt_timeout='soon' is not a duration"),
        ({"attempt_timeout": 0}, "attempt_timeout=0 must be more than zero"),
        ({"on_error": "ignore"}, "on_error='ignore' must be 'collect', 'raise' or a function"),
        ({"on_error": np.array(["a", "b"])}, "on_error=array.* must be 'collect'"),
        ({"progress": "bar"}, "progress='bar'"),
        ({"progress": 1}, "progress=1 must be True, False, 'text' or a function"),
        ({"fail_fast": 1}, "fail_fast=1 must be True or False"),
        ({"pilot": 0}, "pilot=0 must be a whole number of 1 or more, such as 20"),
        ({"pilot": True}, "pilot=True"),
        ({"name": 7}, "name=7 must be text"),
        ({"reuse": None}, "reuse=None must be 'ok', 'settled' or 'none'"),
        ({"priority": len, "order": "up"}, "order='up' must be 'high_first'"),
        (
            {"concurrency": 5},
            r"no option 'concurrency'\. Did you mean 'max_concurrency'\? It takes .*retry",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_write(keywords: Any, said: str) -> None:
    """A bad option raises ConfigurationError, which is a ValueError, before any call is made."""
    called: list[int] = []
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.map(called.append, [1, 2], **keywords)
    assert called == []


@pytest.mark.parametrize(
    "given",
    [
        {"durable": True},
        {"durable": False},
        {"reuse": "ok"},
        {"on_change": "new"},
        {"version": 2},
        {"flush_every": "1 s"},
    ],
    ids=str,
)
def test_what_says_how_a_checkpoint_is_kept_needs_one(given: Any) -> None:
    """Given without checkpoint= such an option is refused, be its value the default."""
    (name,) = given
    with pytest.raises(nk.ConfigurationError, match=f"^{name}= is for what checkpoint= keeps"):
        RunOptions.of(given)
    given["checkpoint"] = "runs.db"
    assert RunOptions.of(given).checkpoint == "runs.db"


def test_options_that_were_not_given_need_no_checkpoint() -> None:
    """None stands for nothing, and options that were made otherwise are as they were."""
    assert RunOptions.of({"version": None, "checkpoint": None}) == RunOptions()
    assert RunOptions(durable=True, reuse="none").durable


def test_defaults() -> None:
    """Ten at once, two further tries, no limits, errors collected, progress shown."""
    options = RunOptions.of({})
    assert (options.max_concurrency, options.retry.max_attempts) == (10, 3)
    assert (options.rates, options.attempt_timeout_s) == ((), None)
    assert (options.on_error, options.progress) == ("collect", True)


def test_several_rates_all_hold() -> None:
    """rate= takes a list of limits."""
    options = RunOptions.of({"rate": ["50/s", nk.Rate(1000, per="min", weight=len)]})
    assert [str(rate) for rate in options.rates] == ["50/s", "1,000/min"]


@pytest.mark.parametrize("name", ["on_outcome", "on_error", "cost", "key", "priority", "progress"])
def test_functions_that_nobody_would_await_are_refused(name: str) -> None:
    """An async function in the place of a plain one would do nothing, and say nothing."""

    async def save(_: object) -> None:
        raise AssertionError

    keywords: Any = {name: save, **({"dedupe": True} if name == "key" else {})}
    with pytest.raises(nk.ConfigurationError, match=f"{name}= is an async function"):
        nk.map(print, [1], **keywords)
