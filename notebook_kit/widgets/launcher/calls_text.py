"""A map over an endpoint or a function as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.widgets.launcher.choice import Source
from notebook_kit.widgets.launcher.data_text import is_plain, value_in_row, with_columns
from notebook_kit.widgets.launcher.problems import NotReady
from notebook_kit.widgets.launcher.words import free_name, keywords_of, literal

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.choice import (
        Data,
        EndpointCalls,
        FunctionCalls,
        Names,
        Parameter,
    )

__all__ = ["endpoint_call", "function_call"]


def endpoint_call(calls: EndpointCalls, data: Data) -> list[str]:
    """Return the arguments of the ``map`` of an endpoint.

    Raises:
        NotReady: when something that it needs is still to be chosen.
    """
    given = _given(calls)
    if not calls.parameters:
        return [data.name]
    if not given and data.kind != "frame":
        return [_empty_rows(data)]
    if not data.has_columns:
        first = Source("item")
        # A single value is the first parameter, as it is.
        plain = given == [(calls.parameters[0].name, first)]
        return [data.name if plain else with_columns(data, given)]
    if data.kind == "frame":
        return [_renamed(calls, data, given)]
    same = all(source.kind == "column" and source.column == name for name, source in given)
    if same and not _unwanted(calls, data):
        return [data.name]
    return [with_columns(data, given)]


def _empty_rows(data: Data) -> str:
    """Return rows that give no argument at all."""
    if data.kind == "labelled":
        return f"{{key: {{}} for key in {data.name}}}"
    if data.kind == "series":
        return f"{data.name}.map(lambda _: {{}})"
    return f"[{{}} for _ in {data.name}]"


def function_call(calls: FunctionCalls, data: Data, names: Names) -> list[str]:
    """Return the arguments of ``nk.map``.

    Raises:
        NotReady: when something that it needs is still to be chosen.
    """
    given = _given(calls)
    if not given:
        text = f"{names.subject} is given nothing of the data: choose where an argument comes from."
        raise NotReady("", text)
    if _takes_items_as_they_are(calls, data, given):
        return [names.subject, data.name]
    if data.kind == "frame" and _takes_columns(calls, given):
        return [names.subject, _renamed(calls, data, given)]
    wanted = "row" if data.has_columns else "item"
    # A parameter that is called like a column would be given that column.
    row = free_name(wanted, {names.subject, data.name, names.kit, *_texts(data)})
    arguments: list[str] = []
    named: list[tuple[str, str]] = []
    by_position = {it.name for it in calls.parameters if it.by_position}
    for name, source in given:
        value = value_in_row(source, row, data)
        # The item itself is its first argument, as everywhere.
        is_first = source.kind == "item" and name == calls.parameters[0].name
        if name in by_position or (is_first and not arguments):
            arguments.append(value)
        else:
            named.append((name, value))
    inner = f"{names.subject}({', '.join([*arguments, *keywords_of(named)])})"
    # A lambda has no name that could stand above the panel.
    return [f"lambda {row}: {inner}", data.name, f"name={literal(names.subject)}"]


def _given(calls: EndpointCalls | FunctionCalls) -> list[tuple[str, Source]]:
    sources = dict(calls.sources)
    skipped = False
    for parameter in calls.parameters:
        source = sources.get(parameter.name)
        where = f"argument:{parameter.name}"
        if source is None and parameter.required:
            raise NotReady(where, f"Choose where {parameter.name} comes from.")
        if source is not None and parameter.by_position and skipped:
            raise NotReady(where, "Choose the argument before this one too, or leave it out.")
        skipped = skipped or (source is None and parameter.by_position)
    pairs = ((it.name, sources.get(it.name)) for it in calls.parameters)
    return [(name, source) for name, source in pairs if source is not None]


def _takes_items_as_they_are(
    calls: FunctionCalls, data: Data, given: list[tuple[str, Source]]
) -> bool:
    """Tell whether the function is called with each item and nothing else."""
    first: Parameter = calls.parameters[0]
    if len(given) != 1 or given[0][0] != first.name or given[0][1].kind != "item":
        return False
    if data.kind != "frame":
        return True
    # Rows of a DataFrame become arguments by their names where they can.
    known = {it.name for it in calls.parameters}
    fits = first.required and not first.by_position and first.name not in data.columns
    return (fits or not known.intersection(_texts(data))) and not calls.takes_rest


def _takes_columns(calls: FunctionCalls, given: list[tuple[str, Source]]) -> bool:
    if calls.takes_rest or any(it.by_position for it in calls.parameters):
        return False
    # With nothing but fixed values a column would have to be made for them.
    has_column = any(source.kind == "column" for _, source in given)
    return has_column and all(
        source.kind == "column" or (source.kind == "text" and is_plain(source.text))
        for _, source in given
    )


def _renamed(
    calls: EndpointCalls | FunctionCalls, data: Data, given: list[tuple[str, Source]]
) -> str:
    """Return the frame with a column for each argument that is given, and for no other one."""
    added = [
        (name, source) for name, source in given if source.kind != "column" or source.column != name
    ]
    return with_columns(data, added, dropped=_unwanted(calls, data))


def _unwanted(calls: EndpointCalls | FunctionCalls, data: Data) -> list[Source]:
    """Return the columns that would be taken for an argument that is left out."""
    left_out = {it.name for it in calls.parameters} - {
        name for name, source in calls.sources if source is not None
    }
    return [
        Source("column", column, place)
        for place, column in enumerate(data.columns)
        if isinstance(column, str) and column in left_out
    ]


def _texts(data: Data) -> set[str]:
    return {column for column in data.columns if isinstance(column, str)}
