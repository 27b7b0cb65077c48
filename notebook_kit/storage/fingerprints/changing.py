"""What code changes while it runs: what it assigns to, and the containers that it fills."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.storage.fingerprints.sources import Definition

__all__ = [
    "CHANGING",
    "Chain",
    "Changes",
    "OwnAttributes",
    "calls_in",
    "changed_in",
    "own_attributes",
]

#: A name and the attributes that are asked of it: ``prompts.system.text``.
Chain: TypeAlias = tuple[str, ...]
#: What is assigned to, and what is filled.
Changes: TypeAlias = tuple[set[Chain], set[Chain]]

#: Methods that change a list, a dictionary, a set or a deque.
CHANGING: Final = frozenset(
    {
        *("add", "append", "appendleft", "clear", "difference_update", "discard", "extend"),
        *("extendleft", "insert", "intersection_update", "move_to_end", "pop", "popitem"),
        *("popleft", "remove", "reverse", "rotate", "setdefault", "sort", "subtract"),
        *("symmetric_difference_update", "update"),
    }
)
#: Functions of Python that change what they are given first.
_CHANGING_FIRST: Final = frozenset(
    {"heapify", "heappop", "heappush", "heappushpop", "heapreplace", "insort", "shuffle"}
)


def changed_in(tree: ast.AST) -> Changes:
    """Return what is assigned to, by an index or an attribute too, and what a method fills.

    >>> assigned, filled = changed_in(ast.parse("kept = cache; kept[k] = v; seen[k].append(v)"))
    >>> sorted(assigned), filled
    ([('cache',), ('kept',)], {('seen',)})
    """
    aliases = _aliases(tree)
    assigned = {chain for chain in _assigned_in(tree) if chain}
    filled = {chain for chain in _filled_in(tree) if chain}
    return (
        assigned | {aliases[it[0]] + it[1:] for it in assigned if it[0] in aliases},
        filled | {aliases[it[0]] + it[1:] for it in filled if it[0] in aliases},
    )


def _assigned_in(tree: ast.AST) -> Iterator[Chain]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield _chain(node)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _chain(node.value)
        elif isinstance(node, ast.Call) and _name_of(node.func) == "setattr" and node.args[1:]:
            name, chain = node.args[1], _chain(node.args[0])
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and chain:
                yield (*chain, name.value)


def _filled_in(tree: ast.AST) -> Iterator[Chain]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            yield _chain(node.func.value)
        if _name_of(node.func) in _CHANGING_FIRST and node.args:
            yield _chain(node.args[0])


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _aliases(tree: ast.AST) -> dict[str, Chain]:
    """Return the names that are given to what another name leads to: ``kept = state.cache``."""
    return {
        node.targets[0].id: chain
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and (chain := _chain(node.value))
        and chain[0] != node.targets[0].id
    }


def _chain(node: ast.AST) -> Chain:
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names, node = [*names, node.attr], node.value
        elif isinstance(node, ast.Subscript):
            # What is inside of an index belongs to all of it.
            names, node = [], node.value
        elif isinstance(node, ast.Call) and _name_of(node.func) == "type" and len(node.args) == 1:
            names, node = [*names, "__class__"], node.args[0]
        else:
            return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


def calls_in(tree: ast.AST) -> Iterator[tuple[Chain, int | str, Chain]]:
    """Yield which function is called, for which parameter, and what it is given for it.

    >>> list(calls_in(ast.parse("note(stats, key=self.seen)")))
    [(('note',), 0, ('stats',)), (('note',), 'key', ('self', 'seen'))]
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _chain(node.func)
        given: list[tuple[int | str, ast.AST]] = [*enumerate(node.args)]
        given += [(it.arg or "", it.value) for it in node.keywords]
        for parameter, value in given:
            if called and (chain := _chain(value)):
                yield called, parameter, chain


class OwnAttributes(NamedTuple):
    """What a method does with its own object, or its class.

    Attributes:
        read: what it asks of it.
        changed: what it sets, or changes inside of; an empty name for the object itself.
        shared: those of them that may be the class's: what is set of it, and what is changed
            inside of.
    """

    read: set[str]
    changed: set[str]
    shared: set[str]


def own_attributes(tree: Definition, *, of_class: bool = False) -> OwnAttributes:
    """Return what a method reads and changes of its object; or of its class, as a class method."""
    first = next(iter((*tree.args.posonlyargs, *tree.args.args)), None)
    if first is None:
        return OwnAttributes(set(), set(), set())
    own = [_chain(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = {chain[1] for chain in own if chain[:1] == (first.arg,)}
    assigned, filled = ({c[1:] for c in it if c[0] == first.arg} for it in changed_in(tree))
    set_by_name = {
        _chain(node)[1:]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    of_object = {it for it in assigned | filled if it[:1] != ("__class__",)}
    changed = {"".join(it[:1]) for it in of_object if it or it in assigned}
    shared = {it[1] for it in assigned | filled if it[:1] == ("__class__",) and it[1:]}
    inside = {it[0] for it in of_object if it and (of_class or it not in set_by_name)}
    return OwnAttributes(read, changed, shared | inside)
