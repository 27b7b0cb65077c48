"""The base of every error and how all of them travel; wrong use of the kit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.markup import visible

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ClosedError", "ConfigurationError", "NotebookKitError", "WouldDeadlock"]


def _rebuild(cls: type[NotebookKitError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotebookKitError(Exception):
    """The base of every error of this package.

    >>> issubclass(ConfigurationError, NotebookKitError)
    True
    """

    #: Attributes that belong to this process and are left behind when the error is pickled.
    _left_behind: tuple[str, ...] = ()

    def __str__(self) -> str:
        # What a server says stands in messages, and messages are shown in terminals.
        return visible(super().__str__(), lines=True)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        state = {
            name: (None if name in self._left_behind else value)
            for name, value in self.__dict__.items()
        }
        return _rebuild, (type(self), self.args, state)


class ConfigurationError(NotebookKitError, ValueError):
    """An option, a template or an argument that cannot work; raised before anything is sent."""


class ClosedError(NotebookKitError, RuntimeError):
    """A client, pool or resource was used after it was closed."""


class WouldDeadlock(NotebookKitError, RuntimeError):
    """A synchronous wait for something that needs the very loop that would be blocked."""
