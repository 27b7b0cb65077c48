"""A map over a path as code: the template, parameters, body."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.launcher.data_text import value_in_row, with_columns
from notebook_kit.widgets.launcher.problems import NotReady
from notebook_kit.widgets.launcher.words import free_name, literal

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.choice import Data, Pairs, PathCalls, Source

__all__ = ["BODY_METHODS", "path_call", "placeholders"]

BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
_PIECE: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:]*)(?P<form>:[^{}]*)?\}")
#: Names of columns that stand in a template as they are.
_IN_BRACES: Final = re.compile(r"[^\W]+(?:[ -][^\W]+)*")


def placeholders(path: str) -> tuple[str, ...]:
    """Return the names of the placeholders of a template, each once.

    >>> placeholders("/a/{id}/{{no}}/{file:path}/{id}")
    ('id', 'file')
    """
    found = (piece["name"] for piece in _PIECE.finditer(path))
    return tuple(dict.fromkeys(name for name in found if name is not None and name.strip()))


def path_call(calls: PathCalls, data: Data, kit: str) -> list[str]:
    """Return the arguments of ``client.map``.

    Raises:
        NotReady: when something that it needs is still to be chosen.
    """
    _check(calls, data)
    columns = _Columns(data, kit, {name for name, _ in calls.fields})
    path = _template(calls, columns)
    query = _object(calls.query, columns, as_json=False)
    body = _object(calls.body, columns, as_json=True) if calls.method in BODY_METHODS else None
    arguments = [literal(path) or "", columns.data_text]
    if calls.method != "GET":
        arguments.append(f"method={literal(calls.method)}")
    if query is not None:
        arguments.append(f"params={query}")
    if body is not None:
        arguments.append(f"json={body}")
    return arguments


def _check(calls: PathCalls, data: Data) -> None:
    if not calls.path.strip():
        raise NotReady("path", "Write the path of the requests, such as /airports/{iata}.")
    for name, source in calls.fields:
        if source is None:
            raise NotReady(f"field:{name}", f"Choose where {{{name}}} comes from.")
    if not data.has_columns and len(calls.fields) > 1:
        text = (
            f"The items of {data.name} are single values, and one value can fill one placeholder: "
            "choose a table, or leave one placeholder."
        )
        raise NotReady("path", text)
    _check_pairs("query", calls.query)
    if calls.method in BODY_METHODS:
        _check_pairs("body", calls.body)


def _check_pairs(part: str, pairs: Pairs) -> None:
    names = [name for name, _ in pairs]
    for at, (name, source) in enumerate(pairs):
        if not name:
            raise NotReady(f"{part}:{at}", "Give it a name, or remove it.")
        if name in names[:at]:
            raise NotReady(f"{part}:{at}", f"{name!r} is there twice: remove one.")
        if source is None:
            raise NotReady(f"{part}:{at}", f"Choose where {name!r} comes from.")


class _Columns:
    """How columns are written; those whose names cannot be are given other ones."""

    def __init__(self, data: Data, kit: str, fields: set[str]) -> None:
        self._data = data
        self._kit = kit
        self._taken = {*(it for it in data.columns if isinstance(it, str)), *fields}
        self._added: dict[int, str] = {}
        self._sources: list[tuple[str, Source]] = []

    @property
    def data_text(self) -> str:
        return with_columns(self._data, self._sources, whole=True)

    def in_path(self, source: Source, wanted: str) -> str:
        """Return what stands in the braces of a template."""
        name = source.column
        texts = [it for it in self._data.columns if isinstance(it, str)]
        if isinstance(name, str) and _IN_BRACES.fullmatch(name):
            return name
        if type(name) is int and name >= 0 and str(name) not in texts:
            return str(name)
        return self._other_name(source, wanted)

    def in_value(self, source: Source, wanted: str) -> str:
        """Return a column as a value that is filled in for each row."""
        name = source.column
        if type(name) not in (str, int):
            name = self._other_name(source, wanted)
        return f"{self._kit}.col({literal(name)})"

    def in_row(self, source: Source, row: str) -> str:
        return value_in_row(source, row, self._data)

    def _other_name(self, source: Source, wanted: str) -> str:
        if source.place not in self._added:
            plain = re.sub(r"[^\w]+", "_", wanted).strip("_")
            # assign(self=...) would be taken for the frame itself.
            name = free_name(plain if plain.isidentifier() else "value", {*self._taken, "self"})
            # A placeholder keeps its name if no column has it.
            columns = {it for it in self._data.columns if isinstance(it, str)}
            if wanted == plain and plain not in columns and plain not in self._added.values():
                name = free_name(plain, {"self"})
            self._taken.add(name)
            self._added[source.place] = name
            self._sources.append((name, source))
        return self._added[source.place]


def _template(calls: PathCalls, columns: _Columns) -> str:
    sources = dict(calls.fields)

    def filled(piece: re.Match[str]) -> str:
        source = sources.get(piece["name"])
        if source is None or source.kind != "column":
            return piece[0]
        return f"{{{columns.in_path(source, piece['name'])}{piece['form'] or ''}}}"

    return _PIECE.sub(filled, calls.path.strip())


def _object(pairs: Pairs, columns: _Columns, *, as_json: bool) -> str | None:
    """Return the code of an object with a field for each pair; None for no pairs."""
    if not pairs:
        return None
    settled = [(name, source) for name, source in pairs if source is not None]
    # An item that is a single value has no column to name.
    row = "item" if any(source.kind == "item" for _, source in settled) else None
    parts = [f"{literal(name)}: {_value(name, it, columns, row, as_json)}" for name, it in settled]
    text = "{" + ", ".join(parts) + "}"
    return text if row is None else f"lambda {row}: {text}"


def _value(
    name: str,
    source: Source,
    columns: _Columns,
    row: str | None,
    as_json: bool,  # noqa: FBT001 - an inner function
) -> str:
    if source.kind == "text":
        return literal(_json(source.text) if as_json else source.text) or '""'
    if row is not None:
        return columns.in_row(source, row)
    return columns.in_value(source, name)


def _json(text: str) -> Any:
    """Return what a fixed text stands for in a body: JSON if it is some, else text."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return text if literal(value) is None else value


def _refuse(word: str) -> Any:
    raise ValueError(word)
