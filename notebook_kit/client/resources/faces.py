"""The synchronous face of resources: the same endpoints, which wait and return values."""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from notebook_kit.client.pending import Pending
from notebook_kit.client.resources.composed import Composed
from notebook_kit.client.resources.endpoint import Endpoint
from notebook_kit.client.resources.owners import for_the_face
from notebook_kit.client.resources.page import Page, SyncPage
from notebook_kit.client.resources.resource import Resource, names_of
from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution import on_io_loop

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.execution import Run

__all__ = [
    "SyncComposed",
    "SyncEndpoint",
    "SyncMethod",
    "SyncResource",
    "face_class",
    "face_of",
]

F = TypeVar("F")

#: Where a class keeps the classes of its faces.
_FACES: Final = "_notebook_kit_faces"


class _SyncCallable:
    """What an endpoint and a composed call have in common on this face."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        for name in ("__name__", "__qualname__", "__doc__", "__signature__"):
            setattr(self, name, getattr(inner, name))

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return _value(self._inner._made(args, keywords).result())  # noqa: SLF001 - its other face

    def _fingerprint_(self) -> Any:
        """Return what stands for it in the fingerprint of a function that uses it."""
        return self._inner

    def map(self, items: Any, **options: Any) -> pd.DataFrame:
        """Call it for every item and return the frame.

        Raises:
            WouldDeadlock: when called from the kit's own I/O thread; nothing is sent.
        """
        if on_io_loop():
            message = "map() would block the thread that has to do the work: await the client's."
            raise WouldDeadlock(message)
        run: Run = self._inner._mapped(items, options)  # noqa: SLF001 - its other face
        return run.result()

    def __repr__(self) -> str:
        return f"<synchronous face of {self._inner!r}>"


class SyncComposed(_SyncCallable):
    """A composed call that runs and returns its value."""


class SyncEndpoint(_SyncCallable):
    """An endpoint that sends, waits, and returns what is made of the answer."""

    @property
    def spec(self) -> Any:
        """What it was declared as."""
        return self._inner.spec

    def url(self, *args: Any, **keywords: Any) -> str:
        """Return the URL that a call would ask for, and send nothing; see `Endpoint.url`."""
        return str(self._inner.url(*args, **keywords))

    def with_options(self, **options: Any) -> SyncEndpoint:
        """Return the same endpoint with options for its requests; see `Endpoint.with_options`."""
        return SyncEndpoint(self._inner.with_options(**options))


class SyncMethod:
    """A method of the user's own: the call that it returns is sent, and its value returned."""

    def __init__(self, method: MethodType) -> None:
        self._method = method
        functools.update_wrapper(self, method)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the method, send what it returns if that is a call, and return the value."""
        token = for_the_face.set(True)
        try:
            made = self._method(*args, **keywords)
        finally:
            for_the_face.reset(token)
        return _value(made.result() if isinstance(made, Pending) else made)

    def __repr__(self) -> str:
        return f"<synchronous face of {self._method!r}>"


def _value(value: Any) -> Any:
    return SyncPage.of(value) if isinstance(value, Page) else value


class _FaceOf:
    """An attribute that is the synchronous face of the attribute of that name on the other side."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, face: Any, owner: type) -> Any:
        if face is None:
            return self
        return face_of(getattr(face._other, self._name))  # noqa: SLF001 - its other half


def face_class(base: type[F], other: type) -> type[F]:
    """Return the class of the faces of the objects of a class, with what it declares as attributes.

    Real attributes are what completion in a notebook finds.
    """
    made: dict[type, type] = other.__dict__.get(_FACES, {})
    if base not in made:
        members: dict[str, Any] = {name: _FaceOf(name) for name in declared_names(other)}
        if not members:
            return base
        members["__doc__"] = other.__doc__
        made = {**made, base: type(base.__name__, (base,), members)}
        setattr(other, _FACES, made)
    return made[base]


class SyncResource:
    """A resource on the synchronous face."""

    def __new__(cls, resource: Resource) -> Self:
        """Make one that has what the resource declares."""
        return super().__new__(face_class(cls, type(resource)))

    def __init__(self, resource: Resource) -> None:
        self._other = resource

    def __repr__(self) -> str:
        return f"<synchronous face of {self._other!r}>"


def face_of(value: Any) -> Any:
    """Return the synchronous face of an endpoint or a resource; anything else as it is."""
    if isinstance(value, Resource):
        return SyncResource(value)
    if isinstance(value, Endpoint):
        return SyncEndpoint(value)
    if isinstance(value, Composed):
        return SyncComposed(value)
    if isinstance(value, MethodType) and not inspect.iscoroutinefunction(value):
        return SyncMethod(value)
    return value


def declared_names(cls: type) -> list[str]:
    """Return the names of what the class of a client or a resource declares, and of its methods."""
    added = (
        name
        for base in cls.__mro__
        if not base.__module__.startswith("notebook_kit.client.")
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) and not name.startswith("_")
    )
    return [*names_of(cls), *added]
