"""The shapes of what the demo API answers, as JSON schemas."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

__all__ = ["SHAPES", "a_list_of", "a_page_of", "an_object", "ref"]

Shape: TypeAlias = dict[str, Any]

_TEXT: Final[Shape] = {"type": "string"}
_WHOLE: Final[Shape] = {"type": "integer"}
_NUMBER: Final[Shape] = {"type": "number"}
_TRUTH: Final[Shape] = {"type": "boolean"}
_ANY: Final[Shape] = {}


def ref(name: str) -> Shape:
    """Return a reference to a shape of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def a_list_of(shape: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": shape}


def an_object(**fields: Shape) -> Shape:
    """Return the shape of an object that has all of these fields."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def _or_null(shape: Shape) -> Shape:
    return {**shape, "type": [shape["type"], "null"]}


def a_page_of(name: str) -> Shape:
    """Return the shape of a page of a list."""
    return an_object(
        items=a_list_of(ref(name)),
        total=_WHOLE,
        offset=_WHOLE,
        limit=_WHOLE,
        page=_WHOLE,
        pages=_WHOLE,
        next_offset=_or_null(_WHOLE),
        next_page=_or_null(_WHOLE),
        next_cursor=_or_null(_TEXT),
        has_more=_TRUTH,
    )


_AIRPORT: Final = an_object(
    iata={"type": "string", "description": "Three letters."},
    icao=_TEXT,
    name=_TEXT,
    city=_TEXT,
    subd={"type": "string", "description": "State or region."},
    country={"type": "string", "description": "Two letters (ISO 3166)."},
    country_name=_TEXT,
    elevation={"type": "number", "description": "Feet above the sea."},
    lat=_NUMBER,
    lon=_NUMBER,
    tz={"type": "string", "description": "Time zone."},
    lid=_TEXT,
)

_USAGE: Final[Shape] = {"type": "object", "additionalProperties": _WHOLE}

SHAPES: Final[dict[str, Shape]] = {
    "Airport": _AIRPORT,
    "NearbyAirport": {
        "allOf": [ref("Airport"), an_object(distance_km=_NUMBER)],
    },
    "Nearby": an_object(
        iata=_TEXT, radius_km=_NUMBER, total=_WHOLE, items=a_list_of(ref("NearbyAirport"))
    ),
    "Dataset": an_object(id=_TEXT, name=_TEXT, country=_TEXT, asset_count=_WHOLE),
    "Asset": an_object(
        id=_TEXT,
        dataset_id=_TEXT,
        filename=_TEXT,
        iata=_TEXT,
        width=_WHOLE,
        height=_WHOLE,
        url={"type": "string", "description": "The path of the picture."},
    ),
    "Annotation": an_object(
        id=_TEXT,
        asset_id=_TEXT,
        label={"type": "string", "enum": ["apron", "runway", "terminal", "tower"]},
        box=a_list_of(_WHOLE),
        confidence=_NUMBER,
    ),
    "Run": an_object(
        id=_TEXT,
        dataset_id=_TEXT,
        status={"type": "string", "enum": ["failed", "running", "succeeded"]},
        started={"type": "string", "format": "date-time"},
        duration_s=_or_null(_NUMBER),
        score=_or_null(_NUMBER),
    ),
    "User": an_object(id=_WHOLE, name=_TEXT, email=_TEXT, role=_TEXT, home_airport=_TEXT),
    "Meeting": an_object(id=_WHOLE, name=_TEXT, day=_TEXT, attendee_ids=a_list_of(_WHOLE)),
    "Issue": an_object(id=_WHOLE, meeting_id=_WHOLE, title=_TEXT, open=_TRUTH),
    "Metric": an_object(id=_WHOLE, meeting_id=_WHOLE, name=_TEXT, value=_NUMBER, unit=_TEXT),
    "Todo": an_object(
        id=_WHOLE,
        title=_TEXT,
        meeting_id=_or_null(_WHOLE),
        due_date=_or_null({"type": "string", "format": "date"}),
        done=_TRUTH,
    ),
    "NewTodo": {
        "type": "object",
        "required": ["title"],
        "properties": {
            "title": {"type": "string", "description": "What is to be done."},
            "meeting_id": {**_WHOLE, "description": "Where it was decided."},
            "due_date": {"type": "string", "format": "date"},
            "done": {"type": "boolean", "default": False},
        },
    },
    "Model": an_object(id=_TEXT, object=_TEXT, created=_WHOLE, owned_by=_TEXT),
    "Models": an_object(object=_TEXT, data=a_list_of(ref("Model"))),
    "Chat": {
        "type": "object",
        "required": ["model", "messages"],
        "properties": {
            "model": {"type": "string", "enum": ["demo-chat"]},
            "messages": a_list_of(an_object(role=_TEXT, content=_TEXT)),
            "max_tokens": {**_WHOLE, "description": "The answer ends after so many."},
            "response_format": {"type": "object"},
            "stream": {"type": "boolean", "default": False},
            "stream_options": {"type": "object"},
        },
    },
    "Completion": an_object(
        id=_TEXT,
        object=_TEXT,
        created=_WHOLE,
        model=_TEXT,
        choices=a_list_of(an_object(index=_WHOLE, message=_ANY, finish_reason=_TEXT)),
        usage=_USAGE,
    ),
    "Texts": {
        "type": "object",
        "required": ["model", "input"],
        "properties": {
            "model": {"type": "string", "enum": ["demo-embed"]},
            "input": {"oneOf": [_TEXT, a_list_of(_TEXT)]},
            "dimensions": {**_WHOLE, "default": 16},
            "encoding_format": {"type": "string", "enum": ["float", "base64"]},
        },
    },
    "Embeddings": an_object(
        object=_TEXT,
        data=a_list_of(an_object(object=_TEXT, index=_WHOLE, embedding=_ANY)),
        model=_TEXT,
        usage=_USAGE,
    ),
    "Words": {"type": "object", "required": ["text"], "properties": {"text": _TEXT}},
    "Echo": an_object(
        method=_TEXT,
        path=_TEXT,
        query=_TEXT,
        headers=a_list_of(a_list_of(_TEXT)),
        body=_TEXT,
        body_base64=_TEXT,
        http_version=_TEXT,
        client=a_list_of(_ANY),
    ),
    "Status": an_object(status=_WHOLE),
    "Slow": an_object(seconds=_NUMBER),
    "Gzipped": an_object(gzipped=_TRUTH, text=_TEXT),
    "Redirected": an_object(redirected=_TRUTH),
    "Cookies": an_object(cookies={"type": "object"}),
    "CookiesSet": an_object(set={"type": "object"}),
    "Authenticated": an_object(authenticated=_TRUTH),
    "Switches": {
        "type": "object",
        "properties": {
            "latency_s": _NUMBER,
            "latency_jitter_s": _NUMBER,
            "stream_interval_s": _NUMBER,
            "flaky_rate": _NUMBER,
            "flaky_drop_share": _NUMBER,
            "flaky_first_tries": _NUMBER,
            "drop_after_processing": _TRUTH,
            "rate_limit": _or_null(_TEXT),
            "limited_rate": _or_null(_TEXT),
            "chat_rate": _or_null(_TEXT),
            "chat_tokens": _or_null(_TEXT),
            "outage": _TRUTH,
            "broken_countries": a_list_of(_TEXT),
            "slow_countries": a_list_of(_TEXT),
            "slow_countries_s": _NUMBER,
            "require_credentials": _TRUTH,
        },
    },
    "Stats": an_object(
        requests=_WHOLE,
        by_route={"type": "object", "additionalProperties": _WHOLE},
        by_status={"type": "object", "additionalProperties": _WHOLE},
        in_flight=_WHOLE,
        most_in_flight=_WHOLE,
        connections_open=_WHOLE,
        connections_opened=_WHOLE,
        todos_created=_WHOLE,
        arrivals=a_list_of(_NUMBER),
    ),
    "Reset": an_object(reset=_TRUTH),
    "Index": an_object(
        name=_TEXT,
        routes=a_list_of(an_object(path=_TEXT, methods=a_list_of(_TEXT), about=_TEXT)),
    ),
    "Error": an_object(
        error=an_object(message=_TEXT, type=_TEXT, param=_or_null(_TEXT), code=_or_null(_TEXT))
    ),
}
