"""Whether a run can pay for one more attempt."""

from __future__ import annotations

from notebook_kit.policies import Budget
from notebook_kit.scheduling import Endings, StopKind
from notebook_kit.scheduling.purse import Purse
from tests.scheduling.parts import ledger_of


def purse_of(
    *,
    spent: float = 0.25,
    limit: float | None = 1.0,
    begun: tuple[int, ...] = (),
    hedged: tuple[int, ...] = (),
    aside: tuple[int, ...] = (),
) -> Purse:
    """Return the purse of a run whose dearest call, and only one so far, has cost so much."""
    budget = Budget(limit)
    budget.add(spent)
    ledger = ledger_of(10)
    for index in (*begun, *aside[:1]):
        ledger.attempts[index] = 1
    return Purse(Endings(budget=budget), ledger, begun, hedged=hedged, aside=aside)


def test_where_nobody_counts_there_is_always_enough() -> None:
    """And nobody is remembered."""
    purse = Purse(Endings(), ledger_of(1), (), hedged=(), aside=())
    purse.waits(0)
    assert not purse.counts
    assert not purse.tried
    assert purse.too_little() is None


def test_all_who_were_sent_are_reckoned_with() -> None:
    """Under way, under way twice, waiting for another try, or ended and not told of."""
    assert purse_of(begun=(0, 1)).too_little() is None
    for purse in (
        purse_of(begun=(0, 1, 2)),
        purse_of(begun=(0, 1), hedged=(0,)),
        purse_of(begun=(0, 1), aside=(7,)),
    ):
        stop = purse.too_little()
        assert stop is not None
        assert stop.kind is StopKind.COST
    waiting = purse_of(begun=(0, 1))
    waiting.waits(2)
    assert waiting.too_little() is not None
    waiting.waits_no_more(2)
    assert waiting.too_little() is None


def test_who_ended_without_ever_being_sent_costs_nothing() -> None:
    """Of two that nobody was told of, one was sent."""
    assert purse_of(begun=(0,), aside=(7, 8)).too_little() is None


def test_one_of_the_tried_may_go_where_another_may_not() -> None:
    """It is reckoned with already; unless what is left is too little even so."""
    purse = purse_of(begun=(0, 1))
    assert not purse.enough_for_one_of_the_tried
    purse.waits(2)
    assert purse.too_little() is not None
    assert purse.enough_for_one_of_the_tried
    purse.waits(3)
    assert not purse.enough_for_one_of_the_tried
