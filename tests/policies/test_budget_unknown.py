"""A cost that nobody knows, before anything is known of costs."""

from __future__ import annotations

from notebook_kit.policies import Budget


def test_before_any_cost_is_known_an_unknown_one_says_nothing() -> None:
    """It is not taken for a call that cost nothing."""
    budget = Budget(1.0)
    budget.add_unknown()
    assert not budget.knows_any
    assert budget.spent == 0.0
    budget.add(0.0)
    assert budget.knows_any
