"""Answers opened by what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.exploding import is_list, members_of
from notebook_kit.frames.opening.levels import Column, opened
from notebook_kit.frames.opening.naming import dotted, free_name, names_of
from notebook_kit.frames.opening.nearest import refuse_unless_nothing_there
from notebook_kit.frames.opening.paths import ABSENT, follow, parse, written
from notebook_kit.frames.opening.quick import quick_column
from notebook_kit.frames.opening.table import Table
from notebook_kit.frames.opening.wishes import Picks
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.frames.opening.exploding import Members
    from notebook_kit.frames.opening.levels import Trail
    from notebook_kit.frames.opening.paths import Path
    from notebook_kit.frames.opening.wishes import Wish

__all__ = ["open_untyped"]


def open_untyped(answers: list[Any], wish: Wish, explode: Literal[True] | str | None) -> Table:
    """Return the columns of answers.

    Raises:
        ConfigurationError: for a path that no answer has, and for no list or several to explode.
    """
    if isinstance(wish, Picks):
        return _picked(answers, wish, explode)
    if explode is None:
        return _named(opened(answers, wish.depth))
    if explode is True:
        trail = _only_list([(it.trail, it.values) for it in opened(answers, wish.depth)], answers)
    else:
        trail = parse(explode)
    members = members_of(_lists_at(answers, trail))
    if not trail:
        table = _named(opened(members.each, wish.depth))
        return table.put_first(free_name("position", table.columns), members)
    return _with_members(answers, wish.depth, trail, members)


def _named(columns: list[Column]) -> Table:
    inner = [column for column in columns if column.trail]
    names = names_of([column.trail for column in inner])
    made = {name: quick_column(column.values) for name, column in zip(names, inner, strict=True)}
    # The answers that are no dictionaries give way to any key.
    for column in columns[len(inner) :]:
        made[free_name("result", made)] = quick_column(column.values)
    return Table(made)


def _with_members(answers: list[Any], depth: int, trail: Trail, members: Members) -> Table:
    """Return the columns of answers, with those of a list's members in the place of the list."""
    mine = opened(members.each, depth, trail=trail)
    others = opened(answers, depth, closed=trail)
    at = next((at for at, it in enumerate(others) if it.trail == trail), None)
    rest = [it for it in others if not it.trail]
    inner = [it for it in others if it.trail and it.trail != trail]
    at = len(inner) if at is None else at
    ordered = [*inner[:at], *mine, *inner[at:]]
    names = names_of([it.trail for it in ordered])
    table = Table(taken=members.taken)
    place = free_name(f"{dotted(trail)}_position", names)
    for number, (name, column) in enumerate(zip(names, ordered, strict=True)):
        if number == at:
            table.columns[place] = members.position
        values = quick_column(column.values)
        is_mine = at <= number < at + len(mine)
        table.columns[name] = values if is_mine else table.repeated(values)
    for column in rest:
        name = free_name("result", table.columns)
        table.columns[name] = table.repeated(quick_column(column.values))
    return table


def _picked(answers: list[Any], picks: Picks, explode: Literal[True] | str | None) -> Table:
    if explode is None:
        return Table({name: _column(_values(answers, path)) for name, path in picks.paths.items()})
    if explode is True:
        found = [(path, follow(answers, path)) for path in picks.paths.values()]
        trail = cast("Path", _only_list(found, answers))
    else:
        trail = parse(explode)
    members = members_of(_lists_at(answers, trail))
    table = Table(taken=members.taken)
    for name, path in picks.paths.items():
        if path[: len(trail)] == trail:
            inside = path[len(trail) :]
            table.columns[name] = _column(_values(members.each, inside, under=trail))
        else:
            table.columns[name] = table.repeated(_column(_values(answers, path)))
    place = f"{written(trail)}_position" if trail else "position"
    table.columns[free_name(place, table.columns)] = members.position
    return table


def _column(values: Sequence[Any]) -> Any:
    kinds = frozenset(map(type, values))
    if type(ABSENT) not in kinds:
        return quick_column(values, kinds)
    return quick_column([None if value is ABSENT else value for value in values])


def _values(answers: Sequence[Any], path: Path, *, under: Path = ()) -> Sequence[Any]:
    found = follow(answers, path)
    if all(value is ABSENT for value in found):
        refuse_unless_nothing_there(answers, path, under=under)
    return found


def _only_list(columns: list[tuple[Any, Sequence[Any]]], answers: list[Any]) -> Trail:
    trails = [trail for trail, values in columns if any(map(is_list, values))]
    if len(trails) == 1 or not answers:
        return trails[0] if trails else ()
    if not trails:
        message = (
            "lists='explode' makes rows of the members of a list, and no column has lists: leave "
            "it out, or name the list that is deeper inside, as in explode='airport.runways'."
        )
        raise ConfigurationError(message)
    named = ", ".join(shown(dotted(trail) or "result") for trail in trails)
    message = (
        f"lists='explode' makes rows of the members of one list, and several columns have lists: "
        f"{named}. Name one of them, as in explode={shown(dotted(trails[-1]))}."
    )
    raise ConfigurationError(message)


def _lists_at(answers: list[Any], trail: Trail) -> Sequence[Any]:
    """Return what stands at the place of the list, None where there is nothing.

    Raises:
        ConfigurationError: when there are values and none is a list.
    """
    found = _values(answers, trail)
    values = [None if value is ABSENT else value for value in found]
    other = next((value for value in values if value is not None), None)
    if other is not None and not any(map(is_list, values)):
        message = (
            f"explode={shown(written(trail))} must be the path of a list, and no answer has one "
            f"there: {shown(other)} is what is there first."
        )
        raise ConfigurationError(message)
    return values
