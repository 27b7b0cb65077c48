"""Every error that notebook_kit raises, and what each one carries.

::

    NotebookKitError
    ├── ConfigurationError (ValueError)         cannot work
    ├── ClosedError (RuntimeError)              used after it was closed
    ├── WouldDeadlock (RuntimeError)            a wait that blocks itself
    ├── ResourceTimeout (TimeoutError)          none came free in a pool, or closing took too long
    ├── ClosingFailed                           of what was closed together: .errors
    ├── RequestError                            one call went wrong: .call .attempts .elapsed_s
    │   ├── MissingCredential
    │   ├── CircuitOpen                         not sent, the server keeps failing: .retry_at_s
    │   ├── TransportError                      .maybe_sent
    │   │   ├── ConnectionFailed (ConnectionError)    surely not sent
    │   │   ├── ConnectionLost (ConnectionError)      maybe sent
    │   │   ├── RequestTimeout (TimeoutError)         .phase
    │   │   ├── StreamStalled (TimeoutError)          nothing more came
    │   │   └── distributed.WorkerLost                a worker of a cluster ended
    │   ├── APIError                            .status_code .response .retry_after_s
    │   │   ├── AuthenticationError  401
    │   │   ├── PermissionDenied     403
    │   │   ├── NotFound             404
    │   │   ├── Conflict             409
    │   │   ├── RateLimited          429
    │   │   └── ServerError          5xx
    │   ├── DecodeError                         the answer cannot be read
    │   ├── TooLarge                            more than may be read: .max_body .size
    │   └── UnwantedAnswer                      refused by the caller's own check: .value
    ├── BatchError                              .run
    │   ├── BatchFailed                         stopped by errors, or broken
    │   └── BudgetExceeded                      stopped at its limit of cost
    └── StorageError
        ├── CheckpointMismatch
        ├── CheckpointCorrupt
        └── ReplayMismatch                      not on the tape: .call

All of them pickle, with what they carry; a live run or a response does not travel.
"""

from __future__ import annotations

from notebook_kit.errors.base import (
    ClosedError,
    ConfigurationError,
    NotebookKitError,
    WouldDeadlock,
)
from notebook_kit.errors.calls import (
    CircuitOpen,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    MissingCredential,
    RequestError,
    RequestTimeout,
    StreamStalled,
    TooLarge,
    TransportError,
    UnwantedAnswer,
)
from notebook_kit.errors.lifetimes import ClosingFailed, ResourceTimeout
from notebook_kit.errors.runs import (
    BatchError,
    BatchFailed,
    BudgetExceeded,
    CheckpointCorrupt,
    CheckpointMismatch,
    ReplayMismatch,
    StorageError,
)
from notebook_kit.errors.statuses import (
    APIError,
    AuthenticationError,
    Conflict,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    api_error_class,
)

__all__ = [
    "APIError",
    "AuthenticationError",
    "BatchError",
    "BatchFailed",
    "BudgetExceeded",
    "CheckpointCorrupt",
    "CheckpointMismatch",
    "CircuitOpen",
    "ClosedError",
    "ClosingFailed",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "MissingCredential",
    "NotFound",
    "NotebookKitError",
    "PermissionDenied",
    "RateLimited",
    "ReplayMismatch",
    "RequestError",
    "RequestTimeout",
    "ResourceTimeout",
    "ServerError",
    "StorageError",
    "StreamStalled",
    "TooLarge",
    "TransportError",
    "UnwantedAnswer",
    "WouldDeadlock",
    "api_error_class",
]

# What is shown, pickled and kept in files names an error by where it is to be imported from.
for _name in __all__:
    globals()[_name].__module__ = __name__
