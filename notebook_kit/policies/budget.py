"""A limit of cost, held although the cost of a call is known only when it has been made."""

from __future__ import annotations

import math
from typing import Final

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

__all__ = ["Budget"]

#: Sums of money that are equal on paper may differ by this share.
_ROUNDING: Final = 1e-9


class Budget:
    """What was spent, and whether one more call may be started.

    Every call under way, and the one to be started, counts as much as the dearest so far. So the
    limit holds as long as no call costs more than all before it; until one has cost anything, calls
    go one at a time. The sum is compensated (A. Neumaier, 1974), so that a million small costs add
    up to what they are.

    Attributes:
        limit: the most that may be spent; None counts only.
        knows_any: whether the cost of any call is known.

    Raises:
        ConfigurationError: when the limit is not a number of zero or more.

    >>> budget = Budget(1.0)
    >>> budget.may_start(in_flight=0), budget.may_start(in_flight=1)
    (True, False)
    >>> budget.add(0.4)
    >>> budget.may_start(in_flight=0), budget.may_start(in_flight=1)
    (True, False)
    """

    def __init__(self, limit: float | None = None) -> None:
        checked = 0.0 if limit is None else number(limit)
        if checked is None or checked < 0:
            message = f"max_cost={limit!r} must be a number of zero or more, as 5.0."
            raise ConfigurationError(message)
        self.limit = limit
        self._sum = 0.0
        #: What the sum has lost by rounding.
        self._lost = 0.0
        self._dearest = 0.0
        self.knows_any = False

    @property
    def spent(self) -> float:
        """The sum of what is known."""
        return self._sum + self._lost

    def add(self, cost: float) -> None:
        """Count what one item has cost.

        Raises:
            ConfigurationError: when that is not a finite number of zero or more.
        """
        checked = number(cost)
        if checked is None or not 0 <= checked < math.inf:
            message = f"cost gave {shown(cost)} for an item; it must be a number of zero or more."
            raise ConfigurationError(message)
        total = self._sum + checked
        larger, smaller = max(self._sum, checked), min(self._sum, checked)
        self._lost += (larger - total) + smaller
        self._sum = total
        self._dearest = max(self._dearest, checked)
        self.knows_any = True

    def add_unknown(self) -> None:
        """Count one item whose cost nobody knows: as much as the dearest so far."""
        if self.knows_any:
            self.add(self._dearest)

    def may_start(self, *, in_flight: int) -> bool:
        """Tell whether one more call is sure to stay within the limit."""
        if self.limit is None:
            return True
        if not self._dearest:
            return in_flight == 0 and self.limit > 0
        likely = self.spent + (in_flight + 1) * self._dearest
        return likely <= self.limit * (1 + _ROUNDING)
