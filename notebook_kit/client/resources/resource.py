"""`nk.Resource`: endpoints that belong together, as an attribute of a client."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, overload

from notebook_kit.client.misspelt import Suggesting
from notebook_kit.client.resources.checking import checked_name
from notebook_kit.client.resources.composed import DeclaredComposed
from notebook_kit.client.resources.declared import Declared
from notebook_kit.client.resources.needs import checked_needs
from notebook_kit.client.resources.owners import client_of
from notebook_kit.client.verbs import Verbs
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType

    from notebook_kit.client.resources.spec import Needs

__all__ = ["Resource", "ResourceType", "declare"]

R = TypeVar("R")

_NAME: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class ResourceType(type):
    """The type of resources: in a client's class they are attributes that know their client.

    A resource is made when it is asked for and kept by nobody, so that a client and its resources
    make no circle: a client that is dropped is closed at once.
    """

    @overload
    def __get__(cls: type[R], instance: None, owner: type) -> type[R]: ...
    @overload
    def __get__(cls: type[R], instance: object, owner: type) -> R: ...
    def __get__(cls, instance: object | None, owner: type) -> Any:
        # Anywhere else a class is a class.
        if not isinstance(instance, (Resource, Verbs)):
            return cls
        return cls(instance)


class Resource(Suggesting, metaclass=ResourceType):
    """Endpoints that belong together; put the class into that of a client, or of a resource.

    Attributes:
        needs: credentials that each of its endpoints needs, beside those that the client needs.

    >>> class Airports(nk.Resource):
    ...     "Airports of the world."
    ...
    ...     @nk.endpoint("GET /airports/{iata}")
    ...     def get(self, iata: str) -> dict:
    ...         "Return one airport."
    >>> class Api(nk.Client):
    ...     airports: Airports
    >>> api = Api(server.url)
    >>> api.airports.get("ZRH").result()["city"]
    'Zurich'
    >>> api.airports
    <resource Airports: get>
    >>> api.close().wait()
    """

    needs: ClassVar[Needs] = ()

    def __init__(self, owner: Any = None) -> None:
        if not isinstance(owner, (Resource, Verbs)):
            raise ConfigurationError(_as_it_is(type(self)))
        self._client = client_of(owner)

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        declare(cls, reserved=_OWN)

    def __repr__(self) -> str:
        names = ", ".join(names_of(type(self))) or "nothing"
        return f"<resource {type(self).__name__}: {names}>"


#: What a resource has itself.
_OWN: Final = frozenset({"needs"})


def _as_it_is(cls: type) -> str:
    name = cls.__name__
    return (
        f"The resource {name} is given to the class of a client, or of a resource, as it is, and "
        f"each client makes its own: write {name.lower()}: {name} or {name.lower()} = {name}, "
        "without brackets."
    )


def names_of(cls: type) -> list[str]:
    """Return the names of the endpoints and resources of a class, in the order of their making."""
    kinds = (Declared, DeclaredComposed, ResourceType)
    found = [
        name
        for base in reversed(cls.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, kinds)
    ]
    return list(dict.fromkeys(found))


def declare(cls: type, *, reserved: Collection[str]) -> None:
    """Take in what a class declares: endpoints, resources, and the credentials that it needs.

    A resource may be named by its type alone, ``datasets: Datasets``, which type checkers prefer.

    Raises:
        ConfigurationError: for a name that cannot be used, or needs that are no names.
    """
    if "needs" in vars(cls):
        needs: Any = vars(cls)["needs"]
        setattr(cls, "needs", checked_needs(needs, of=cls.__name__))  # noqa: B010 - of any class
    for name, hint in vars(cls).get("__annotations__", {}).items():
        kind = _found(hint, cls) if isinstance(hint, str) else hint
        if name not in vars(cls) and isinstance(kind, ResourceType):
            setattr(cls, name, kind)
    for name, value in list(vars(cls).items()):
        if isinstance(value, Resource):
            message = f"{cls.__name__}.{name}: {_as_it_is(type(value))}"
            raise ConfigurationError(message)
        if isinstance(value, (Declared, DeclaredComposed, ResourceType)):
            checked_name(name, what=f"{cls.__name__}: the attribute", reserved=reserved)


def _found(hint: str, cls: type) -> Any:
    """Return what an annotation names; None if it is more than a name, or names nothing here."""
    if not _NAME.fullmatch(hint):
        return None
    first, *rest = hint.split(".")
    found = _named(first, cls)
    for name in rest:
        found = getattr(found, name, None)
    return found


def _named(name: str, cls: type) -> Any:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to who makes it
    while frame is not None:
        # Code without a module of its own, as in an example, has the name that Python gives it.
        if frame.f_globals.get("__name__", "builtins") == cls.__module__:
            for names in (frame.f_locals, frame.f_globals):
                if name in names:
                    return names[name]
        frame = frame.f_back
    return None
