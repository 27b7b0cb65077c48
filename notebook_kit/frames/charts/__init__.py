"""Charts of a run: how long, when, how many a second, what failed, how many at once.

Each is a `Chart`: it shows itself in a notebook as inline SVG, and becomes a matplotlib figure on
request.
"""

from __future__ import annotations

from notebook_kit.frames.charts.bars import timeline
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.durations import latency
from notebook_kit.frames.charts.kinds import failures
from notebook_kit.frames.charts.load import concurrency
from notebook_kit.frames.charts.pace import throughput

__all__ = ["Chart", "concurrency", "failures", "latency", "throughput", "timeline"]
