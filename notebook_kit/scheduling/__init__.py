"""Scheduling: what to start, what to wait for, what is settled; no clock, no loop, no I/O."""

from __future__ import annotations

from notebook_kit.scheduling.endings import Endings, Stop, StopKind
from notebook_kit.scheduling.forecast import Forecast, Range
from notebook_kit.scheduling.ledger import Ledger
from notebook_kit.scheduling.outcome import (
    SOURCES,
    STATUSES,
    Answer,
    KnownEnds,
    NotRescued,
    Outcome,
    Rescued,
    Source,
    Status,
)
from notebook_kit.scheduling.picture import take_snapshot
from notebook_kit.scheduling.plan import Plan
from notebook_kit.scheduling.scheduler import DONE, FEED, WAIT, Scheduler
from notebook_kit.scheduling.snapshot import ErrorGroup, RunState, Snapshot
from notebook_kit.scheduling.terms import Terms

__all__ = [
    "DONE",
    "FEED",
    "SOURCES",
    "STATUSES",
    "WAIT",
    "Answer",
    "Endings",
    "ErrorGroup",
    "Forecast",
    "KnownEnds",
    "Ledger",
    "NotRescued",
    "Outcome",
    "Plan",
    "Range",
    "Rescued",
    "RunState",
    "Scheduler",
    "Snapshot",
    "Source",
    "Status",
    "Stop",
    "StopKind",
    "Terms",
    "take_snapshot",
]
