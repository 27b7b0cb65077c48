"""The demo API described as an OpenAPI document, made of its own routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.demo.shapes import SHAPES, a_page_of, ref
from notebook_kit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["document_of"]

_CONVERTER: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_JSON: Final = "application/json"
_LIMITS: Final = {
    "width": "Width in pixels, 8 to 1024.",
    "height": "Height in pixels, 8 to 1024.",
    "radius_km": "How far around, in kilometres.",
    "country": "Two letters (ISO 3166).",
    "q": "What the name or the address holds.",
    "seconds": "How long the answer takes.",
    "status": "Which of them.",
    "limit": "How many at most.",
    "arrivals": "How many of the last times are told.",
}

_PAGE: Final = {
    "page": {"type": "integer", "minimum": 1, "default": 1},
    "per_page": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20},
    "offset": {"type": "integer", "minimum": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "cursor": {"type": "string"},
}
_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer"}
_NUMBER: Final = {"type": "number"}
_SIZE: Final = {"type": "integer", "minimum": 8, "maximum": 1024, "default": 128}


def _entry(
    name: str | None,
    answer: str | None,
    *,
    query: Mapping[str, Any] | None = None,
    tag: str | None = None,
    body: str | None = None,
    security: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return what is said of a route: its operation's name, the shape of its answer, the rest."""
    said = {"name": name, "answer": answer, "query": dict(query or {}), "tag": tag}
    return {**said, "body": body, "security": security, **more}


