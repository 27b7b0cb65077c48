"""`nk.endpoint`: a method whose types say what it sends and what comes back."""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

from notebook_kit.checks import teaches_arguments
from notebook_kit.client.resources.compiled import Compiled
from notebook_kit.client.resources.declaration import declaration_of
from notebook_kit.client.resources.declaring import Unresolved, names_around, spec_of
from notebook_kit.client.resources.endpoint import Endpoint, PagedEndpoint
from notebook_kit.client.resources.needs import checked_needs
from notebook_kit.client.resources.owners import named_like
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.paging import Paging
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.client.resources.spec import EndpointSpec

    _Needs: TypeAlias = Sequence[str | tuple[str, ...]]

__all__ = ["Declared", "endpoint"]

P = ParamSpec("P")
T = TypeVar("T")
OwnerT = TypeVar("OwnerT")


class Declared(Generic[P, T]):
    """An endpoint as it stands in its class; on a client or a resource it is an `Endpoint`."""

    __qualname__: str

    def __init__(
        self, make: Callable[[], EndpointSpec], function: Callable[..., Any] | None
    ) -> None:
        self._make: Callable[[], EndpointSpec] | None = make
        self._title = ""
        self._compiled: Compiled | None = None
        if function is not None:
            named_like(self, function)
            self._title = self.__qualname__
            # It may name a class that stands further down; then that is looked up later.
            with suppress(Unresolved):
                self._compiled = self._made()

    @classmethod
    def of(cls, spec: EndpointSpec, *, title: str) -> Declared[..., Any]:
        """Return what a class holds for an endpoint that is described by a value."""
        made: Declared[..., Any] = cls(lambda: spec, None)
        made._compiled = Compiled(spec, title=title)
        made.__doc__ = made._compiled.doc
        return made

    def _made(self) -> Compiled:
        assert self._make is not None  # noqa: S101 - asked for only while nothing is made
        compiled = Compiled(self._make(), title=self._title)
        # It holds what stood in the functions around the class, a client perhaps.
        self._make = None
        return compiled

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what its answers depend on, for the fingerprint of a function that uses it."""
        return declaration_of(self.compiled.spec)

    @property
    def compiled(self) -> Compiled:
        """The endpoint, its types looked up now if they could not be before.

        Raises:
            ConfigurationError: when a type is still not there.
        """
        if self._compiled is None:
            try:
                self._compiled = self._made()
            except Unresolved as error:
                raise ConfigurationError(str(error)) from error
        return self._compiled

    @overload
    def __get__(self, instance: None, owner: type) -> Declared[P, T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Endpoint[P, T]: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        compiled = self.compiled
        kind = Endpoint if compiled.spec.paging is None else PagedEndpoint
        return kind(compiled, instance)


class DeclaredPages(Declared[P, Page[T]], Generic[P, T]):
    """The same, for lists in pages; for type checkers."""

    @overload
    def __get__(self, instance: None, owner: type) -> DeclaredPages[P, T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> PagedEndpoint[P, T]: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        return super().__get__(instance, owner)


class _Declares(Protocol):
    def __call__(self, function: Callable[Concatenate[OwnerT, P], T], /) -> Declared[P, T]: ...


class _DeclaresPages(Protocol):
    def __call__(
        self, function: Callable[Concatenate[OwnerT, P], Page[T]], /
    ) -> DeclaredPages[P, T]: ...


@overload
def endpoint(route: str, *, needs: _Needs | None = ..., deprecated: bool = ...) -> _Declares: ...
@overload
def endpoint(
    route: str, *, paging: Paging, needs: _Needs | None = ..., deprecated: bool = ...
) -> _DeclaresPages: ...
@teaches_arguments("@nk.endpoint")
def endpoint(
    route: str,
    *,
    paging: Paging | None = None,
    needs: _Needs | None = (),
    deprecated: bool = False,
) -> Any:
    """Declare an endpoint: a method of an `nk.Resource` or of a client that is never run itself.

    Its parameters say what is sent: those named in the path go there, others into the query of a
    GET, HEAD or DELETE and into the JSON body of a POST, PUT or PATCH; `nk.Query`, `nk.Header`,
    `nk.Body`, `nk.Form` and `nk.File` in an ``Annotated`` say otherwise. A parameter that need not
    be given is left out while it is None. The type that it returns says what is made of the answer.

    Args:
        route: method and path, as ``"GET /datasets/{id}"``.
        paging: how its list goes on; it returns `nk.Page` then.
        needs: names of the headers, parameters or cookies that must be there, beside those that
            the client needs; None: not even those.
        deprecated: whether calling it warns.

    Raises:
        ConfigurationError: for an endpoint that cannot work.

    >>> class Airports(nk.Resource):
    ...     @nk.endpoint("GET /airports/{iata}")
    ...     def get(self, iata: str) -> dict:
    ...         "Return one airport."
    >>> class Api(nk.Client):
    ...     airports = Airports
    >>> with Api(server.url) as api:
    ...     api.airports.get("ZRH")["city"]
    'Zurich'
    """
    if not isinstance(route, str):
        message = (
            "@nk.endpoint is given method and path: write @nk.endpoint('GET /datasets/{id}') above "
            "the method."
        )
        raise ConfigurationError(message)
    if paging is not None and not isinstance(paging, Paging):
        message = f"paging={paging!r} must be one of the ways of paging, as nk.CursorPaging(...)."
        raise ConfigurationError(message)
    checked = None if needs is None else checked_needs(needs, of=f"@nk.endpoint({route!r})")

    def declare(function: Callable[..., Any]) -> Any:
        with brief:
            if not inspect.isfunction(function):
                message = (
                    f"@nk.endpoint({route!r}) is put above a method: def get(self, id: int) -> ..."
                )
                raise ConfigurationError(message)
            names = names_around(function)
            make = functools.partial(
                spec_of,
                function,
                route,
                paging=paging,
                needs=checked,
                deprecated=deprecated,
                names=names,
            )
            return (Declared if paging is None else DeclaredPages)(make, function)

    return declare


#: A function that is wrapped in another room is not looked at for examples by itself.
__test__ = {"endpoint": endpoint.__doc__}
