"""A client made of an OpenAPI document."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.client import Client
from notebook_kit.client.openapi.described import Described
from notebook_kit.client.openapi.document import Broken, Document
from notebook_kit.client.openapi.making import Maker
from notebook_kit.client.openapi.operation import Operation, operations_of
from notebook_kit.client.openapi.overview import OpenAPI
from notebook_kit.client.openapi.places import placed
from notebook_kit.client.openapi.servers import server_of
from notebook_kit.client.openapi.source import load
from notebook_kit.client.resources.programmatic import reserved_names
from notebook_kit.client.resources.resource import Resource, ResourceType
from notebook_kit.client.sync_face import SyncClient
from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime import caller_origin
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.places import Place
    from notebook_kit.client.openapi.source import Source

__all__ = ["OpenAPIClient", "make_client"]

#: What every client has on the object and not on its class, and what one with a document has.
_ON_THE_OBJECT: Final = frozenset({"base_url", "max_connections", "openapi", "needs"})
_LONGEST: Final = 3_000


class OpenAPIClient(Client):
    """What `Client.from_openapi` gives: a client with the resources of a document.

    Attributes:
        openapi: what the document has, to look around in.
    """

    openapi: OpenAPI

    if TYPE_CHECKING:
        # What resources there are is known when the document is.
        def __getattr__(self, name: str) -> Any: ...


def make_client(
    cls: type[Client], source: Any, base_url: str | None, options: Mapping[str, Any]
) -> OpenAPIClient:
    """Return a client of a class with the resources that a document describes.

    Raises:
        ConfigurationError: when the document cannot be used.
    """
    found = load(source, options)
    document = found.document.top
    home = _home(found, _lent_url(options) if base_url is None else base_url)
    maker = Maker(document, base=found.url, home=home)
    operations, problems = _sorted(document, maker)
    if problems:
        _warn(found, problems)
    reserved = _reserved(cls)
    place = placed(operations, reserved)
    made = _client_class(cls, place, maker, document, OpenAPI(document, place, problems))
    client = made(**options) if "http_client" in options else made(home, **options)
    assert isinstance(client, OpenAPIClient)  # noqa: S101 - it is one of its bases
    return client


def _lent_url(options: Mapping[str, Any]) -> str | None:
    """Return the base URL of a client that was lent, which holds if it has one."""
    lent = options.get("http_client")
    return None if lent is None else str(getattr(lent, "base_url", "")) or None


def _home(found: Source, base_url: str | None) -> str:
    """Return the URL of the API's server."""
    if base_url is not None:
        return str(base_url)
    try:
        said = server_of(found.document.top, found.url)
        if said is None and found.url is not None:
            # Without servers there is one, which is "/" (OpenAPI 3.1, section 4.8.1.1).
            said = server_of(_slash(found), found.url)
    except Broken as broken:
        message = f"{found.name} does not say where the API is: {broken}."
        raise ConfigurationError(message) from None
    if said is None:
        message = f"{found.name} does not say where the API is: give base_url='https://...'."
        raise ConfigurationError(message)
    return said


def _slash(found: Source) -> Node:
    return Document({"servers": [{"url": "/"}]}, name=found.name).top


def _sorted(document: Node, maker: Maker) -> tuple[list[Operation], list[str]]:
    """Return the operations that can be used, and what is wrong with the others."""
    operations: list[Operation] = []
    problems: list[str] = []
    for it in operations_of(document):
        try:
            if isinstance(it, Broken):
                raise it
            maker.check(it)
        except Broken as broken:
            problems.append(str(broken))
        else:
            operations.append(it)
    return operations, problems


def _warn(found: Source, problems: list[str]) -> None:
    how_many = "One operation is" if len(problems) == 1 else f"{len(problems)} operations are"
    message = (
        f"{found.name}: {how_many} left out; the first: {shorten(problems[0], 300)}. The others "
        "work; see client.openapi.problems."
    )
    origin = caller_origin()
    warnings.warn_explicit(message, UserWarning, origin.filename, origin.lineno)


def _reserved(cls: type[Client]) -> frozenset[str]:
    own = {name for name in dir(cls) if not name.startswith("_")}
    face = {name for name in dir(SyncClient) if not name.startswith("_")}
    return frozenset({*reserved_names(cls), *own, *face, *_ON_THE_OBJECT})


def _client_class(
    cls: type[Client], place: Place, maker: Maker, document: Node, overview: OpenAPI
) -> type[Client]:
    told = {
        it.followed().text("name"): it.followed().told("description")
        for it in document.child("tags").items()
    }
    members = _members(place, "client", maker, told)
    members["openapi"] = overview
    members["__doc__"] = overview.description[:_LONGEST] or cls.__doc__
    members["__module__"] = cls.__module__
    bases = (cls,) if issubclass(cls, OpenAPIClient) else (OpenAPIClient, cls)
    if cls is Client:
        bases = (OpenAPIClient,)
    return type(cls.__name__, bases, members)


def _members(place: Place, title: str, maker: Maker, told: Mapping[str, str]) -> dict[str, Any]:
    """Return what the class of a client or a resource has: its resources and its endpoints."""
    members: dict[str, Any] = {}
    for name, inner in place.places.items():
        inside = _members(inner, f"{title}.{name}", maker, told)
        inside["__doc__"] = told.get(inner.tag) or None
        members[name] = ResourceType(f"{title}.{name}", (Resource,), inside)
    for name, operation in place.operations.items():
        make = functools.partial(maker.make, operation, name)
        members[name] = Described(make, title=f"{title}.{name}")
    return members
