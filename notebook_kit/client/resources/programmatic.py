"""Clients whose resources are described by values, as a document gives them."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from notebook_kit.client.absent import NotHere
from notebook_kit.client.resources.checking import checked_spec
from notebook_kit.client.resources.declared import Declared
from notebook_kit.client.resources.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.client import Client
    from notebook_kit.client.resources.spec import EndpointSpec, Needs, ResourceSpec

__all__ = ["attach", "client_class", "reserved_names", "resource_class"]


def client_class(
    base: type[Client],
    resources: Mapping[str, ResourceSpec],
    *,
    endpoints: Mapping[str, EndpointSpec] | None = None,
    name: str | None = None,
    doc: str = "",
    needs: Needs = (),
) -> type[Client]:
    """Return a class of clients with resources that are described by values.

    Args:
        base: what it derives from.
        resources: by the names of their attributes.
        endpoints: those of the client itself, by the names of their attributes.
        name: what the class is called.
        doc: its docstring.
        needs: credentials that each endpoint needs, beside those that the base needs.

    Raises:
        ConfigurationError: for an endpoint that cannot work, or a name that cannot be used.
    """
    title = name or base.__name__
    members = _members(resources, endpoints or {}, title)
    members["needs"] = (*base.needs, *needs)
    if doc:
        members["__doc__"] = doc
    return type(title, (base,), members)


def resource_class(name: str, spec: ResourceSpec) -> type[Resource]:
    """Return the class of a resource that is described by a value.

    Raises:
        ConfigurationError: for an endpoint that cannot work, or a name that cannot be used.
    """
    members = _members(spec.resources, spec.endpoints, name)
    members |= {"__doc__": spec.doc or None, "needs": spec.needs}
    made: type[Resource] = types.new_class(
        name, (Resource,), exec_body=lambda it: it.update(members)
    )
    return made


def _members(
    resources: Mapping[str, ResourceSpec], endpoints: Mapping[str, EndpointSpec], title: str
) -> dict[str, Any]:
    members: dict[str, Any] = {
        name: resource_class(f"{title}.{name}", spec) for name, spec in resources.items()
    }
    for name, spec in endpoints.items():
        members[name] = Declared.of(checked_spec(spec), title=f"{title}.{name}")
    return members


def attach(
    client: Client,
    resources: Mapping[str, ResourceSpec],
    endpoints: Mapping[str, EndpointSpec] | None = None,
) -> None:
    """Give one client resources that are described by values.

    Raises:
        ConfigurationError: for an endpoint that cannot work, or a name that cannot be used.
    """
    # On the class and not on the object, which would hold itself through them.
    client.__class__ = client_class(type(client), resources, endpoints=endpoints)


def reserved_names(base: type[Client]) -> frozenset[str]:
    """Return the names that no resource or endpoint of a client can have: the client's own."""
    ours = (cls for cls in base.__mro__ if cls.__module__.startswith("notebook_kit.client."))
    return frozenset(
        name
        for cls in ours
        for name, value in vars(cls).items()
        if not name.startswith("_") and not isinstance(value, NotHere)
    )
