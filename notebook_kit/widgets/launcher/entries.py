"""What stands in the fields of the form, and the setup that it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from notebook_kit.widgets.launcher.choice import (
    EndpointCalls,
    FunctionCalls,
    PathCalls,
    Setup,
    Source,
)
from notebook_kit.widgets.launcher.path_text import BODY_METHODS, placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_kit.widgets.launcher.choice import Calls, Data, Names, Pairs, Parameter
    from notebook_kit.widgets.launcher.target import EndpointChoice, Target

__all__ = ["AUTO", "ITEM", "NONE", "TEXT", "Entries", "Entry", "chosen_data", "guess", "setup_of"]

#: What an entry says: as the names suggest, nothing, the item itself, a fixed text; or the name of
#: a column.
AUTO: Final = "auto"
NONE: Final = "none"
ITEM: Final = "item"
TEXT: Final = "text"
_COLUMN: Final = "column"
#: What a parameter is called that takes a whole row.
_ROWS: Final = frozenset({"row", "item", "record", "it"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What was chosen for one value.

    Attributes:
        kind: one of the words above, or ``"column"``.
        column: the name of the column.
        text: the fixed text.
        name: what it is called, where names are typed.
    """

    kind: str = AUTO
    column: object = None
    text: str = ""
    name: str = ""

    @classmethod
    def of_column(cls, column: object, name: str = "") -> Entry:
        """Return the entry of a column."""
        return cls(_COLUMN, column, name=name)

    @property
    def is_column(self) -> bool:
        """Whether a column was chosen."""
        return self.kind == _COLUMN


