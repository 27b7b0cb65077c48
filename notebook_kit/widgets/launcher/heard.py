"""What the code would call, heard without calling it: stand-ins that remember their arguments."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Ear", "Echo", "Heard", "KitEar"]


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that was heard.

    Attributes:
        place: what stood between the client and ``map``, as ``("airports", "get")``.
        arguments: what was passed without a name.
        options: what was passed with one.
    """

    place: tuple[str, ...]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


class Ear:
    """Stands for a client: whatever is asked of it, in the end ``map`` is called."""

    def __init__(self, place: tuple[str, ...] = ()) -> None:
        self._place = place

    def __getattr__(self, name: str) -> Ear:
        if name.startswith("__"):
            raise AttributeError(name)
        return Ear((*self._place, name))

    def __call__(self, *arguments: Any, **options: Any) -> Heard:
        """Take the call in."""
        return Heard(self._place[:-1], arguments, options)


class KitEar:
    """Stands for this package: ``map`` is heard, all else is its own."""

    def __init__(self, kit: Any) -> None:
        self._kit = kit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kit, name)

    def map(self, *arguments: Any, **options: Any) -> Heard:
        """Take the call in."""
        return Heard((), arguments, options)


class Echo:
    """Stands for a function, with its signature: what it is called with comes back."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        try:
            self.__signature__ = inspect.signature(function)
        except (TypeError, ValueError):
            # A builtin that does not tell; what is no signature tells nothing either.
            self.__signature__ = 0  # type: ignore[assignment]

    def __call__(self, *arguments: Any, **options: Any) -> Heard:
        """Give back what it is called with."""
        return Heard((), arguments, options)
