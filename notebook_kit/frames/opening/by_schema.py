"""Answers opened by what a schema says is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError, DecodeError
from notebook_kit.frames.columns import TEXT, sparse_text_array
from notebook_kit.frames.opening.exploding import is_list, members_of
from notebook_kit.frames.opening.layout import layout_of
from notebook_kit.frames.opening.naming import free_name
from notebook_kit.frames.opening.nearest import did_you_mean
from notebook_kit.frames.opening.reading import read
from notebook_kit.frames.opening.schema import OF, members_schema, record_of, values_at
from notebook_kit.frames.opening.table import Table
from notebook_kit.frames.opening.wishes import Picks
from notebook_kit.redact import shown
from notebook_kit.typed import came

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.frames.opening.answers import Answers
    from notebook_kit.frames.opening.exploding import Members
    from notebook_kit.frames.opening.layout import Layout
    from notebook_kit.frames.opening.reading import Reading
    from notebook_kit.frames.opening.wishes import Wish

__all__ = ["open_by_schema"]


@dataclass(slots=True)
class _Opening:
    """What was read, how it is laid out, and the members of the list that becomes rows.

    Attributes:
        reading: what was read.
        layout: which columns become of it.
        found: the values of each column, as long as no answer has been left out since.
    """

    reading: Reading
    layout: Layout
    found: list[Sequence[Any]] | None = None

    def members(self) -> Members | None:
        exploded = self.layout.exploded
        if exploded is None:
            return None
        return members_of(values_at(self.reading.objects, exploded.trail))

    def values(self, members: Members | None) -> list[Sequence[Any]]:
        """Return the values of each column."""
        return [
            values_at(
                members.each if members is not None and part.is_of_member else self.reading.objects,
                part.trail,
            )
            for part in self.layout.parts
        ]

    def leave_out_misfits(self) -> None:
        """Leave out answers that are as their types say but that no column can hold."""
        members = self.members()
        self.found = columns = self.values(members)
        for part, found in zip(self.layout.parts, columns, strict=True):
            inner = members if part.is_of_member else None
            for at in part.kind.misfits(found):
                given = came(found[at], part.name)
                why = f"{part.name}: Expected {part.kind.wanted}; {given} came"
                self.reading.refuse(at if inner is None else int(inner.taken[at]), why)
                self.found = None

    def table(self) -> Table:
        members = self.members()
        table = Table(taken=None if members is None else members.taken)
        columns = self.values(members) if self.found is None else self.found
        for part, found in zip(self.layout.parts, columns, strict=True):
            column = part.kind.build(found)
            if members is None or not part.is_of_member:
                table.columns[part.name] = table.repeated(column)
            else:
                table.columns.setdefault(self.layout.place, members.position)
                table.columns[part.name] = column
        return table

    def said(self) -> pd.Series[Any]:
        texts: dict[str, int] = {}
        places = [texts.setdefault(why, len(texts)) for why in self.reading.said.values()]
        rows = list(self.reading.said)
        count = len(self.reading.objects)
        said = sparse_text_array(count, rows, list(texts), places)
        column: pd.Series[Any] = pd.Series(said, dtype=TEXT, copy=False)
        return column


def open_by_schema(
    answers: Answers,
    schema: Any,
    wish: Wish,
    *,
    explode: Literal[True] | str | None,
    errors: Literal["row", "raise"],
) -> Table:
    """Return the columns that a schema has, and one that says what was wrong with an answer.

    Raises:
        ConfigurationError: for a schema, a path or a list that does not go with the others.
        DecodeError: when an answer does not fit and ``errors`` is ``"raise"``.
    """
    member = members_schema(schema)
    if member is not None and explode is not True:
        message = f"schema={shown(schema)} is of lists: write lists='explode' beside it."
        raise ConfigurationError(message)
    record = record_of(schema if member is None else member)
    depth = wish.depth if not isinstance(wish, Picks) and wish.is_said else None
    layout = layout_of(record, depth, explode if member is None else None)
    # Where the answers are lists of what the schema says, each member is read for itself.
    members = None if member is None else members_of(answers.given)
    given = answers.given if members is None else members.each
    left = frozenset() if members is None else _without_members(answers.given, members)
    opening = _Opening(read(given, record, of=OF, left=left), layout)
    opening.leave_out_misfits()
    if errors == "raise" and opening.reading.said:
        raise _unfit(opening.reading, answers, None if members is None else members.taken)
    table = opening.table()
    said = table.repeated(opening.said())
    if members is not None:
        table = table.put_first(layout.place, members)
    if isinstance(wish, Picks):
        table.columns = _chosen(table.columns, wish, layout.place)
    if errors == "row":
        table.columns[free_name("schema_error", table.columns)] = said
    return table


def _without_members(answers: Sequence[Any], members: Members) -> frozenset[int]:
    """Return the rows of lists that are empty: there is nothing to read, and nothing is wrong."""
    nothing = np.flatnonzero(members.position.isna().to_numpy())
    return frozenset(int(at) for at in nothing if is_list(answers[members.taken[at]]))


def _chosen(
    columns: dict[Any, pd.Series[Any]], picks: Picks, place: str
) -> dict[Any, pd.Series[Any]]:
    for text in picks.texts.values():
        if text not in columns:
            hint = did_you_mean(text, list(columns))
            message = f"The schema has no column {shown(text)}.{hint}"
            raise ConfigurationError(message)
    chosen = {name: columns[text] for name, text in picks.texts.items()}
    if place in columns and place not in picks.texts.values():
        chosen[free_name(place, chosen)] = columns[place]
    return chosen


def _unfit(reading: Reading, answers: Answers, taken: Any) -> DecodeError:
    at = min(reading.said)
    label = shown(answers.index[at if taken is None else taken[at]])
    message = (
        f"The answer of the row {label} is not as the schema says: {reading.said[at]}. With "
        "errors='row', such a row has missing values, and a column that says so."
    )
    return DecodeError(message, call=f"the row {label}", attempts=1)