@dataclass(frozen=True, slots=True)
class Entries:
    """All that stands in the form.

    Attributes:
        data: the name of the data, or empty for what fits best.
        place: the endpoint, or empty for a path.
        method: the HTTP method.
        path: the template.
        chosen: where placeholders and parameters come from, by their names.
        query: query parameters.
        body: fields of the JSON body.
        settings: options of the run, as typed.
        fixed: options that no field shows, with the text of their values.
        target: the variable of the frame.
        file: where it is saved.
    """

    data: str = ""
    place: str = ""
    method: str = "GET"
    path: str = ""
    chosen: Mapping[str, Entry] = field(default_factory=dict)
    query: tuple[Entry, ...] = ()
    body: tuple[Entry, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[tuple[str, str], ...] = ()
    target: str = "frame"
    file: str = "frame.csv"

    def choosing(self, name: str, entry: Entry) -> Entries:
        """Return them with another choice for a placeholder or parameter."""
        return replace(self, chosen={**self.chosen, name: entry})

    def setting(self, name: str, text: str) -> Entries:
        """Return them with another text for an option."""
        return replace(self, settings={**self.settings, name: text})


def chosen_data(
    entries: Entries, found: Sequence[Data], wanted: Sequence[str], *, made: str = ""
) -> Data | None:
    """Return the data that is chosen: by its name, or the first that has what is wanted.

    Args:
        entries: what stands in the form.
        found: what there is.
        wanted: names of placeholders or parameters.
        made: the variable of the launcher's own frames, which are hardly meant.
    """
    by_name = {data.name: data for data in found}
    if entries.data in by_name:
        return by_name[entries.data]

    def fit(data: Data) -> int:
        known = {str(column).casefold() for column in data.columns}
        return sum(name.casefold() in known for name in wanted) - (data.name == made)

    return max(found, key=fit, default=None)


def guess(name: str, data: Data, *, required: bool) -> Source | None:
    """Return where a value probably comes from: a column of that name, or the item itself.

    >>> from notebook_kit.widgets.launcher.choice import Data
    >>> guess("iata", Data("airports", "frame", 3, ("city", "IATA")), required=True)
    Source(kind='column', column='IATA', place=1, text='')
    """
    if not data.has_columns:
        return Source("item") if required else None
    texts = [str(column) for column in data.columns]
    place = texts.index(name) if name in texts else None
    if place is None and required:
        folded = [text.casefold() for text in texts]
        place = folded.index(name.casefold()) if name.casefold() in folded else None
    return None if place is None else Source("column", data.columns[place], place)


def _source(entry: Entry, name: str, data: Data, *, required: bool, items: bool) -> Source | None:
    if entry.kind == TEXT:
        return Source("text", text=entry.text)
    if entry.kind == NONE:
        return None
    if entry.kind == ITEM:
        return Source("item") if items else None
    if entry.is_column and data.has_columns:
        for place, column in enumerate(data.columns):
            # 1, 1.0 and True are equal, and different columns of a dictionary they are not.
            if column == entry.column and type(column) is type(entry.column):
                return Source("column", column, place)
    return guess(name, data, required=required)


def setup_of(entries: Entries, data: Data | None, target: Target, names: Names) -> Setup:
    """Return the setup that the entries come to."""
    calls = _calls(entries, data, target)
    settings = entries.settings
    return Setup(names, data, calls, settings, entries.fixed, entries.target.strip())


def _calls(entries: Entries, data: Data | None, target: Target) -> Calls:
    if target.is_function:
        sources = _arguments(entries, data, target.parameters, of_function=True)
        return FunctionCalls(target.parameters, sources, target.takes_rest)
    endpoint = endpoint_of(entries, target)
    if endpoint is not None:
        sources = _arguments(entries, data, endpoint.parameters, of_function=False)
        return EndpointCalls(endpoint.place, endpoint.parameters, sources)
    fields = tuple(
        (name, _field(entries.chosen.get(name, Entry()), name, data))
        for name in placeholders(entries.path)
    )
    method = entries.method
    body = _typed(entries.body, data) if method in BODY_METHODS else ()
    return PathCalls(method, entries.path, fields, _typed(entries.query, data), body)


def endpoint_of(entries: Entries, target: Target) -> EndpointChoice | None:
    """Return the endpoint that is chosen; None for a path."""
    return next((it for it in target.endpoints if it.place == entries.place), None)


def _field(entry: Entry, name: str, data: Data | None) -> Source | None:
    if data is None:
        return None
    # A fixed value of the path is typed into the path.
    entry = Entry() if entry.kind in (TEXT, NONE) else entry
    return _source(entry, name, data, required=True, items=not data.has_columns)


def _typed(entries: Sequence[Entry], data: Data | None) -> Pairs:
    if data is None:
        return ()
    items = not data.has_columns
    return tuple(
        (it.name.strip(), _source(it, it.name.strip(), data, required=True, items=items))
        for it in entries
    )


def _arguments(
    entries: Entries, data: Data | None, parameters: Sequence[Parameter], *, of_function: bool
) -> Pairs:
    if data is None:
        return ()
    pairs: list[tuple[str, Source | None]] = []
    items = of_function or not data.has_columns
    for at, parameter in enumerate(parameters):
        name = parameter.name
        entry = entries.chosen.get(name, Entry())
        source = _source(entry, name, data, required=parameter.required, items=items)
        if entry.kind == AUTO and source is None:
            source = _whole_item(at, parameters, data, of_function=of_function)
        elif entry.kind == AUTO and not data.has_columns and at:
            # One value is one argument: the first.
            source = None
        pairs.append((name, source))
    return tuple(pairs)


def _whole_item(
    at: int, parameters: Sequence[Parameter], data: Data, *, of_function: bool
) -> Source | None:
    """Return the item itself for the one argument that it is probably meant for."""
    if not of_function or at:
        return None
    names = {str(column) for column in data.columns}
    if names.intersection(it.name for it in parameters):
        return None
    # Of several parameters, one that is called something else hardly means the whole row.
    is_meant = len(parameters) == 1 or not data.has_columns or parameters[0].name in _ROWS
    return Source("item") if is_meant else None
