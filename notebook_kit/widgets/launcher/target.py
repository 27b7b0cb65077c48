"""What a launcher needs of what it launches; the rooms above this one have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from notebook_kit.widgets.launcher.choice import Parameter
    from notebook_kit.widgets.launcher.heard import Heard

__all__ = ["EndpointChoice", "Preview", "Target"]


@dataclass(frozen=True, slots=True)
class EndpointChoice:
    """An endpoint that can be chosen.

    Attributes:
        place: what is written behind the client, as ``"airports.get"``.
        route: method and path, for the eye.
        parameters: what it takes.
    """

    place: str
    route: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent first, credentials hidden.

    Attributes:
        head: the request line, or the call.
        lines: headers.
        body: the body as text, or None.
        notes: what the user should know beside it.
        wrong: why it cannot be made, although others may; empty if it can.
    """

    head: str
    lines: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    notes: tuple[str, ...] = ()
    wrong: str = ""


class Target(Protocol):
    """A client or a function, as the launcher sees it."""

    @property
    def subject(self) -> Any:
        """The client or the function itself."""
        ...

    @property
    def is_function(self) -> bool:
        """Whether it is a function."""
        ...

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        ...

    @property
    def fallback(self) -> str:
        """What the code calls it if no variable holds it."""
        ...

    @property
    def kit(self) -> Any:
        """This package, as a user imports it."""
        ...

    @property
    def endpoints(self) -> Sequence[EndpointChoice]:
        """What is declared on the client."""
        ...

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the function takes."""
        ...

    @property
    def takes_rest(self) -> bool:
        """Whether the function takes any other keyword too."""
        ...

    @property
    def options(self) -> Collection[str]:
        """The options that its ``map`` takes."""
        ...

    def column_of(self, value: Any) -> str | int | None:
        """Return the name of the column that a value stands for; None if it is no such value."""
        ...

    def preview(self, heard: Heard) -> Preview:
        """Return what would be sent first; sends nothing.

        Raises:
            ConfigurationError: for what would go wrong, in the words in which it would.
        """
        ...
