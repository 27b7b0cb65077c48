"""A method with types, read as an endpoint."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, get_args, get_origin

from notebook_kit.client.resources.checking import (
    METHODS_WITH_BODY,
    checked_name,
    checked_route,
    checked_spec,
)
from notebook_kit.client.resources.markers import Body, Marker
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec
from notebook_kit.client.resources.written import check_method
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.client.resources.paging import Paging
    from notebook_kit.client.resources.spec import Needs, Where

__all__ = ["Unresolved", "names_around", "spec_of"]

_PLAIN: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Unresolved(Exception):
    """A type names something that is not there yet."""


def names_around(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names of the functions around a method that is being made by who calls us."""
    names: dict[str, Any] = {}
    if "<locals>" not in function.__qualname__:
        return names
    frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to it
    while frame is not None:
        here = frame.f_globals is function.__globals__
        if not here and names:
            break
        # What stands in the class itself hides nothing: a method may be called `list`.
        if here and "__qualname__" not in frame.f_locals:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def spec_of(
    function: types.FunctionType,
    route: str,
    *,
    paging: Paging | None,
    needs: Needs | None,
    deprecated: bool,
    names: Mapping[str, Any],
) -> EndpointSpec:
    """Return the endpoint that a method declares.

    Args:
        function: the method; it is never called.
        route: method and path.
        paging: how its list goes on, or None.
        needs: credentials that it needs.
        deprecated: whether calling it warns.
        names: what its types may name beside what its module has.

    Raises:
        ConfigurationError: when it cannot work.
        Unresolved: when a type names something that is not there yet.
    """
    name = function.__name__
    method, path = checked_route(route, of=name)
    check_method(function, of=name)
    hints = _hints(function, names)
    found = [
        _read(parameter, hints.get(parameter.name, Any), name)
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
    placed = _placed(found, method, path)
    body = [it for it, marker in placed if _is_whole(marker)]
    if len(body) > 1:
        message = f"{name}: a request has one body, and {body[0].name} and {body[1].name} are it."
        raise ConfigurationError(message)
    spec = EndpointSpec(
        name=checked_name(name, what="The endpoint"),
        method=method,
        path=path,
        parameters=tuple(it for it, marker in placed if not _is_whole(marker)),
        body=body[0] if body else None,
        answer=_answer(hints.get("return"), paging, name),
        paging=paging,
        doc=inspect.getdoc(function) or "",
        needs=needs,
        deprecated=deprecated,
    )
    return checked_spec(spec)


def _hints(function: Callable[..., Any], names: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, localns=dict(names), include_extras=True)
    except NameError as error:
        message = (
            f"{function.__qualname__}: the type {error.name!r} cannot be found: it must be there "
            "when the program runs, so import it outside of `if TYPE_CHECKING:`."
        )
        raise Unresolved(message) from error


def _read(
    parameter: inspect.Parameter, hint: Any, of: str
) -> tuple[inspect.Parameter, Any, Marker | None]:
    if parameter.kind not in _PLAIN:
        message = f"{of}: write each parameter by its name; {parameter} says nothing of its place."
        raise ConfigurationError(message)
    if get_origin(hint) is not Annotated:
        return parameter, hint, None
    kind, *notes = get_args(hint)
    markers = [
        note() if isinstance(note, type) and issubclass(note, Marker) else note
        for note in notes
        if isinstance(note, Marker) or (isinstance(note, type) and issubclass(note, Marker))
    ]
    if len(markers) > 1:
        message = f"{of}: the parameter {parameter.name!r} stands in one place, not in several."
        raise ConfigurationError(message)
    others = tuple(note for note in notes if note not in markers and not isinstance(note, type))
    plain = Annotated[(kind, *others)] if others else kind
    return parameter, plain, markers[0] if markers else None


def _placed(
    found: list[tuple[inspect.Parameter, Any, Marker | None]], method: str, path: str
) -> list[tuple[ParameterSpec, Marker | None]]:
    in_path = {it[0].name for it in found if f"{{{it[0].name}}}" in path.replace(":path}", "}")}
    rest: Where = "body" if method in METHODS_WITH_BODY else "query"
    if any(marker is not None and marker.where in ("form", "file") for _, _, marker in found):
        rest = "form"
    unmarked = [it for it in found if it[2] is None and it[0].name not in in_path]
    if rest == "body" and len(unmarked) == 1 and _has_fields(unmarked[0][1]):
        whole = unmarked[0]
        found = [(it[0], it[1], Body()) if it is whole else it for it in found]
    return [(_spec(*it, "path" if it[0].name in in_path else rest), it[2]) for it in found]


def _spec(
    parameter: inspect.Parameter, kind: Any, marker: Marker | None, rest: Where
) -> ParameterSpec:
    where = rest if marker is None else marker.where
    wire_name = parameter.name.replace("_", "-") if where == "header" else parameter.name
    required = parameter.default is parameter.empty
    return ParameterSpec(
        name=parameter.name,
        wire_name=wire_name if marker is None or marker.name is None else marker.name,
        where=where,
        required=required,
        default=None if required else parameter.default,
        annotation=kind,
        doc="" if marker is None else marker.doc,
        style=None if marker is None else marker.style,
        explode=None if marker is None else marker.explode,
        keyword_only=parameter.kind is parameter.KEYWORD_ONLY,
    )


def _is_whole(marker: Marker | None) -> bool:
    return isinstance(marker, Body) and marker.name is None


def _has_fields(kind: Any) -> bool:
    """Tell whether a type is an object with fields, which a body can be."""
    if get_origin(kind) in (Union, types.UnionType):
        kinds = [it for it in get_args(kind) if it is not type(None)]
        return bool(kinds) and all(map(_has_fields, kinds))
    if get_origin(kind) is Annotated:
        return _has_fields(get_args(kind)[0])
    marks = ("model_fields", "__struct_fields__", "__attrs_attrs__")
    is_object = dataclasses.is_dataclass(kind) or typing.is_typeddict(kind)
    return is_object or (isinstance(kind, type) and any(hasattr(kind, it) for it in marks))


def _answer(hint: Any, paging: Paging | None, of: str) -> Any:
    is_page = hint is Page or get_origin(hint) is Page
    if is_page and paging is None:
        message = (
            f"{of} returns a page, and how its list goes on is not said: give paging=, such as "
            "nk.CursorPaging(cursor='cursor', next='next_cursor')."
        )
        raise ConfigurationError(message)
    if paging is None:
        return hint
    if hint is not None and not is_page:
        message = f"{of} has paging=, so it returns nk.Page[...] of the type of its items."
        raise ConfigurationError(message)
    return get_args(hint)[0] if get_args(hint) else None
