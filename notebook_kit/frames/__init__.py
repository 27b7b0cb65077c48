"""Frames: any input as a plan, and what became of it as DataFrames, views and a summary.

pandas is imported when the first DataFrame is made, not with this room.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.frames.identity import identify
from notebook_kit.frames.inputs import plan_of, subset
from notebook_kit.frames.labels import position_of
from notebook_kit.frames.rows import Row, Rows

if TYPE_CHECKING:
    from notebook_kit.frames.attempts import attempts_frame
    from notebook_kit.frames.build import build_frame
    from notebook_kit.frames.export import export_frame
    from notebook_kit.frames.summary import ErrorKind, Summary, errors_by_kind, summarise
    from notebook_kit.frames.views import errors_view, results_view, timings_view

__all__ = [
    "ErrorKind",
    "Row",
    "Rows",
    "Summary",
    "attempts_frame",
    "build_frame",
    "errors_by_kind",
    "errors_view",
    "export_frame",
    "identify",
    "plan_of",
    "position_of",
    "results_view",
    "subset",
    "summarise",
    "timings_view",
]

#: Which module has what is imported when it is first named, because it needs pandas.
_LAZY: Final = {
    "ErrorKind": "summary",
    "Summary": "summary",
    "attempts_frame": "attempts",
    "build_frame": "build",
    "errors_by_kind": "summary",
    "errors_view": "views",
    "export_frame": "export",
    "results_view": "views",
    "summarise": "summary",
    "timings_view": "views",
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
