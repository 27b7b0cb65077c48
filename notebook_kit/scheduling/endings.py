"""When a run ends before its input does, and why."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.policies import Failure
    from notebook_kit.policies.budget import Budget
    from notebook_kit.policies.fail_fast import FailFast

__all__ = ["Endings", "Stop", "StopKind"]


class StopKind(StrEnum):
    """What ended a run before its input did."""

    CANCELLED = "cancelled"
    """Somebody asked for it."""
    ERRORS = "errors"
    """Too many items failed, or they fail for a reason that will not go away."""
    COST = "cost"
    """Going on would have cost more than ``max_cost``."""
    TIME = "time"
    """``batch_timeout`` has passed."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ended before its input did.

    Attributes:
        kind: the sort of reason.
        reason: what to tell the user, as a sentence or two; empty for a cancellation.
    """

    kind: StopKind
    reason: str = ""


class Endings:
    """Looks at how items end, and says when that is enough.

    Attributes:
        budget: what was spent, or None.

    >>> from notebook_kit.policies import classify
    >>> endings = Endings(max_errors=0)
    >>> endings.failed(classify(ValueError("no")), errors=1, ok=5).reason
    '1 item failed, and max_errors=0.'
    """

    def __init__(
        self,
        *,
        max_errors: int | None = None,
        fail_fast: FailFast | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.budget = budget
        self._max_errors = max_errors
        self._fail_fast = copy.copy(fail_fast)
        #: As it was at the beginning.
        self._unused = fail_fast
        self._ok = 0

    def reopened(self) -> None:
        """Forget failures: those who have failed are tried once more, and may end well."""
        self._fail_fast = copy.copy(self._unused)
        self._ok = 0

    def failed(self, failure: Failure, *, errors: int, ok: int) -> Stop | None:
        """Look at an item that ended in this failure; return why the run should stop, or None.

        Args:
            failure: what ended it.
            errors: items that have failed so far, this one included.
            ok: items that have ended well so far.
        """
        if self._fail_fast is not None:
            # Good ends are too many to be told of one by one.
            if ok > self._ok:
                self._fail_fast.ended(None)
                self._ok = ok
            hopeless = self._fail_fast.ended(failure)
            if hopeless is not None:
                return Stop(StopKind.ERRORS, hopeless)
        return self.too_many(errors)

    def too_many(self, errors: int) -> Stop | None:
        """Return why a run in which so many items have failed should stop, or None."""
        if self._max_errors is not None and errors > self._max_errors:
            said = "1 item failed" if errors == 1 else f"{errors:,} items failed"
            return Stop(StopKind.ERRORS, f"{said}, and max_errors={self._max_errors}.")
        return None

    def out_of_budget(self, in_flight: int) -> Stop | None:
        """Return why nothing may be started with so many under way, or None."""
        budget = self.budget
        if budget is None or budget.may_start(in_flight=in_flight):
            return None
        spent = f"{budget.spent:.4g} of max_cost={budget.limit:g} is spent"
        return Stop(StopKind.COST, f"{spent}, and the next call could cost more than is left.")
