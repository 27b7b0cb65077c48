"""Frames: any input as a plan, and what became of it as DataFrames, views and a summary.

pandas is imported when the first DataFrame is made, not with this room.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.frames.attrs import about_run, stamp
from notebook_kit.frames.identity import identify
from notebook_kit.frames.inputs import plan_of, subset
from notebook_kit.frames.labels import position_of
from notebook_kit.frames.refusals import check_joinable
from notebook_kit.frames.rows import Row, Rows
from notebook_kit.frames.run_frames import RunFrames

if TYPE_CHECKING:
    from notebook_kit.frames.attempts import attempts_frame
    from notebook_kit.frames.attempts_table import all_attempts
    from notebook_kit.frames.build import build_frame
    from notebook_kit.frames.exports import (
        arrow_backed,
        export_frame,
        read_frame,
        to_arrow,
        to_polars,
    )
    from notebook_kit.frames.joining import join, joined
    from notebook_kit.frames.summary import ErrorKind, Summary, errors_by_kind, summarise
    from notebook_kit.frames.views import errors_view, results_view, timings_view

__all__ = [
    "ErrorKind",
    "Row",
    "Rows",
    "RunFrames",
    "Summary",
    "about_run",
    "all_attempts",
    "arrow_backed",
    "attempts_frame",
    "build_frame",
    "check_joinable",
    "errors_by_kind",
    "errors_view",
    "export_frame",
    "identify",
    "join",
    "joined",
    "plan_of",
    "position_of",
    "read_frame",
    "results_view",
    "stamp",
    "subset",
    "summarise",
    "timings_view",
    "to_arrow",
    "to_polars",
]

#: Which module has what is imported when it is first named, because it needs pandas.
_LAZY: Final = {
    "ErrorKind": "summary",
    "Summary": "summary",
    "all_attempts": "attempts_table",
    "arrow_backed": "exports",
    "attempts_frame": "attempts",
    "build_frame": "build",
    "errors_by_kind": "summary",
    "errors_view": "views",
    "export_frame": "exports",
    "join": "joining",
    "joined": "joining",
    "read_frame": "exports",
    "results_view": "views",
    "summarise": "summary",
    "timings_view": "views",
    "to_arrow": "exports",
    "to_polars": "exports",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
