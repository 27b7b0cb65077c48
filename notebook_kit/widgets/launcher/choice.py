"""What has been chosen in the launcher: plain values, made by the form and read by the code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from notebook_kit.numbers import count, plural
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Calls",
    "Data",
    "EndpointCalls",
    "FunctionCalls",
    "Names",
    "Pairs",
    "Parameter",
    "PathCalls",
    "Setup",
    "Source",
]

_NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Data:
    """A variable that holds items.

    Attributes:
        name: the variable.
        kind: ``"frame"`` a DataFrame, ``"series"`` a Series, ``"list"`` a list of single values,
            ``"rows"`` a list of dictionaries, ``"labelled"`` a dictionary of dictionaries.
        count: how many items there are.
        columns: the names of what each item has; none where items are single values.
    """

    name: str
    kind: Literal["frame", "series", "list", "rows", "labelled"]
    count: int
    columns: tuple[object, ...] = ()

    @property
    def has_columns(self) -> bool:
        """Whether items are rows, which have several values each."""
        return self.kind in ("frame", "rows", "labelled")

    @property
    def in_words(self) -> str:
        """Its name and shape.

        >>> Data("airports", "frame", 3000, ("iata", "city")).in_words
        'airports: DataFrame, 3,000 rows × 2 columns'
        """
        name = plain(self.name, _NAME_LIMIT)
        if self.kind == "frame":
            columns = plural(len(self.columns), "column")
            return f"{name}: DataFrame, {plural(self.count, 'row')} × {columns}"
        if self.has_columns:
            kind = "list" if self.kind == "rows" else "dict"
            return f"{name}: {kind} of {plural(self.count, 'row')}"
        kind = "Series" if self.kind == "series" else "list"
        return f"{name}: {kind} of {plural(self.count, 'value')}"

    @property
    def items_in_words(self) -> str:
        """How many items there are.

        >>> Data("codes", "list", 1).items_in_words
        '1 value'
        """
        return plural(self.count, "row" if self.has_columns else "value")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from.

    Attributes:
        kind: a column of the row, the item itself, or a fixed text.
        column: the name of the column.
        place: its place among the columns, from 0.
        text: the fixed text.
    """

    kind: Literal["column", "item", "text"]
    column: object = None
    place: int = 0
    text: str = ""


#: Names, and where their values come from; None where that is still to be chosen, or is not given.
Pairs: TypeAlias = tuple[tuple[str, Source | None], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function or an endpoint.

    Attributes:
        name: what it is called.
        required: whether it must be given.
        by_position: whether it cannot be passed by its name.
        default: what it is if it is not given, in words.
    """

    name: str
    required: bool = True
    by_position: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class PathCalls:
    """Requests to a path.

    Attributes:
        method: the HTTP method.
        path: the template as it is typed.
        fields: its placeholders.
        query: query parameters.
        body: fields of the JSON body.
    """

    method: str = "GET"
    path: str = ""
    fields: Pairs = ()
    query: Pairs = ()
    body: Pairs = ()


@dataclass(frozen=True, slots=True)
class EndpointCalls:
    """Calls of an endpoint that is declared on the client.

    Attributes:
        place: what is written behind the client, as ``"airports.get"``.
        parameters: what it takes.
        sources: where the values come from.
    """

    place: str
    parameters: tuple[Parameter, ...] = ()
    sources: Pairs = ()


@dataclass(frozen=True, slots=True)
class FunctionCalls:
    """Calls of a function.

    Attributes:
        parameters: what it takes.
        sources: where the values come from.
        takes_rest: whether it takes any other keyword too.
    """

    parameters: tuple[Parameter, ...] = ()
    sources: Pairs = ()
    takes_rest: bool = False


Calls: TypeAlias = PathCalls | EndpointCalls | FunctionCalls


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called in the notebook.

    Attributes:
        subject: the variable of the client or function.
        kit: the variable of this package.
        is_known: whether the subject has a variable; if not, code with it does not run yet.
        imported: whether the package has one.
    """

    subject: str
    kit: str = "nk"
    is_known: bool = True
    imported: bool = True


@dataclass(frozen=True, slots=True)
class Setup:
    """A batch as it is set up.

    Attributes:
        names: what things are called.
        data: the chosen data, or None.
        calls: what is called.
        settings: options of the run as they are typed, by their names.
        fixed: options that no field shows, with the text of their values.
        target: the variable that the frame is put into.
    """

    names: Names
    data: Data | None
    calls: Calls
    settings: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[tuple[str, str], ...] = ()
    target: str = "frame"

    @property
    def size(self) -> str:
        """How many calls there will be.

        >>> Setup(Names("client"), Data("codes", "list", 1200), PathCalls()).size
        '1,200'
        """
        return "0" if self.data is None else count(self.data.count)
