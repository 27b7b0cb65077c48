"""A budget of retries: when everything fails, trying everything again makes it worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from notebook_kit.policies.retry import Retry

__all__ = ["RetryBudget", "checked_share"]

#: Retries that are always allowed, so that a short run can heal too.
_FLOOR: Final = 10
#: Products that are whole on paper may differ by this much.
_ROUNDING: Final = 1e-9


def checked_share(value: object) -> float:
    """Return the ``budget`` option as a number above zero.

    Raises:
        ConfigurationError: when it is none.
    """
    share = number(value)
    if share is None or share <= 0:
        message = (
            f"budget={value!r} must be a number above zero, such as 0.2 for at most one retry to "
            "five first attempts, or None for no such limit."
        )
        raise ConfigurationError(message)
    return share


class RetryBudget:
    """Counts the retries of many items against their first attempts.

    A server that is overloaded gets at most ``1 + share`` times the load that it would have
    without retries, however many each item may make; ten retries are always allowed.

    Args:
        share: retries to first attempts, a number above zero.

    Attributes:
        denied: retries that were not made because none was left.

    Raises:
        ConfigurationError: when it is none.

    >>> budget = RetryBudget(0.5)
    >>> for _ in range(30):
    ...     budget.started()
    >>> sum(budget.spend() for _ in range(30))
    15
    """

    def __init__(self, share: float) -> None:
        self._share = checked_share(share)
        self._started = 0
        self._spent = 0
        self.denied = 0

    @classmethod
    def of(cls, retry: Retry) -> RetryBudget | None:
        """Return the state that the policy's ``budget`` needs, or None where it has none."""
        return None if retry.budget is None else cls(retry.budget)

    def started(self) -> None:
        """Note the first attempt of an item."""
        self._started += 1

    def spend(self) -> bool:
        """Take one retry out of the budget; return False, and take none, if none is left."""
        allowed = max(_FLOOR, self._share * self._started + _ROUNDING)
        if self._spent + 1 > allowed:
            self.denied += 1
            return False
        self._spent += 1
        return True
