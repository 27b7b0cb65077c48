"""The sections of the form that say what is called, and with what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.launcher.choice import FunctionCalls, PathCalls
from notebook_kit.widgets.launcher.entries import Entries, Entry
from notebook_kit.widgets.launcher.path_text import BODY_METHODS
from notebook_kit.widgets.launcher.sources import Offer, SourceRow
from notebook_kit.widgets.widget_output import close_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.widgets.launcher.choice import Data, Pairs, Setup, Source
    from notebook_kit.widgets.launcher.fields import Fields

    Edit = Callable[[Callable[[Entries], Entries]], object]
    Said = Mapping[str, tuple[str, str]]

__all__ = ["ArgumentsPart", "PathPart"]

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class ArgumentsPart:
    """A row for each parameter of a function or an endpoint, or for each placeholder of a path."""

    def __init__(self, fields: Fields, edit: Edit) -> None:
        self._fields = fields
        self._edit = edit
        self._rows: dict[str, SourceRow] = {}
        self._shape: object = None
        self._prefix = "argument"
        self.box = fields.column([])

    def show(self, entries: Entries, setup: Setup) -> None:
        """Bring the rows up to date; they are made anew for other names or other data."""
        calls, data = setup.calls, setup.data
        pairs: Pairs = calls.fields if isinstance(calls, PathCalls) else calls.sources
        self._prefix = "field" if isinstance(calls, PathCalls) else "argument"
        offers = {name: _offer_of(name, setup) for name, _ in pairs}
        shape = (tuple(offers.items()), data)
        if shape != self._shape:
            self._shape = shape
            self._make(entries, pairs, offers)
        for name, source in pairs:
            self._rows[name].show(entries.chosen.get(name, Entry()), source)

    def _make(self, entries: Entries, pairs: Pairs, offers: Mapping[str, Offer]) -> None:
        old = self.box.children
        self._rows = {}
        for name, source in pairs:
            label = f"{{{name}}}" if self._prefix == "field" else name
            entry = entries.chosen.get(name, Entry())
            changed = _choosing(self._edit, name)
            self._rows[name] = SourceRow(
                self._fields, entry, source, offers[name], label=label, changed=changed
            )
        fields = self._fields
        has_title = pairs and self._prefix == "argument"
        title = [fields.section([fields.words("Arguments")])] if has_title else []
        self.box.children = [*title, *(row.box for row in self._rows.values())]
        _close(old)

    def say(self, said: Said) -> None:
        """Say beside each row what is wrong with it."""
        for name, row in self._rows.items():
            row.say(said.get(f"{self._prefix}:{name}", ("", ""))[0])


def _choosing(edit: Edit, name: str) -> Callable[[Entry], object]:
    return lambda entry: edit(lambda entries: entries.choosing(name, entry))


def _offer_of(name: str, setup: Setup) -> Offer:
    calls, data = setup.calls, setup.data
    single = data is not None and not data.has_columns
    if isinstance(calls, PathCalls):
        return Offer(data, item=single, text=False)
    parameter = next(it for it in calls.parameters if it.name == name)
    nothing = ""
    if not parameter.required:
        nothing = f"not given ({parameter.default})" if parameter.default else "not given"
    item = single or isinstance(calls, FunctionCalls)
    return Offer(data, item=item, nothing=nothing)


class _PairsPart:
    """Rows that can be added and removed: query parameters, or the fields of a body."""

    def __init__(self, fields: Fields, edit: Edit, title: str, attribute: str) -> None:
        self._fields = fields
        self._edit = edit
        self._attribute = attribute
        self._rows: list[SourceRow] = []
        self._shape: object = None
        noun = "parameter" if attribute == "query" else "field"
        tip = f"Add a {noun}" if attribute == "query" else "Add a field to the body"
        buttons = [fields.button(f"Add {noun}", self._add, tip=tip, icon="plus")]
        if attribute == "body":
            tip = "Add a field for each column"
            buttons.append(fields.button("All columns", self._add_all, tip=tip))
        self._data: Data | None = None
        self._list = fields.column([])
        head = fields.row([fields.words(title), *buttons], align="center")
        self.box = fields.section([head, self._list])

    def _entries(self, entries: Entries) -> tuple[Entry, ...]:
        found: tuple[Entry, ...] = getattr(entries, self._attribute)
        return found

    def _change(self, change: Callable[[list[Entry]], object]) -> None:
        def changed(entries: Entries) -> Entries:
            several = list(self._entries(entries))
            change(several)
            return _with(entries, self._attribute, tuple(several))

        self._edit(changed)

    def _add(self) -> None:
        self._change(lambda several: several.append(Entry()))

    def _add_all(self) -> None:
        columns = () if self._data is None else self._data.columns

        def add(several: list[Entry]) -> None:
            known = {entry.name for entry in several}
            several += [Entry.of_column(it, str(it)) for it in columns if str(it) not in known]

        self._change(add)

    def show(self, entries: Entries, pairs: Pairs, data: Data | None) -> None:
        """Bring the rows up to date."""
        self._data = data
        several = self._entries(entries)
        sources = [source for _, source in pairs] or [None] * len(several)
        shape = (len(several), data)
        if shape != self._shape:
            self._shape = shape
            self._make(several, sources)
        for row, entry, source in zip(self._rows, several, sources, strict=True):
            row.show(entry, source)

    def _make(self, several: tuple[Entry, ...], sources: list[Any]) -> None:
        old = self._list.children
        offer = Offer(self._data, item=self._data is not None and not self._data.has_columns)
        self._rows = [
            self._row(at, entry, source, offer)
            for at, (entry, source) in enumerate(zip(several, sources, strict=True))
        ]
        self._list.children = [row.box for row in self._rows]
        _close(old)

    def _row(self, at: int, entry: Entry, source: Source | None, offer: Offer) -> SourceRow:
        def changed(new: Entry) -> None:
            self._change(lambda several: several.__setitem__(at, new))

        def remove() -> None:
            self._change(lambda several: several.pop(at))

        return SourceRow(
            self._fields, entry, source, offer, label=None, changed=changed, remove=remove
        )

    def say(self, said: Said) -> None:
        """Say beside each row what is wrong with it."""
        for at, row in enumerate(self._rows):
            row.say(said.get(f"{self._attribute}:{at}", ("", ""))[0])


def _with(entries: Entries, attribute: str, several: tuple[Entry, ...]) -> Entries:
    if attribute == "query":
        return replace(entries, query=several)
    return replace(entries, body=several)


class PathPart:
    """Method and path, where placeholders come from, query and body."""

    def __init__(self, fields: Fields, edit: Edit) -> None:
        self._method = fields.choice(
            "method",
            [(it, it) for it in _METHODS],
            "GET",
            lambda method: edit(lambda entries: replace(entries, method=method)),
        )
        self._path = fields.text(
            "path",
            "",
            lambda path: edit(lambda entries: replace(entries, path=path)),
            hint="/airports/{iata}",
            tip="A word in braces is filled in for each item",
        )
        self._method.box.layout.flex = "0 1 240px"
        self._placeholders = ArgumentsPart(fields, edit)
        self._query = _PairsPart(fields, edit, "Query parameters", "query")
        self._body = _PairsPart(fields, edit, "JSON body", "body")
        self.box = fields.column([
            fields.row([self._method.box, self._path.box]),
            self._placeholders.box,
            self._query.box,
            self._body.box,
        ])  # fmt: skip

    def show(self, entries: Entries, setup: Setup) -> None:
        """Bring all of it up to date."""
        if entries.method not in _METHODS and entries.method not in self._method.widget.options:
            self._method.widget.options = (*_METHODS, entries.method)
        self._method.put(entries.method)
        self._path.put(entries.path)
        calls = setup.calls
        if not isinstance(calls, PathCalls):
            return
        self._placeholders.show(entries, setup)
        self._query.show(entries, calls.query, setup.data)
        self._body.box.layout.display = "" if entries.method in BODY_METHODS else "none"
        self._body.show(entries, calls.body, setup.data)

    def say(self, said: Said) -> None:
        """Say beside each field what is wrong with it."""
        self._path.say(said.get("path", ("", ""))[0])
        for part in (self._placeholders, self._query, self._body):
            part.say(said)


def _close(widgets: Any) -> None:
    for widget in widgets:
        close_all(widget)
