"""How values are written into paths, queries and headers, in the styles of OpenAPI.

The styles are those of OpenAPI 3.1, section 4.8.12 (Parameter Object).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from notebook_kit.client.resources.plain import plain
from notebook_kit.client.template import written
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import Secret, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.client.resources.spec import ParameterSpec
    from notebook_kit.client.template import PathTemplate

__all__ = ["in_cookie", "in_header", "in_path", "in_query"]

_BETWEEN: Final = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_DOTS: Final = frozenset({"", ".", ".."})


def in_query(parameter: ParameterSpec, value: Any) -> list[tuple[str, Any]]:
    """Return the pairs of a query, or of a form, that a value is written as.

    Raises:
        ConfigurationError: for what cannot be written there.
    """
    name, style = parameter.wire_name, parameter.style or "form"
    if style == "json":
        return [(name, json.dumps(plain(value)))]
    value = _parts(value)
    if isinstance(value, Mapping):
        if style == "deepObject":
            return list(_deep(name, value, parameter))
        pairs = [(str(key), _text(it, parameter)) for key, it in value.items() if it is not None]
        if parameter.explode is not False:
            return pairs
        return [(name, ",".join(f"{key},{it}" for key, it in pairs))]
    texts = [_text(it, parameter) for it in (value if isinstance(value, list) else [value])]
    explode = style == "form" if parameter.explode is None else parameter.explode
    if explode or not isinstance(value, list):
        return [(name, text) for text in texts]
    return [(name, _BETWEEN.get(style, ",").join(texts))]


def _deep(name: str, value: Mapping[str, Any], of: ParameterSpec) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        inside = f"{name}[{key}]"
        if isinstance(inner, Mapping):
            yield from _deep(inside, inner, of)
        elif isinstance(inner, list):
            yield from ((inside, _text(it, of)) for it in inner)
        elif inner is not None:
            yield inside, _text(inner, of)


def in_header(parameter: ParameterSpec, value: Any) -> Any:
    """Return the text of a header that a value is written as.

    Raises:
        ConfigurationError: for what cannot be written there.
    """
    if parameter.style == "json":
        return json.dumps(plain(value))
    value = _parts(value)
    if isinstance(value, Mapping):
        between = "=" if parameter.explode else ","
        return ",".join(f"{key}{between}{_text(it, parameter)}" for key, it in value.items())
    if isinstance(value, list):
        return ",".join(str(_text(it, parameter)) for it in value)
    return _text(value, parameter)


def in_cookie(parameter: ParameterSpec, value: Any) -> Any:
    """Return the text of a cookie that a value is written as.

    Raises:
        ConfigurationError: for what cannot be written there, or would begin another cookie.
    """
    text = in_header(parameter, value)
    if ";" in (text.reveal() if isinstance(text, Secret) else str(text)):
        message = (
            f"The cookie {parameter.name!r} holds a ';', behind which another cookie would begin: "
            "encode the value as the API says."
        )
        raise ConfigurationError(message)
    return text


def in_path(parameter: ParameterSpec, value: Any, template: PathTemplate) -> str:
    """Return what stands in a path for a value, percent-encoded.

    Args:
        parameter: what the value is for.
        value: the value.
        template: its placeholder alone, which says how a single value is written.

    Raises:
        ConfigurationError: for what cannot be written there, or would ask for another resource.
    """
    style = parameter.style or "simple"
    if style == "json":
        return quote(json.dumps(plain(value)), safe="")
    value = _parts(value)
    name = quote(parameter.wire_name, safe="")
    before = {"label": ".", "matrix": f";{name}="}.get(style, "")
    if not isinstance(value, (list, Mapping)):
        return before + template.fill({parameter.wire_name: value})
    texts = [quote(text, safe="") for text in _segments(parameter, value)]
    explode = bool(parameter.explode)
    if isinstance(value, Mapping):
        between = "=" if explode else ","
        keys = (quote(str(key), safe="") for key in value)
        texts = [f"{key}{between}{text}" for key, text in zip(keys, texts, strict=True)]
        if explode:
            before = before.rstrip("=").removesuffix(name)
    if style == "matrix" and explode:
        return "".join(before + text for text in texts)
    segment = before + ("." if style == "label" and explode else ",").join(texts)
    if segment in _DOTS:
        raise _elsewhere(parameter, value)
    return segment


def _segments(parameter: ParameterSpec, value: Any) -> list[str]:
    values = value.values() if isinstance(value, Mapping) else value
    texts = [written(it, parameter.name) for it in values]
    if not texts or (len(texts) == 1 and texts[0] in _DOTS):
        raise _elsewhere(parameter, value)
    return texts


def _elsewhere(parameter: ParameterSpec, value: Any) -> ConfigurationError:
    message = f"{{{parameter.name}}} is {shown(value)}, which would ask for another resource."
    return ConfigurationError(message)


def _parts(value: Any) -> Any:
    """Return mappings, lists and objects with fields as plain data; all else as it is."""
    if isinstance(value, (str, bytes, Secret)):
        return value
    made = plain(value)
    return made if isinstance(made, (dict, list)) else value


def _text(value: Any, parameter: ParameterSpec) -> Any:
    return value if isinstance(value, Secret) else written(value, parameter.name)
