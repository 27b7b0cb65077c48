"""Items of a map as arguments of an endpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec

__all__ = ["arguments_of", "check_columns", "names_read"]

_MISSING: Final = ("NAType", "NaTType")


def arguments_of(item: Any, spec: EndpointSpec) -> dict[str, Any]:
    """Return the arguments that an item gives: those of its names, or the first.

    In what a table holds, a missing value of a parameter that need not be given is none.

    Raises:
        ConfigurationError: when a parameter that must be given is not there.
    """
    parameters = spec.all_parameters
    if not parameters:
        return {}
    named = isinstance(item, Mapping) and not _is_whole_body(item, spec)
    if not named:
        given = {parameters[0].name: item}
    else:
        given = {it.name: item[it.name] for it in parameters if it.name in item}
    arguments = {it.name: it.default for it in parameters if not it.required}
    for parameter in parameters:
        if parameter.name not in given:
            if parameter.required:
                raise _lacking(parameter, item, spec)
            continue
        value = given[parameter.name]
        if parameter.required or not _is_missing(value):
            arguments[parameter.name] = value
    return arguments


def _is_whole_body(item: Mapping[Any, Any], spec: EndpointSpec) -> bool:
    """Tell whether a mapping is the body itself, and not a row that holds it."""
    first = spec.all_parameters[0]
    return spec.body is first and not any(it.name in item for it in spec.all_parameters)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _MISSING:
        return True
    return isinstance(value, float) and math.isnan(value)


def _lacking(parameter: ParameterSpec, item: Any, spec: EndpointSpec) -> ConfigurationError:
    if isinstance(item, Mapping):
        known = shorten(", ".join(map(str, item)), 200)
        return ConfigurationError(f"{spec.name}() needs {parameter.name}, and the row has {known}.")
    needed = ", ".join(it.name for it in spec.all_parameters if it.required)
    message = (
        f"{spec.name}() needs {needed}, and an item of this kind gives only the first: give a "
        "DataFrame with these columns, or dictionaries."
    )
    return ConfigurationError(message)


def check_columns(columns: Sequence[object], spec: EndpointSpec) -> None:
    """Check that every parameter that must be given is a column.

    Raises:
        ConfigurationError: naming the first that is not.
    """
    is_body = spec.body is not None and spec.all_parameters[0] is spec.body
    if is_body and not any(it.name in columns for it in spec.all_parameters):
        return  # the row itself is the body
    for parameter in spec.all_parameters:
        if parameter.required and parameter.name not in columns:
            known = shorten(", ".join(map(str, columns)), 200)
            message = (
                f"{spec.name}() needs {parameter.name!r}, and there is no such column; there are "
                f"{known}. Rename one, as frame.rename(columns={{'old': {parameter.name!r}}})."
            )
            raise ConfigurationError(message)


def names_read(spec: EndpointSpec) -> set[object] | None:
    """Return the names of the columns that are read of a row; None where it may be all of them."""
    if spec.body is not None and spec.all_parameters[0] is spec.body:
        return None
    return {it.name for it in spec.all_parameters}
