"""Times of attempts as people read them, down to millionths of a second."""

from __future__ import annotations

from typing import Final

from notebook_kit.numbers import took

__all__ = ["spent"]

#: Less would be no tenth of a thousandth.
_LEAST_MS_S: Final = 5e-5
_LEAST_S: Final = 5e-7


def spent(seconds: float) -> str:
    r"""Return how long something took; a call that is answered at once is not "0.0 ms".

    >>> [spent(s).replace("\N{NO-BREAK SPACE}", " ") for s in (0.0, 4e-7, 0.00003, 0.0004, 0.21)]
    ['0 µs', '<1 µs', '30 µs', '0.4 ms', '210 ms']
    """
    if seconds >= _LEAST_MS_S:
        return took(seconds)
    number = f"{seconds * 1e6:.0f}" if seconds >= _LEAST_S or seconds <= 0 else "<1"
    return f"{number}\N{NO-BREAK SPACE}µs"