def _pages(name: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return _entry(None, name, query={**(query or {}), **_PAGE}, paged=True)


def _of_http(name: str, answer: str | None, **more: Any) -> dict[str, Any]:
    return _entry(name, answer, tag="http", **more)


#: Of every route, by its path; by method and path where the methods differ.
_ROUTES: Final[dict[str, dict[str, Any]]] = {
    "/airports": _pages("Airport", {"country": _TEXT}),
    "/airports/{iata}": _entry(None, "Airport"),
    "/airports/{iata}/nearby": _entry(
        None,
        "Nearby",
        query={"radius_km": {**_NUMBER, "default": 100}, "limit": {**_WHOLE, "default": 100}},
    ),
    "/flaky/airports/{iata}": _entry(None, "Airport"),
    "/limited/airports/{iata}": _entry(
        None, "Airport", query={"retry_after": {**_TEXT, "enum": ["seconds", "date"]}}
    ),
    "/v1/chat/completions": _entry(None, "Completion", body="Chat"),
    "/v1/embeddings": _entry(None, "Embeddings", body="Texts"),
    "/v1/models": _entry(None, "Models"),
    "/v1/models/{model}": _entry(None, "Model"),
    "GET /todos": _pages("Todo"),
    "POST /todos": _entry(None, "Todo", body="NewTodo", status="201", key=True),
    "/todos/{id}": _entry(None, "Todo"),
    "/users": _pages("User"),
    "/users/me": _entry(None, "User"),
    "/users/search": _pages("User", {"q": {**_TEXT, "required": True}}),
    "/users/{id}": _entry(None, "User"),
    "/meetings": _pages("Meeting"),
    "/meetings/{id}": _entry(None, "Meeting"),
    "/meetings/{id}/attendees": _pages("User"),
    "/meetings/{id}/issues": _pages("Issue"),
    "/meetings/{id}/todos": _pages("Todo"),
    "/meetings/{id}/metrics": _pages("Metric"),
    "/issues": _pages("Issue"),
    "/metrics": _pages("Metric"),
    "/datasets": _pages("Dataset"),
    "/datasets/{dataset_id}": _entry(None, "Dataset"),
    "/datasets/{dataset_id}/assets": _pages("Asset"),
    "/datasets/{dataset_id}/assets/{asset_id}": _entry(None, "Asset"),
    "/datasets/{dataset_id}/annotations": _pages("Annotation", {"asset_id": _TEXT}),
    "/runs": _pages(
        "Run",
        {
            "status": {**_TEXT, "enum": ["failed", "running", "succeeded"]},
            "dataset_id": _TEXT,
        },
    ),
    "/runs/{run_id}": _entry(None, "Run"),
    "/text/{prompt}": _entry("text", None, tag="media", media_type="text/plain"),
    "/image/{prompt}": _entry(
        "image",
        None,
        tag="media",
        media_type="image/png",
        query={"width": _SIZE, "height": _SIZE},
    ),
    "/audio": _entry(
        "audio", None, tag="media", media_type="audio/wav", body="Words", security="bearer"
    ),
    "/stream/text/{prompt}": _entry(
        "streamText",
        None,
        tag="media",
        media_type="text/plain",
        query={"format": {**_TEXT, "enum": ["text", "sse"]}, "stall_after": _WHOLE},
    ),
    "/echo": _of_http("echo{Method}", "Echo", any_body=True),
    "/echo/{rest}": _of_http("echo{Method}At", "Echo", any_body=True),
    "/status/{code}": _of_http(
        "status{Method}", "Status", query={"retry_after": _WHOLE}, any_body=True
    ),
    "/slow": _of_http("slow", "Slow", query={"seconds": {**_NUMBER, "default": 1}}),
    "/bytes/{count}": _of_http("bytes", None, media_type="application/octet-stream"),
    "/gzip": _of_http("gzip", "Gzipped"),
    "/redirect/{count}": _of_http("redirect", "Redirected", query={"status": _WHOLE}),
    "/cookies": _of_http("cookies", "Cookies"),
    "/cookies/set": _of_http("setCookies", "CookiesSet", free=True),
    "/auth/basic": _entry(None, "Authenticated", security="basic"),
    "/auth/bearer": _entry(None, "Authenticated", security="bearer"),
    "GET /_demo/switches": _entry("readSwitches", "Switches"),
    "POST /_demo/switches": _entry("setSwitches", "Switches", body="Switches"),
    "/_demo/stats": _entry(None, "Stats", query={"arrivals": {**_WHOLE, "default": 0}}),
    "/_demo/reset": _entry(None, "Reset"),
    "/": _entry("routes", "Index"),
    "/openapi.json": _entry("describe", None, media_type=_JSON),
}

_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def document_of(routes: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Return the document of routes, given as method, path and what is said of them.

    Raises:
        KeyError: for a route that nothing is said of here.
    """
    paths: dict[str, dict[str, Any]] = {}
    for method, template, about in routes:
        path = _CONVERTER.sub(r"{\1}", template)
        entry = _ROUTES.get(f"{method} {path}") or _ROUTES[path]
        kinds = dict(_CONVERTER.findall(template))
        paths.setdefault(path, {})[method.lower()] = _operation(method, entry, kinds, about)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Demo API",
            "version": __version__,
            "description": "Airports, people, datasets and a small language model, all made up.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SHAPES,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(
    method: str, entry: Mapping[str, Any], kinds: Mapping[str, str], about: str
) -> dict[str, Any]:
    made: dict[str, Any] = {"summary": about}
    if entry["name"]:
        made["operationId"] = entry["name"].replace("{Method}", method.capitalize())
    if entry["tag"]:
        made["tags"] = [entry["tag"]]
    made["parameters"] = [*_in_path(kinds), *_in_query(entry["query"])]
    if entry.get("free"):
        free = {"type": "object", "additionalProperties": _TEXT}
        made["parameters"].append({"name": "cookies", "in": "query", "schema": free})
    if entry.get("key"):
        key = {"name": "Idempotency-Key", "in": "header", "schema": _TEXT}
        made["parameters"].append(key)
    if entry["body"]:
        content = {_JSON: {"schema": ref(entry["body"])}}
        made["requestBody"] = {"required": True, "content": content}
    elif entry.get("any_body") and method not in _BODILESS:
        made["requestBody"] = {"content": {"application/octet-stream": {}}}
    if entry["security"]:
        made["security"] = [{entry["security"]: []}]
    good = {
        "description": "The answer.",
        "content": {entry.get("media_type", _JSON): _answer(entry)},
    }
    if entry.get("paged"):
        good["headers"] = {"Link": {"schema": _TEXT}, "X-Total-Count": {"schema": _WHOLE}}
    bad = {"description": "What is wrong.", "content": {_JSON: {"schema": ref("Error")}}}
    made["responses"] = {entry.get("status", "200"): good, "default": bad}
    return made


def _answer(entry: Mapping[str, Any]) -> dict[str, Any]:
    if entry["answer"] is None:
        return {}
    shape = a_page_of(entry["answer"]) if entry.get("paged") else ref(entry["answer"])
    return {"schema": shape}


def _in_path(kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _WHOLE if kind == "int" else _TEXT,
        }
        for name, kind in kinds.items()
    ]


def _in_query(query: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    made = []
    for name, schema in query.items():
        plain = {key: value for key, value in schema.items() if key != "required"}
        entry: dict[str, Any] = {"name": name, "in": "query", "schema": plain}
        if name in _LIMITS:
            entry["description"] = _LIMITS[name]
        if schema.get("required"):
            entry["required"] = True
        made.append(entry)
    return made
