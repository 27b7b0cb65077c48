"""What was asked for one item: a request, or a call of a function; credentials removed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from notebook_kit.redact import HIDDEN, is_secret_field, shown

if TYPE_CHECKING:
    from notebook_kit.execution.protocols import Work

__all__ = ["Asked", "CalledFunction", "SentRequest", "asked_of"]


@dataclass(frozen=True, slots=True, repr=False)
class SentRequest:
    """The request of one item.

    Attributes:
        method: the HTTP method.
        url: the whole URL, credentials hidden.
        params: names and values of its query.
        headers: names and values, those of credentials hidden.
        body: what JSON or a form says, text, bytes, or None.
        size: bytes of the body; None where that is not known before it is sent.
        notes: what else there is to know, in sentences.

    >>> SentRequest("GET", "http://host/a?b=1", (("b", "1"),), ())
    <GET http://host/a?b=1>
    """

    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: Any = None
    size: int | None = 0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.method} {self.url}>"


@dataclass(frozen=True, slots=True, repr=False)
class CalledFunction:
    """The call of a function for one item.

    Attributes:
        function: its name.
        arguments: names and values; the name is empty for an item that is given as it is.

    >>> CalledFunction("fetch", (("city", "Bern"),))
    <fetch(city='Bern')>
    """

    function: str
    arguments: tuple[tuple[str, Any], ...]

    def __repr__(self) -> str:
        return f"<{self.function}({', '.join(starmap(_written, self.arguments))})>"


def _written(name: str, value: Any) -> str:
    if issubclass(type(value), (str, bytes)) and is_secret_field(name, value):
        return f"{name}={HIDDEN}"
    return f"{name}={shown(value)}" if name else shown(value)


Asked: TypeAlias = SentRequest | CalledFunction


class _Telling(Protocol):
    """Work that tells what it asked for an item."""

    def asked(self, position: int, item: Any, response: Any) -> Asked:
        """Return what was asked for the item at a position of the first input.

        Args:
            position: where the item stands.
            item: the item.
            response: the answer with all that belongs to it, where it was kept; or None.
        """
        ...


def asked_of(work: Work, position: int, item: Any, response: Any) -> Asked | None:
    """Return what the work asked for an item, or None if it cannot tell.

    Raises:
        Exception: whatever making the request of the item raises.
    """
    # Work may be wrapped in what hands on any attribute, which a check of a protocol overlooks.
    if not hasattr(work, "asked"):
        return None
    return cast("_Telling", work).asked(position, item, response)
