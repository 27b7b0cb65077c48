"""The numbers that tell open things apart, in the order in which they were made."""

from __future__ import annotations

import itertools
from typing import Final

__all__ = ["numbers"]

#: Drawing one is a single step, so that it needs no lock.
numbers: Final = itertools.count(1)
