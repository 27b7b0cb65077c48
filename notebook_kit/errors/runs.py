"""What goes wrong with a whole run, and with the files that keep what it gave."""

from __future__ import annotations

from typing import Any

from notebook_kit.errors.base import NotebookKitError

__all__ = [
    "BatchError",
    "BatchFailed",
    "BudgetExceeded",
    "CheckpointCorrupt",
    "CheckpointMismatch",
    "ReplayMismatch",
    "StorageError",
]


class BatchError(NotebookKitError):
    """A whole run went wrong.

    Attributes:
        run: the run, whose ``frame`` holds everything that was finished; None after pickling.
    """

    _left_behind = ("run",)

    def __init__(self, message: str = "", *, run: Any = None) -> None:
        super().__init__(message)
        self.run = run


class BatchFailed(BatchError):
    """The run was stopped by its errors, or its input broke."""


class BudgetExceeded(BatchError):
    """The run was stopped because going on would have cost more than ``max_cost``."""


class StorageError(NotebookKitError):
    """A checkpoint, cache or exported file could not be used."""


class CheckpointMismatch(StorageError):
    """The checkpoint was written by another function, template or client."""


class CheckpointCorrupt(StorageError):
    """The checkpoint file is damaged, or is not one of ours."""


class ReplayMismatch(StorageError):
    """The tape that is being replayed does not hold this request.

    Attributes:
        call: the request as ``"GET https://host/path"``, secrets removed, or None.
    """

    def __init__(self, message: str = "", *, call: str | None = None) -> None:
        super().__init__(message)
        self.call = call
