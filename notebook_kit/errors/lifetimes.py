"""Errors of what is opened and closed: resources, pools and managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.errors.base import NotebookKitError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ClosingFailed", "ResourceTimeout"]


class ResourceTimeout(NotebookKitError, TimeoutError):
    """Nothing came free in a pool in time, or closing took too long.

    >>> issubclass(ResourceTimeout, TimeoutError)
    True
    """


class ClosingFailed(NotebookKitError):
    """Some of what was closed together failed to close; all of it is closed as far as it can be.

    Attributes:
        errors: what each of them failed with, by name, in the order in which they were closed.
    """

    def __init__(
        self, message: str = "", *, errors: Mapping[str, BaseException] | None = None
    ) -> None:
        super().__init__(message)
        self.errors: dict[str, BaseException] = dict(errors or {})

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (cls, args, state) = super().__reduce__()
        # An error of another library may be impossible to pickle; its words are in the message.
        return rebuild, (cls, args, {**state, "errors": {}})
