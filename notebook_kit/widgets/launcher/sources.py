"""The rows of the form in which is said where a value comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.launcher.entries import AUTO, ITEM, NONE, TEXT, Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.widgets.launcher.choice import Data, Source
    from notebook_kit.widgets.launcher.fields import Field, Fields

__all__ = ["Offer", "SourceRow", "offers"]

_NAME_LIMIT: Final = 60
_NARROW: Final = "250px"
_WIDE: Final = "330px"


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen for a value.

    Attributes:
        data: the data that it comes from.
        item: whether the whole item is offered.
        text: whether a fixed text is.
        nothing: whether it may be left out, and what it is called then.
    """

    data: Data | None
    item: bool = False
    text: bool = True
    nothing: str = ""


def offers(offer: Offer) -> list[tuple[str, str]]:
    """Return the list to choose from: what is read, and a key."""
    listed = [(offer.nothing, NONE)] if offer.nothing else [("choose …", AUTO)]
    if offer.data is not None and offer.data.has_columns:
        listed += [
            (f"column {plain(str(column), _NAME_LIMIT)}", f"column:{place}")
            for place, column in enumerate(offer.data.columns)
        ]
    if offer.item:
        whole = "the whole row" if offer.data and offer.data.has_columns else "the value itself"
        listed.append((whole, ITEM))
    if offer.text:
        listed.append(("a fixed value …", TEXT))
    return listed


def _key(source: Source | None, offer: Offer) -> str:
    if source is None:
        return NONE if offer.nothing else AUTO
    return f"column:{source.place}" if source.kind == "column" else source.kind


class SourceRow:
    """A list to choose a source from, and a field for a fixed value beside it.

    Args:
        fields: makes widgets.
        entry: what stands there.
        source: what it comes to.
        offer: what can be chosen.
        label: what the value is called; None for a name that is typed.
        changed: given the new entry.
        remove: what its button does, if it has one.
    """

    def __init__(
        self,
        fields: Fields,
        entry: Entry,
        source: Source | None,
        offer: Offer,
        *,
        label: str | None,
        changed: Callable[[Entry], object],
        remove: Callable[[], object] | None = None,
    ) -> None:
        self._entry = entry
        self._offer = offer
        self._changed = changed
        self._name: Field | None = None
        shown = [] if label is not None else [self._make_name(fields, entry)]
        # Three of them stand in a row with a button.
        basis = _NARROW if label is None else _WIDE
        said = "from" if label is None else plain(label, _NAME_LIMIT)
        self.field = fields.choice(
            said, offers(offer), _key(source, offer), self._chosen, basis=basis
        )
        self._text = fields.text("fixed value", entry.text, self._typed, basis=basis)
        self.box = fields.row([*shown, self.field.box, self._text.box])
        if remove is not None:
            button = fields.button("Remove", remove, tip="Remove this one")
            self.box = fields.beside(self.box, button)
        self.show(entry, source)

    def _make_name(self, fields: Fields, entry: Entry) -> object:
        self._name = fields.text("name", entry.name, self._named, basis=_NARROW)
        return self._name.box

    def show(self, entry: Entry, source: Source | None) -> None:
        """Bring it up to date."""
        self._entry = entry
        self._text.put(entry.text)
        if self._name is not None:
            self._name.put(entry.name)
        self.field.put(_key(source, self._offer))
        self._text.box.layout.display = "" if entry.kind == TEXT else "none"

    def say(self, text: str) -> None:
        """Say what is wrong; where a name is typed, beside that."""
        (self._name or self.field).say(text)

    def _chosen(self, key: str) -> None:
        kind, _, place = key.partition(":")
        data = self._offer.data
        if kind == "column" and data is not None:
            entry = replace(self._entry, kind=kind, column=data.columns[int(place)])
        else:
            entry = replace(self._entry, kind=kind)
        self._changed(entry)

    def _typed(self, text: str) -> None:
        self._changed(replace(self._entry, kind=TEXT, text=text))

    def _named(self, text: str) -> None:
        self._changed(replace(self._entry, name=text))
