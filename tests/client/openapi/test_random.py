from __future__ import annotations

import functools
import warnings
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from tests.client.openapi.papers import of_paths

NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["id", "ID", "class", "get", "list", "needs", "self", "body", "content", "x-y"]
    ),
)
PARTS = st.one_of(
    st.sampled_from(["pets", "v1", "api", "{id}", "{petId}", "get", "stats"]),
    st.text(st.characters(exclude_characters="/"), min_size=1, max_size=8),
)
PATHS = st.lists(PARTS, max_size=4).map(lambda parts: "/" + "/".join(parts))
REFERENCES = st.sampled_from(["#/components/schemas/A", "#/nowhere", "#", "x.json", "#/paths", ""])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
KEYS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
        "required",
        "nullable",
        "format",
        "description",
        "default",
        "readOnly",
        "const",
        "additionalProperties",
    ]
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null", "x"])
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        LEAVES,
        st.builds(lambda kind: {"type": kind}, TYPES),
        st.builds(lambda name: {"$ref": name}, REFERENCES),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=4),
        st.builds(
            lambda named: {"type": "object", "properties": named},
            st.dictionaries(NAMES, inner, max_size=4),
        ),
    ),
    max_leaves=10,
)
PARAMETERS = st.one_of(
    LEAVES,
    st.builds(lambda name: {"$ref": name}, REFERENCES),
    st.fixed_dictionaries(
        {"name": NAMES, "in": st.sampled_from(["path", "query", "header", "cookie", "x"])},
        optional={
            "required": st.booleans(),
            "schema": SCHEMAS,
            "style": st.sampled_from(["form", "matrix", "deepObject", "x"]),
            "explode": st.booleans(),
            "description": st.text(max_size=20),
        },
    ),
)
MEDIA = st.sampled_from(
    [
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "text/plain",
        "image/png",
        "*/*",
        "application/hal+json",
        "nonsense",
    ]
)
CONTENT = st.dictionaries(MEDIA, st.fixed_dictionaries({"schema": SCHEMAS}), max_size=3)
OPERATIONS = st.one_of(
    LEAVES,
    st.fixed_dictionaries(
        {},
        optional={
            "operationId": NAMES,
            "tags": st.one_of(LEAVES, st.lists(NAMES, max_size=2)),
            "parameters": st.one_of(LEAVES, st.lists(PARAMETERS, max_size=4)),
            "requestBody": st.one_of(LEAVES, st.fixed_dictionaries({"content": CONTENT})),
            "responses": st.one_of(
                LEAVES,
                st.dictionaries(
                    st.sampled_from(["200", "204", "default", "x"]),
                    st.fixed_dictionaries({"content": CONTENT}),
                    max_size=2,
                ),
            ),
            "security": st.one_of(
                LEAVES, st.lists(st.dictionaries(NAMES, st.just([]), max_size=2), max_size=2)
            ),
            "deprecated": LEAVES,
            "summary": LEAVES,
            "description": LEAVES,
        },
    ),
)
METHODS = st.sampled_from(["get", "post", "put", "patch", "delete", "head", "trace", "x"])
DOCUMENTS = st.builds(
    lambda paths, schema, security: of_paths(
        paths, components={"schemas": {"A": schema}}, security=security
    ),
    st.dictionaries(
        PATHS, st.one_of(LEAVES, st.dictionaries(METHODS, OPERATIONS, max_size=3)), max_size=5
    ),
    SCHEMAS,
    LEAVES,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_any_document_makes_a_client_whose_operations_can_be_reached(paper: Any) -> None:
    """Every operation is reached by what the table says, and is another; or it is a problem."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        client = nk.Client.from_openapi(paper, base_url="https://a.example")
    try:
        table = client.openapi.operations
        places = set()
        for row in table.itertuples():
            names = str(row.call).partition("(")[0].split(".")[1:]
            endpoint: Any = functools.reduce(getattr, names, client)
            assert (endpoint.spec.method, endpoint.__qualname__) not in places
            places.add((endpoint.spec.method, endpoint.__qualname__))
            assert endpoint.__doc__
            assert names[-1] in dir(functools.reduce(getattr, names[:-1], client))
        described = sum(
            method in ("get", "post", "put", "patch", "delete", "head", "trace")
            and operation is not None
            for item in paper["paths"].values()
            if isinstance(item, dict)
            for method, operation in item.items()
        )
        broken_items = sum(not isinstance(item, dict) for item in paper["paths"].values())
        assert len(table) + len(client.openapi.problems) == described + broken_items
    finally:
        client.close()
