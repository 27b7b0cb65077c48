"""Clients whose resources are described by values."""

from __future__ import annotations

import gc
import inspect
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.resources import (
    EndpointSpec,
    ParameterSpec,
    ResourceSpec,
    attach,
    client_class,
    reserved_names,
)
from tests.client.resources.demo_api import Dataset

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

ID = ParameterSpec("dataset_id", "id", "path", annotation=str, doc="Which one.")
LIMIT = ParameterSpec("limit", "limit", "query", required=False, default=10, annotation=int)
GET = EndpointSpec("get", "GET", "/datasets/{id}", (ID,), answer=Dataset, doc="Return one.")
ALL = EndpointSpec(
    "all", "GET", "/datasets", (LIMIT,), answer=Dataset, paging=nk.CursorPaging(total="total")
)
DATASETS = ResourceSpec(
    {"get": GET, "all": ALL},
    resources={"deeper": ResourceSpec({"get": GET})},
    doc="Datasets.",
)


def test_a_class_of_clients_made_of_values(demo: DemoServer) -> None:
    """Endpoints, nested resources, docstrings and signatures come from values."""
    made: Any = client_class(
        nk.Client, {"datasets": DATASETS}, endpoints={"one": GET}, name="Made", doc="An API."
    )
    assert (made.__name__, made.__doc__) == ("Made", "An API.")
    with made(demo.url) as api:
        assert api.datasets.get("ds-001") == Dataset(
            "ds-001", "Airports of United States", "US", 60
        )
        assert api.datasets.deeper.get("ds-001") == api.one("ds-001")
        assert len(list(api.datasets.all())) == 24
        assert api.datasets.get.__doc__ == (
            "Return one.\n\nArgs:\n    dataset_id: Which one.\n\nGET /datasets/{id}"
        )
        assert str(inspect.signature(api.datasets.all)).startswith("(limit: int = 10)")
        assert inspect.getdoc(api.datasets) == "Datasets."


def test_resources_for_one_client(demo: DemoServer) -> None:
    """attach() gives resources to one client, which still goes when it is dropped."""
    gc.disable()
    try:
        client: Any = nk.Client(demo.url)
        other = nk.Client(demo.url)
        attach(client, {"datasets": DATASETS}, {"one": GET})
        assert client.datasets.get("ds-001").result() == client.one("ds-001").result()
        assert client.sync.one("ds-001").id == "ds-001"
        assert not hasattr(other, "datasets")
        assert isinstance(client, nk.Client)
        alive = weakref.ref(client)
        del client
        assert alive() is None
        other.close().wait()
    finally:
        gc.enable()


def test_needs_of_values(demo: DemoServer) -> None:
    """Needs of the class, the resource and the endpoint add up."""
    spec = ResourceSpec({"get": GET}, needs=("x-b",))
    made: Any = client_class(nk.Client, {"datasets": spec}, needs=("x-a",))
    with (
        made(demo.url, headers={"x-a": "1"}) as api,
        pytest.raises(nk.MissingCredential, match="x-b"),
    ):
        api.datasets.get("ds-001")


@pytest.mark.parametrize("name", ["get", "map", "close", "sync", "class", "a-b", "_x", "1"])
def test_names_that_cannot_be(name: str) -> None:
    """The client's own names, words of Python and what is no name are refused."""
    with pytest.raises(nk.ConfigurationError, match=f"'{name}'"):
        client_class(nk.Client, {name: DATASETS})
    if name in dir(nk.Client):
        assert name in reserved_names(nk.Client) or name.startswith("_")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (EndpointSpec("get", "GET", "/a/{id}"), r"\{id\}"),
        (EndpointSpec("get", "GET", "/a", (ID,)), r"has no \{id\}"),
        (EndpointSpec("get", "GO", "/a"), "no method 'GO'"),
        (EndpointSpec("get", "GET", "/{id}", (LIMIT, ID)), "non-default"),
        (EndpointSpec("get", "GET", "/{id}", (ID, ID)), "duplicate parameter"),
        (
            EndpointSpec("get", "GET", "/{id}", (ParameterSpec("a-b", "id", "path"),)),
            "'a-b' cannot be written",
        ),
    ],
)
def test_endpoints_that_cannot_work(spec: EndpointSpec, says: str) -> None:
    """A value that describes no endpoint is refused when the class is made."""
    with pytest.raises(nk.ConfigurationError, match=says):
        client_class(nk.Client, {"things": ResourceSpec({"get": spec})})


def test_what_must_be_named_may_stand_anywhere() -> None:
    """Keyword-only parameters come last in the signature; the whole body has its place in it."""
    named = ParameterSpec("q", "q", "query", annotation=str, keyword_only=True)
    body = ParameterSpec("body", "body", "body", annotation=dict)
    spec = EndpointSpec("post", "POST", "/{id}", (named, LIMIT, ID), body=body)
    made: Any = client_class(nk.Client, {}, endpoints={"post_it": spec})
    names = list(made.post_it.compiled.signature.parameters)
    assert names == ["dataset_id", "body", "limit", "q"]
