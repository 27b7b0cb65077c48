"""Whose an endpoint is: the client behind a resource, and what credentials both need."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.client import Client
    from notebook_kit.client.resources.spec import Needs

__all__ = ["client_of", "for_the_face", "named_like", "needs_of", "place_of"]


#: Whether a method of the user's own runs for the synchronous face, which takes its calls.
for_the_face: ContextVar[bool] = ContextVar("notebook_kit.for_the_face", default=False)


def client_of(owner: Any) -> Client:
    """Return the client behind a resource, or the client itself."""
    client: Client = getattr(owner, "_client", owner)
    return client


def needs_of(owner: Any) -> Needs:
    """Return the credentials that an owner, and the client behind it, need."""
    client = client_of(owner)
    own: Needs = () if client is owner else tuple(owner.needs)
    return (*client.needs, *own)


def named_like(made: Any, function: Callable[..., Any]) -> None:
    """Give an object the names and the docstring of the function that it is made of."""
    made.__name__ = function.__name__
    made.__qualname__ = function.__qualname__.rpartition("<locals>.")[2]
    made.__module__ = function.__module__
    made.__doc__ = function.__doc__


def place_of(owner: Any, name: str) -> str:
    """Return what is written behind the client to reach an endpoint of an owner."""
    client = client_of(owner)
    if client is owner:
        return name
    held = ((place, it) for cls in type(client).__mro__ for place, it in vars(cls).items())
    place = next((place for place, it in held if it is type(owner)), "...")
    return f"{place}.{name}"
