"""Resources: an API described by classes on the client, or by values."""

from __future__ import annotations

from notebook_kit.client.resources.calls import EndpointCall
from notebook_kit.client.resources.composed import Composed, ComposedCall, composed
from notebook_kit.client.resources.declared import endpoint
from notebook_kit.client.resources.endpoint import Endpoint, PagedEndpoint
from notebook_kit.client.resources.markers import Body, Cookie, File, Form, Header, Query
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.paged_call import PagedCall
from notebook_kit.client.resources.paging import (
    CursorPaging,
    LinkPaging,
    OffsetPaging,
    PageNumberPaging,
    Paging,
)
from notebook_kit.client.resources.programmatic import (
    attach,
    client_class,
    reserved_names,
    resource_class,
)
from notebook_kit.client.resources.resource import Resource
from notebook_kit.client.resources.spec import (
    EndpointSpec,
    Need,
    Needs,
    ParameterSpec,
    ResourceSpec,
    Where,
)

__all__ = [
    "Body",
    "Composed",
    "ComposedCall",
    "Cookie",
    "CursorPaging",
    "Endpoint",
    "EndpointCall",
    "EndpointSpec",
    "File",
    "Form",
    "Header",
    "LinkPaging",
    "Need",
    "Needs",
    "OffsetPaging",
    "Page",
    "PageNumberPaging",
    "PagedCall",
    "PagedEndpoint",
    "Paging",
    "ParameterSpec",
    "Query",
    "Resource",
    "ResourceSpec",
    "Where",
    "attach",
    "client_class",
    "composed",
    "endpoint",
    "reserved_names",
    "resource_class",
]
