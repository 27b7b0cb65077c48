"""Writes the arguments of an endpoint into a request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.resources.plain import plain
from notebook_kit.client.resources.requests import Asked
from notebook_kit.client.resources.styles import in_cookie, in_header, in_path, in_query
from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import Secret

if TYPE_CHECKING:
    from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec

__all__ = ["Writer"]

_PIECE: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


class Writer:
    """Writes the arguments of an endpoint into a request; made once for each endpoint.

    Raises:
        ConfigurationError: when the path is no template.
    """

    __slots__ = ("_by_place", "_pieces", "_spec")

    def __init__(self, spec: EndpointSpec) -> None:
        self._spec = spec
        self._pieces: list[str | tuple[ParameterSpec, PathTemplate]] = []
        fields = {it.wire_name: it for it in spec.parameters if it.where == "path"}
        place = 0
        for match in _PIECE.finditer(spec.path):
            self._pieces.append(spec.path[place : match.start()])
            place = match.end()
            template = PathTemplate(match[0])
            if template.fields:
                self._pieces.append((fields[template.fields[0]], template))
            else:
                self._pieces.append(match[0][0])
        self._pieces.append(spec.path[place:])

    def write(self, arguments: Mapping[str, Any]) -> Asked:
        """Return the request for arguments by the names of Python.

        Raises:
            ConfigurationError: for a value that cannot be sent.
        """
        spec = self._spec
        url = "".join(
            piece
            if isinstance(piece, str)
            else in_path(piece[0], arguments.get(piece[0].name), piece[1])
            for piece in self._pieces
        )
        found: dict[str, list[tuple[str, Any]]] = {
            place: [] for place in ("query", "header", "cookie", "form", "file", "body")
        }
        reserved: set[str] = set()
        for parameter in spec.parameters:
            value = arguments.get(parameter.name, parameter.default)
            if parameter.where == "path" or (value is None and not parameter.required):
                continue
            pairs = _pairs(parameter, value)
            found[parameter.where] += pairs
            if parameter.reserved and parameter.where == "query":
                reserved.update(name for name, _ in pairs)
        json, content, headers = self._body(arguments, dict(found["body"]))
        return Asked(
            spec.method,
            url,
            query=tuple(found["query"]),
            headers=(*headers, *found["header"]),
            cookies=dict(found["cookie"]),
            json=json,
            content=content,
            form=tuple(found["form"]),
            files=tuple(found["file"]),
            fields=frozenset(it.wire_name for it in spec.parameters if it.where == "body"),
            reserved=frozenset(reserved),
        )

    def _body(
        self, arguments: Mapping[str, Any], fields: dict[str, Any]
    ) -> tuple[Any, Any, list[tuple[str, Any]]]:
        body = self._spec.body
        if body is None:
            has_fields = any(it.where == "body" for it in self._spec.parameters)
            return (fields if has_fields else None), None, []
        value = arguments.get(body.name, body.default)
        if value is None and not body.required:
            return None, None, []
        media_type = body.style
        is_text = media_type is not None and isinstance(value, str)
        is_raw = isinstance(value, (bytes, bytearray, memoryview, AsyncIterable))
        if is_raw or is_text or hasattr(value, "read"):
            kind = media_type or "application/octet-stream"
            return None, value, [("content-type", kind)]
        made = plain(value)
        # httpx writes no body for None, and here it was given.
        if made is None:
            return None, b"null", [("content-type", media_type or "application/json")]
        return made, None, [("content-type", media_type)] if media_type else []


def _pairs(parameter: ParameterSpec, value: Any) -> list[tuple[str, Any]]:
    where, name = parameter.where, parameter.wire_name
    if where == "query":
        return in_query(parameter, _given(parameter, value))
    if where == "header":
        return [(name, in_header(parameter, _given(parameter, value)))]
    if where == "cookie":
        return [(name, in_cookie(parameter, _given(parameter, value)))]
    if where == "form":
        return in_query(parameter, _given(parameter, value))
    if where == "file":
        several = isinstance(value, list)
        return [(name, _file(it)) for it in (value if several else [value])]
    return [(name, plain(value))]


def _given(parameter: ParameterSpec, value: Any) -> Any:
    if value is None:
        message = f"{parameter.name} is None: there is no value to put into the request."
        raise ConfigurationError(message)
    return value


def _file(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name, value.read_bytes()
    if isinstance(value, Secret):
        return value.reveal().encode()
    return value
