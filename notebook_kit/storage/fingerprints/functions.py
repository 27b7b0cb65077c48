"""Functions: their code, and what they read of the names around them."""

from __future__ import annotations

import importlib.util
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_kit.storage.fingerprints.copies import content_of, form_of, what_tells_apart
from notebook_kit.storage.fingerprints.data import text_of_plain
from notebook_kit.storage.fingerprints.files import add_import
from notebook_kit.storage.fingerprints.helpers import changed_by_helpers
from notebook_kit.storage.fingerprints.modules import is_users, is_users_class
from notebook_kit.storage.fingerprints.names import Names, names_in
from notebook_kit.storage.fingerprints.walk import Place
from notebook_kit.storage.fingerprints.words import NAME
from notebook_kit.storage.fingerprints.wrappers import cells_of, read_library

if TYPE_CHECKING:
    import functools
    from collections.abc import Iterable
    from types import CodeType

    from notebook_kit.storage.fingerprints.changing import Chain
    from notebook_kit.storage.fingerprints.walk import Walk

__all__ = ["is_users_object", "read_bound", "read_function", "read_partial"]


def read_function(walk: Walk, place: Place, function: FunctionType) -> str:
    """Note the code of a function, and all that it reads."""
    module = function.__globals__.get("__name__")
    if not is_users(module):
        return read_library(walk, place, function)
    code = function.__code__
    copy = what_tells_apart(walk, function)
    if copy in walk.copies:
        return walk.copies[copy]
    name = walk.unique(_name_of(code, module, place))
    mark = f"{NAME}{name}"
    walk.copies[copy] = mark
    walk.hold(function, mark)
    walk.put(Place("code", name, place.user), form_of(walk, code))
    tree = walk.sources.definition_of(code)
    names = names_in(code, tree)
    further = changed_by_helpers(walk.sources, function, walk.changed_by_helpers)
    for chains, more in zip((names.assigned, names.filled), further, strict=True):
        chains.update(more)
    _read_defaults(walk, name, function, names)
    _read_closure(walk, name, function, names)
    _read_globals(walk, name, function, names)
    for each in names.imports:
        package = function.__globals__.get("__package__") or ""
        imported = "." * each.level + each.module
        absolute = importlib.util.resolve_name(imported, package) if each.level else imported
        add_import(walk, absolute, each.names, user=name)
    if (inner := vars(function).get("__wrapped__")) is not None:
        walk.mark(Place("value", name, name), inner)
    return mark


def _name_of(code: CodeType, module: str | None, place: Place) -> str:
    if code.co_name == "<lambda>":
        if place.kind != "given":
            return f"the lambda {place.name}"
        return "the lambda" if place.name == "function" else f"the lambda of {place.name}="
    name = f"{code.co_qualname.replace('<locals>.', '')}()"
    return name if module in (None, "__main__") else f"{module}.{name}"


def _is_changed(names: Names, name: str) -> bool:
    return any(chain[0] == name for chain in names.assigned | names.filled)


def _read_defaults(walk: Walk, name: str, function: FunctionType, names: Names) -> None:
    code, given = function.__code__, function.__defaults__ or ()
    last = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
    pairs = [*zip(last, given, strict=True), *sorted((function.__kwdefaults__ or {}).items())]
    for parameter, value in pairs:
        place = Place("default", parameter, name, parameter, of=f" of {name}")
        # What is kept in a default from one call to the next.
        if text_of_plain(parameter, value) is None and _is_changed(names, parameter):
            walk.leave_out(place, value)
        else:
            walk.read(place, value)


def _read_closure(walk: Walk, name: str, function: FunctionType, names: Names) -> None:
    asked = _by_name(names.free)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for variable, value in cells_of(function):
        known = asked.get(variable, frozenset())
        place = Place("closure", variable, name, variable, known, f" around {name}")
        if variable == "__class__":
            walk.mark(place, value)
        else:
            _read_variable(walk, place, value, Home(cells[variable], "", (variable,)), names)


