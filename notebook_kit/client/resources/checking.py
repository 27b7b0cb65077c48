"""Endpoints that cannot work, refused when they are declared."""

from __future__ import annotations

import inspect
import keyword
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec

__all__ = ["METHODS_WITH_BODY", "checked_name", "checked_route", "checked_spec", "signature_of"]

METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "QUERY"})
_METHODS: Final = METHODS_WITH_BODY | {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"}
_EXAMPLE: Final = "write @nk.endpoint('GET /datasets/{id}')"


def checked_route(route: object, *, of: str) -> tuple[str, str]:
    """Return method and path of a route such as ``"GET /datasets/{id}"``.

    Raises:
        ConfigurationError: when it is none.

    >>> checked_route("GET /datasets/{id}", of="get")
    ('GET', '/datasets/{id}')
    """
    if not isinstance(route, str) or len(route.split()) != len(("method", "path")):
        message = f"{of}: the route {route!r} is no method and path: {_EXAMPLE}."
        raise ConfigurationError(message)
    method, path = route.split()
    return checked_method(method, of=of), path


def checked_method(method: str, *, of: str) -> str:
    """Return the method in capitals.

    Raises:
        ConfigurationError: when there is no such method.
    """
    if method.upper() not in _METHODS:
        known = ", ".join(sorted(_METHODS))
        message = f"{of}: there is no method {method!r}; there are {known}: {_EXAMPLE}."
        raise ConfigurationError(message)
    return method.upper()


def checked_name(name: object, *, what: str, reserved: Iterable[str] = ()) -> str:
    """Return a name that an attribute or a parameter can have.

    Raises:
        ConfigurationError: when it is no identifier, a word of Python, or taken.
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        message = f"{what} {name!r} cannot be written in Python: give it another name."
        raise ConfigurationError(message)
    if name in reserved:
        message = (
            f"{what} {name!r} would hide what is there of that name: call it '{name}_', or put it "
            "into a resource."
        )
        raise ConfigurationError(message)
    if name.startswith("_"):
        message = f"{what} {name!r} begins with an underscore, which makes it private: rename it."
        raise ConfigurationError(message)
    return name


def checked_spec(spec: EndpointSpec) -> EndpointSpec:
    """Return the endpoint if it can work.

    Raises:
        ConfigurationError: when it cannot, with what to write instead.
    """
    of = f"{spec.name} ({spec.method} {spec.path})"
    checked_method(spec.method, of=of)
    _check_path(spec, of)
    for parameter in spec.all_parameters:
        if not parameter.name.isidentifier() or keyword.iskeyword(parameter.name):
            message = f"{of}: the parameter {parameter.name!r} cannot be written in Python."
            raise ConfigurationError(message)
    _check_body(spec, of)
    signature_of(spec)
    return spec


def _check_path(spec: EndpointSpec, of: str) -> None:
    try:
        fields = PathTemplate(spec.path).fields
    except ConfigurationError as error:
        message = f"{of}: {error}"
        raise ConfigurationError(message) from None
    given = [it.wire_name for it in spec.parameters if it.where == "path"]
    for name in fields:
        if name not in given:
            message = (
                f"{of}: the path has {{{name}}}, and there is no parameter of that name: write "
                f"def {spec.name}(self, {name}: str)."
            )
            raise ConfigurationError(message)
    for name in given:
        if name not in fields:
            message = f"{of}: the parameter {name!r} is for the path, which has no {{{name}}}."
            raise ConfigurationError(message)


def _check_body(spec: EndpointSpec, of: str) -> None:
    kinds = {it.where for it in spec.parameters} & {"body", "form", "file"}
    if spec.body is not None and kinds:
        others = [it.name for it in spec.parameters if it.where in kinds]
        message = (
            f"{of}: {spec.body.name!r} is the whole body, so there is no room in it for "
            f"{', '.join(others)}: name it as a field, nk.Body({spec.body.name!r})."
        )
        raise ConfigurationError(message)
    if "body" in kinds and len(kinds) > 1:
        message = f"{of}: a body is JSON or a form, not both: mark its parameters with nk.Form()."
        raise ConfigurationError(message)


def signature_of(spec: EndpointSpec) -> inspect.Signature:
    """Return the signature of an endpoint, as Python has it.

    Raises:
        ConfigurationError: when no function could have it.
    """
    parameters = [_parameter(it) for it in spec.all_parameters]
    # What must be named comes last.
    parameters.sort(key=lambda it: it.kind)
    returns = spec.answer
    try:
        return inspect.Signature(parameters, return_annotation=Any if returns is None else returns)
    except ValueError as error:
        message = f"{spec.name} ({spec.method} {spec.path}): {error}."
        raise ConfigurationError(message) from None


def _parameter(spec: ParameterSpec) -> inspect.Parameter:
    default = inspect.Parameter.empty if spec.required else spec.default
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    kind = kinds[spec.keyword_only]
    return inspect.Parameter(spec.name, kind, default=default, annotation=spec.annotation)
