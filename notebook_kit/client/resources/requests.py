"""What an endpoint is asked with, as the options of a request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.credentials import header_pairs, is_credential
from notebook_kit.client.resources.plain import plain
from notebook_kit.client.resources.styles import in_cookie, in_header, in_path, in_query
from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec

__all__ = ["Asked", "Writer"]

_PIECE: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of an endpoint, before the options of sending are added.

    Attributes:
        method: the HTTP method.
        url: path or URL, filled in.
        query: the parameters of the query, in order.
        headers: headers.
        cookies: cookies.
        json: the fields of the JSON object in the body, or the whole of it; None for no such body.
        content: a body of another kind, or None.
        form: the fields of a form.
        files: what is uploaded.
        fields: the names that stand in the JSON object, if they are given.
        is_home: whether it goes where credentials of this request belong, and so did all before it.
        of_page: the parameters that say which page it is; options of sending do not change them.
    """

    method: str
    url: str
    query: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, Any], ...] = ()
    cookies: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: Any = None
    form: tuple[tuple[str, Any], ...] = ()
    files: tuple[tuple[str, Any], ...] = ()
    fields: frozenset[str] = frozenset()
    is_home: bool = True
    of_page: frozenset[str] = frozenset()

    def with_parameter(self, name: str, value: Any) -> Asked:
        """Return the same with another value of a parameter, in the body if it belongs there."""
        if name in self.fields:
            return replace(self, json={**(self.json or {}), name: value})
        kept = [pair for pair in self.query if pair[0] != name]
        return replace(self, query=(*kept, (name, str(value))), of_page=frozenset({name}))

    def with_query(self, params: Any) -> Asked:
        """Return the same with the parameters that options of sending give."""
        return replace(self, query=tuple(self._query(params)))

    def _query(self, params: Any) -> list[tuple[str, Any]]:
        more = [pair for pair in _pairs_of(params) if str(pair[0]) not in self.of_page]
        return _joined(self.query, more)

    def at(self, url: str, *, is_home: bool) -> Asked:
        """Return the same for another URL, which has its own query.

        Args:
            url: the URL.
            is_home: whether it is of the origin that credentials of this request are for.
        """
        if is_home:
            of_page = frozenset(httpx.URL(url).params)
            return replace(self, url=url, query=(), of_page=of_page)
        headers = [pair for pair in self.headers if not is_credential(*pair)]
        away = replace(self, url=url, query=(), headers=tuple(headers), cookies={})
        return replace(away, is_home=False)

    def parameter(self, name: str) -> Any:
        """Return what a parameter of the query, or a field of the body, is; None without one."""
        for known, value in reversed(self.query):
            if known == name:
                return value
        return self.json.get(name) if isinstance(self.json, dict) else None

    def options(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of the request, with those of sending, which come last."""
        options: dict[str, Any] = {
            name: value for name, value in more.items() if name not in ("headers", "params")
        }
        cookies = {**self.cookies, **_cookies(more.get("cookies"))}
        given = {
            "params": self._query(more.get("params")),
            "headers": _joined(self.headers, header_pairs(more.get("headers"))),
            "cookies": cookies,
            "data": _grouped(self.form),
            "files": list(self.files),
        }
        options |= {name: value for name, value in given.items() if value}
        if self.json is not None:
            options["json"] = self.json
        if self.content is not None:
            options["content"] = self.content
        return options


def _joined(
    pairs: Sequence[tuple[str, Any]], more: Sequence[tuple[Any, Any]]
) -> list[tuple[str, Any]]:
    """Return pairs with further ones, which take the place of those of their name."""
    names = {_name(name).lower() for name, _ in more}
    return [*(pair for pair in pairs if pair[0].lower() not in names), *more]


def _name(name: object) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def _pairs_of(params: Any) -> list[tuple[Any, Any]]:
    """Return parameters as pairs, in any form that httpx takes; a list in a dict gives several."""
    if isinstance(params, (str, bytes)):
        params = httpx.QueryParams(params)
    if isinstance(params, httpx.QueryParams):
        return params.multi_items()
    if isinstance(params, Mapping):
        several = (
            (name, it if isinstance(it, (list, tuple)) else [it]) for name, it in params.items()
        )
        return [(name, value) for name, values in several for value in values]
    pairs: list[Any] = list(params or ())
    if all(
        isinstance(pair, (list, tuple)) and len(pair) == len(("name", "value")) for pair in pairs
    ):
        return [(name, value) for name, value in pairs]
    message = f"params= is a {type(params).__name__}: give a dict such as {{'limit': 20}}."
    raise ConfigurationError(message)


def _cookies(cookies: Any) -> Mapping[str, Any]:
    return httpx.Cookies(cookies) if isinstance(cookies, CookieJar) else dict(cookies or {})


def _grouped(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a form as httpx takes them: several values of one name in a list."""
    grouped: dict[str, Any] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in grouped.items()}


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
        for parameter in spec.parameters:
            value = arguments.get(parameter.name, parameter.default)
            if parameter.where == "path" or (value is None and not parameter.required):
                continue
            found[parameter.where] += _pairs(parameter, value)
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
