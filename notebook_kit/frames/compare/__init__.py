"""Two runs side by side, row by row."""

from __future__ import annotations

from notebook_kit.frames.compare.comparing import compare
from notebook_kit.frames.compare.comparison import Comparison

__all__ = ["Comparison", "compare"]