def _by_name(chains: Iterable[Chain]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for first, *asked in chains:
        found.setdefault(first, set()).update(asked[:1])
    return {name: frozenset(asked) for name, asked in found.items()}


def is_users_object(value: Any) -> bool:
    """Tell whether a value is of a class of the user's."""
    return is_users_class(type(value))


class Home(NamedTuple):
    """Where a name is kept: in a scope or a variable, and as what the code calls it."""

    owner: Any
    name: str
    chain: Chain


def _read_variable(walk: Walk, place: Place, value: Any, home: Home, names: Names) -> None:
    """Note what a name stands for, but for what the work changes of it itself."""
    base, user = home.chain, place.user or ""
    inside = {
        chain[len(base)]
        for chain in names.assigned | names.filled
        if len(chain) > len(base) and chain[: len(base)] == base
    }
    if isinstance(value, (FunctionType, ModuleType, type)) or is_users_object(value):
        # `add`, `update` and their like are methods of the user's own here.
        is_changed = base in names.assigned
        owners = value.__mro__ if isinstance(value, type) else (value,)
        for owner in (vars(value),) if isinstance(value, ModuleType) else owners:
            for name in inside:
                walk.moving.note(owner, name, user)
    else:
        is_changed = bool(inside) or base in names.assigned | names.filled
    if is_changed:
        walk.moving.note(home.owner, home.name, user)
    changer = walk.moving.changer_of(home.owner, home.name)
    if changer is not None:
        walk.leave_out(place, value, changer)
        return
    if "__doc__" in place.asked and isinstance(value, (FunctionType, type)):
        walk.read(place.at(".__doc__"), value.__doc__)
    if isinstance(value, FunctionType):
        walk.put(place, walk.mark(place, value))
        _read_attributes(walk, place, value)
    else:
        walk.read(place, value)


def _read_globals(walk: Walk, name: str, function: FunctionType, names: Names) -> None:
    scope, module = function.__globals__, function.__globals__.get("__name__")
    found: dict[str, tuple[Place, Any, Home]] = {}
    for chain in names.read:
        if chain[0] in _LOOKING_UP and chain[0] not in scope:
            walk.not_seen(f"what {name} looks up with {chain[0]}()")
        if _is_pythons_own(chain[0]) or chain[0] not in scope:
            continue
        home = "" if module in (None, "__main__") else f"{module}."
        place, value, held = _resolved(Place("value", home + chain[0], name), scope, chain)
        before = found[place.key][0].asked if place.key in found else frozenset()
        further = before.union(chain[len(held.chain) : len(held.chain) + 1])
        last = held.chain[-1]
        found[place.key] = Place(place.kind, place.name, name, last, further), value, held
    for place, value, held in found.values():
        if value is _NOTHING:
            walk.put(place, f"{NAME}nothing")
        else:
            _read_variable(walk, place, value, held, names)


_NOTHING = object()
#: What finds values by names that are made while the code runs.
_LOOKING_UP = frozenset({"eval", "exec", "globals"})


def _is_pythons_own(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _resolved(place: Place, scope: dict[str, Any], chain: Chain) -> tuple[Place, Any, Home]:
    """Follow a chain of names through the modules of the user's that it leads into."""
    value, at, owner = scope[chain[0]], 1, scope
    while isinstance(value, ModuleType) and is_users(value.__name__) and at < len(chain):
        place = Place("value", f"{value.__name__}.{chain[at]}", place.user)
        owner = vars(value)
        value = owner.get(chain[at], _NOTHING)
        at += 1
    return place, value, Home(owner, chain[at - 1], chain[:at])


def _read_attributes(walk: Walk, place: Place, function: FunctionType) -> None:
    for attribute in sorted(place.asked & vars(function).keys()):
        here = place.at(f".{attribute}", attribute)
        changer = walk.moving.changer_of(function, attribute)
        if changer is None:
            walk.read(here, vars(function)[attribute])
        else:
            walk.leave_out(here, vars(function)[attribute], changer)


def read_bound(walk: Walk, place: Place, method: Any) -> str:
    """Note a method, and the object that it is bound to."""
    owner, function = method.__self__, method.__func__
    name = getattr(function, "__name__", "")
    mine = Place(place.kind, place.name, place.user, asked=frozenset({name}))
    walk.put(mine.at(".__self__"), walk.mark(mine, owner))
    return walk.mark(place, function)


def read_partial(walk: Walk, place: Place, partial: functools.partial[Any]) -> str:
    """Note the function of a partial, and the arguments that it has already."""
    inner = walk.mark(place, partial.func).removeprefix(NAME)
    given = [*enumerate(partial.args), *sorted(partial.keywords.items())]
    copy = (inner, *((at, content_of(it)) for at, it in given))
    if copy in walk.copies:
        return walk.copies[copy]
    name = walk.unique(f"partial({inner})")
    walk.copies[copy] = f"{NAME}{name}"
    for parameter, value in given:
        last = parameter if isinstance(parameter, str) else ""
        here = Place("argument", str(parameter), place.user, last, of=f" of {name}")
        walk.read(here, value)
    return f"{NAME}{name}"
