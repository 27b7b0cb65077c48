"""Execution: the I/O thread, the driver that carries out what the scheduler says, and runs."""

from __future__ import annotations

from notebook_kit.execution.crossing import done_on_io_loop
from notebook_kit.execution.desk import Desk, live_desks
from notebook_kit.execution.executor import Executor
from notebook_kit.execution.futures import Future
from notebook_kit.execution.io_thread import (
    at_shutdown,
    begin_on_io_loop,
    io_loop,
    on_io_loop,
    pending_tasks,
    submit,
)
from notebook_kit.execution.keywords import AnyRunKeywords, Progress, RunKeywords
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.options import RunOptions
from notebook_kit.execution.protocols import Frames, Journal, Presenter, View, Work
from notebook_kit.execution.run import Run
from notebook_kit.execution.settings import Settings, lowered_switch_interval, options
from notebook_kit.execution.submission import Submission
from notebook_kit.execution.waiting import wait_async, wait_sync
from notebook_kit.execution.worker_threads import WorkerThreads

__all__ = [
    "AnyRunKeywords",
    "Desk",
    "Executor",
    "Frames",
    "Future",
    "Journal",
    "Presenter",
    "Progress",
    "Run",
    "RunKeywords",
    "RunOptions",
    "Settings",
    "Submission",
    "View",
    "Work",
    "WorkerThreads",
    "at_shutdown",
    "begin_on_io_loop",
    "done_on_io_loop",
    "io_loop",
    "live_desks",
    "lowered_switch_interval",
    "on_io_loop",
    "options",
    "pending_tasks",
    "running_loop",
    "submit",
    "wait_async",
    "wait_sync",
]
