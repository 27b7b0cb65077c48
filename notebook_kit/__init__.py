"""Call an API, an LLM or any async function for every row of a table, in a notebook.

>>> frame = client.map("/airports/{iata}", ["ZRH", "XXX"], progress=False).result()
>>> frame["status"].tolist()
['ok', 'failed']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from notebook_kit.client import (
    Call,
    Client,
    Response,
    ServerSentEvent,
    Stream,
    UnsentCallWarning,
    col,
)
from notebook_kit.client.resources import (
    Body,
    ComposedCall,
    CursorPaging,
    Endpoint,
    EndpointCall,
    File,
    Form,
    Header,
    LinkPaging,
    OffsetPaging,
    Page,
    PageNumberPaging,
    Query,
    Resource,
    composed,
    endpoint,
)
from notebook_kit.decorators import AsyncCache, Coalescer, breaker, cached, limit, monitor, retry
from notebook_kit.errors import (
    APIError,
    AuthenticationError,
    BatchError,
    BatchFailed,
    BudgetExceeded,
    CheckpointCorrupt,
    CheckpointMismatch,
    CircuitOpen,
    ClosedError,
    ClosingFailed,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    MissingCredential,
    NotebookKitError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ReplayMismatch,
    RequestError,
    RequestTimeout,
    ResourceTimeout,
    ServerError,
    StorageError,
    StreamStalled,
    TooLarge,
    TransportError,
    UnwantedAnswer,
    WouldDeadlock,
)
from notebook_kit.execution import Executor, Run, RunKeywords, Submission, options
from notebook_kit.frames import registration
from notebook_kit.frames.mapper import map_functions_with
from notebook_kit.frames.queues import END
from notebook_kit.housekeeping import allow_nested_run, close_all
from notebook_kit.launching import launcher
from notebook_kit.lifetime import (
    AsyncResource,
    OpenResource,
    ResourceManager,
    ResourcePool,
    track,
)
from notebook_kit.logs import LoggingConfig
from notebook_kit.mapping import forget, last_run, map  # noqa: A004 - the verb: nk.map
from notebook_kit.policies import (
    Breaker,
    Cache,
    Fallback,
    Hedge,
    HTTPCache,
    Priority,
    Rate,
    Retry,
)
from notebook_kit.redact import Secret
from notebook_kit.scheduling import Forecast, Outcome, Snapshot
from notebook_kit.shutdown import graceful_shutdown
from notebook_kit.version import __version__
from notebook_kit.widgets.dashboard import dashboard, open_resources

if TYPE_CHECKING:
    from notebook_kit import demo, distributed, testing
    from notebook_kit.frames.compare import Comparison, compare
    from notebook_kit.frames.exports import read_frame
    from notebook_kit.kept_runs import load_run, runs
    from notebook_kit.tapes.tape import record, replay

__all__ = [
    "END",
    "APIError",
    "AsyncCache",
    "AsyncResource",
    "AuthenticationError",
    "BatchError",
    "BatchFailed",
    "Body",
    "Breaker",
    "BudgetExceeded",
    "Cache",
    "Call",
    "CheckpointCorrupt",
    "CheckpointMismatch",
    "CircuitOpen",
    "Client",
    "ClosedError",
    "ClosingFailed",
    "Coalescer",
    "Comparison",
    "ComposedCall",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "CursorPaging",
    "DecodeError",
    "Endpoint",
    "EndpointCall",
    "Executor",
    "Fallback",
    "File",
    "Forecast",
    "Form",
    "HTTPCache",
    "Header",
    "Hedge",
    "LinkPaging",
    "LoggingConfig",
    "MissingCredential",
    "NotFound",
    "NotebookKitError",
    "OffsetPaging",
    "OpenResource",
    "Outcome",
    "Page",
    "PageNumberPaging",
    "PermissionDenied",
    "Priority",
    "Query",
    "Rate",
    "RateLimited",
    "ReplayMismatch",
    "RequestError",
    "RequestTimeout",
    "Resource",
    "ResourceManager",
    "ResourcePool",
    "ResourceTimeout",
    "Response",
    "Retry",
    "Run",
    "RunKeywords",
    "Secret",
    "ServerError",
    "ServerSentEvent",
    "Snapshot",
    "StorageError",
    "Stream",
    "StreamStalled",
    "Submission",
    "TooLarge",
    "TransportError",
    "UnsentCallWarning",
    "UnwantedAnswer",
    "WouldDeadlock",
    "__version__",
    "allow_nested_run",
    "breaker",
    "cached",
    "close_all",
    "col",
    "compare",
    "composed",
    "dashboard",
    "demo",
    "distributed",
    "endpoint",
    "forget",
    "graceful_shutdown",
    "last_run",
    "launcher",
    "limit",
    "load_run",
    "map",
    "monitor",
    "open_resources",
    "options",
    "read_frame",
    "record",
    "replay",
    "retry",
    "runs",
    "testing",
    "track",
]

#: Rooms that need libraries of extras, or that few need: imported when first named.
_LAZY = ("demo", "distributed", "testing")
#: Names that need pandas or SQLite, and where they are.
_WHEN_NAMED = {
    "Comparison": "frames.compare",
    "compare": "frames.compare",
    "load_run": "kept_runs",
    "read_frame": "frames.exports",
    "record": "tapes.tape",
    "replay": "tapes.tape",
    "runs": "kept_runs",
}

map_functions_with(map)
registration.offer()


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"notebook_kit.{name}")
    if name in _WHEN_NAMED:
        return getattr(importlib.import_module(f"notebook_kit.{_WHEN_NAMED[name]}"), name)
    message = f"module 'notebook_kit' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted(__all__)
