from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from notebook_kit.demo.openapi import document_of

if TYPE_CHECKING:
    import httpx

    from notebook_kit.demo import DemoServer

#: What stands in the places of the placeholders.
FILLED = {
    "iata": "ZRH",
    "dataset_id": "ds-001",
    "asset_id": "ds-001-aaf",
    "run_id": "run-001",
    "model": "demo-chat",
    "prompt": "sea",
    "rest": "x/y",
    "code": "200",
    "count": "2",
    "id": "1",
}
BODIES: dict[str, Any] = {
    "/v1/chat/completions": {"model": "demo-chat", "messages": [{"role": "user", "content": "a"}]},
    "/v1/embeddings": {"model": "demo-embed", "input": ["a", "b"]},
    "/todos": {"title": "write"},
    "/audio": {"text": "la la"},
    "/_demo/switches": {"latency_s": 0},
}
QUERIES = {"/users/search": {"q": "ada"}, "/slow": {"seconds": "0"}, "/cookies/set": {"a": "b"}}


def described(api: httpx.Client) -> Any:
    return api.get("/openapi.json").json()


def test_every_route_is_described(api: httpx.Client) -> None:
    """Each method of each path, and nothing that is not there."""
    routes = api.get("/").json()["routes"]
    there = {
        (method, re.sub(r":\w+\}", "}", route["path"]))
        for route in [*routes, {"path": "/", "methods": ["GET"]}]
        for method in route["methods"]
        if method != "HEAD"
    }
    said = {(m.upper(), path) for path, item in described(api)["paths"].items() for m in item}
    assert said == there


def test_a_route_that_nothing_is_said_of_is_noticed() -> None:
    """When the server is made, not by a reader of the document."""
    with pytest.raises(KeyError, match="/new"):
        document_of([("GET", "/new/{id:int}", "New.")])


def test_every_described_route_answers_as_described(api: httpx.Client, server: DemoServer) -> None:
    """With the status, the type and the shape that the document says."""
    document = described(api)
    basic, bearer = ("demo", server.token), {"authorization": f"Bearer {server.token}"}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answer = api.request(
                method,
                re.sub(r"\{(\w+)\}", lambda match: FILLED[match[1]], path),
                params=QUERIES.get(path),
                json=BODIES[path] if "application/json" in content_of(operation) else None,
                headers=bearer if operation.get("security") == [{"bearer": []}] else None,
                auth=basic if operation.get("security") == [{"basic": []}] else None,
                follow_redirects=True,
            )
            told = f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            said = operation["responses"][str(answer.status_code)]
            media_type = answer.headers["content-type"].partition(";")[0]
            assert media_type in said["content"], told
            schema = said["content"][media_type].get("schema")
            if schema is not None:
                components = {"components": document["components"]}
                jsonschema.validate(answer.json(), {**schema, **components})
            for name in said.get("headers", {}):
                assert name in answer.headers, told


def content_of(operation: Any) -> Any:
    return operation.get("requestBody", {}).get("content", {})


def test_errors_have_the_shape_that_is_described(api: httpx.Client) -> None:
    """The same for all routes."""
    document = described(api)
    schema = {**document["components"]["schemas"]["Error"], "components": document["components"]}
    jsonschema.validate(api.get("/airports/xx").json(), schema)
    jsonschema.validate(api.get("/no/such/route").json(), schema)


def test_placeholders_are_described_and_filters_filter(api: httpx.Client) -> None:
    """Every part of a path is a parameter, and those of the query change what comes."""
    for path, item in described(api)["paths"].items():
        for operation in item.values():
            names = {it["name"] for it in operation["parameters"] if it["in"] == "path"}
            assert names == set(re.findall(r"\{(\w+)\}", path))
    assert api.get("/runs", params={"status": "failed"}).json()["total"] < 57
    assert api.get("/airports", params={"country": "CH"}).json()["total"] == 15
