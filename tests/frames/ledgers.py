"""Plans and ledgers for tests of frames, filled as a run fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.frames import build_frame, plan_of
from notebook_kit.scheduling import Ledger, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from notebook_kit.scheduling import Plan

#: Seconds since the epoch at which the clock of the ledgers below started: 2024-01-01, in UTC.
EPOCH = 1_704_067_200.0


def settle(
    ledger: Ledger,
    index: int,
    status: Status = Status.OK,
    *,
    value: Any = None,
    error: BaseException | None = None,
    status_code: int = 0,
    network_s: float = 0.25,
) -> None:
    """End one item: it left the input at second 1 and was tried once, at second 1.5."""
    ledger.left[index] = 1.0
    ledger.attempts[index] = 1
    ledger.network[index] = network_s
    ledger.status_code[index] = status_code
    ledger.settle(index, status, now=1.5 + network_s, value=value, error=error)


def answered(answers: Iterable[Any]) -> Ledger:
    """Return the ledger of a run in which each item was answered."""
    ledger = Ledger(epoch=EPOCH)
    for index, answer in enumerate(answers):
        ledger.grow(1)
        settle(ledger, index, value=answer)
    return ledger


def failed(errors: Sequence[BaseException], *, status_code: int = 0) -> Ledger:
    """Return the ledger of a run in which each item failed."""
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(len(errors))
    for index, error in enumerate(errors):
        settle(ledger, index, Status.FAILED, error=error, status_code=status_code)
    return ledger


def frame_of(data: Any, ledger: Ledger) -> pd.DataFrame:
    """Return the frame of an input and what became of it."""
    return build_frame(plan_of(data), ledger)


def frame_of_answers(answers: Sequence[Any]) -> pd.DataFrame:
    """Return the frame of a run in which each item was answered."""
    return frame_of(range(len(answers)), answered(answers))


def everything() -> tuple[Plan, Ledger]:
    """Return a run of six items that ended in all the ways there are, and one that did not end."""
    ledger = Ledger(epoch=EPOCH)
    ledger.grow(7)
    settle(ledger, 0, value={"n": 1}, status_code=200, network_s=0.5)
    settle(ledger, 1, Status.FAILED, error=ValueError("bad value"), status_code=422)
    settle(ledger, 2, Status.TIMEOUT, error=TimeoutError("too slow"))
    settle(ledger, 3, Status.CANCELLED)
    settle(ledger, 4, Status.SKIPPED)
    settle(ledger, 5, value="text")
    return plan_of(list("abcdefg")), ledger


def items_of(data: Any) -> list[Any]:
    """Return the items that the plan for an input of known length has."""
    plan = plan_of(data)
    assert plan.length is not None
    return list(plan.items(plan.length))


def types_of(data: Any) -> list[str]:
    """Return the names of the classes of those items."""
    return [type(item).__name__ for item in items_of(data)]
