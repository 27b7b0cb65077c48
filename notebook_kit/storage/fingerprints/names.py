"""What a function reads of the names around it, and which of them it changes itself."""

from __future__ import annotations

import dis
from types import CodeType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.storage.fingerprints.changing import CHANGING, Chain, changed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.storage.fingerprints.sources import Definition

__all__ = ["Import", "Names", "names_in"]

_LOADS: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_LOADS_FREE: Final = frozenset({"LOAD_CLASSDEREF", "LOAD_DEREF", "LOAD_FROM_DICT_OR_DEREF"})
_STORES: Final = frozenset({"DELETE_GLOBAL", "STORE_GLOBAL"})
_STORES_FREE: Final = frozenset({"DELETE_DEREF", "STORE_DEREF"})
_ATTRIBUTES: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
#: An index above 255 takes a step of its own, at other places from version to version.
_BETWEEN: Final = frozenset({"CACHE", "EXTENDED_ARG", "PUSH_NULL"})


class Import(NamedTuple):
    """An import inside a function: a module, how many packages up it is, what is taken of it."""

    module: str
    level: int
    names: tuple[str, ...]


class Names(NamedTuple):
    """What a function reads and changes.

    Attributes:
        read: global names with the attributes that are asked of them.
        free: names of the functions around it, in the same way.
        assigned: what is set anew, by its name, an index or an attribute.
        filled: what a method is called of that changes a container.
        imports: what it imports when it is called.
    """

    read: list[Chain]
    free: list[Chain]
    assigned: set[Chain]
    filled: set[Chain]
    imports: list[Import]


def names_in(code: CodeType, tree: Definition | None) -> Names:
    """Return what code, and all code inside it, reads and changes.

    >>> names = names_in((lambda row: prompts.system.format(row)).__code__, None)
    >>> names.read
    [('prompts', 'system', 'format')]
    """
    found = Names([], [], set(), set(), [])
    outside = set(code.co_freevars)
    for each in _with_inner(code):
        _scan(list(dis.get_instructions(each)), found, outside)
    if tree is not None:
        assigned, filled = changed_in(tree)
        found.assigned.update(assigned)
        found.filled.update(filled)
    return found._replace(read=sorted(set(found.read)), free=sorted(set(found.free)))


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)


def _scan(steps: list[dis.Instruction], found: Names, outside: set[str]) -> None:
    steps = [step for step in steps if step.opname not in _BETWEEN]
    for at, step in enumerate(steps):
        free = step.opname in _LOADS_FREE or step.opname in _STORES_FREE
        if step.opname in _STORES or (step.opname in _STORES_FREE and step.argval in outside):
            found.assigned.add((step.argval,))
        elif step.opname in _LOADS or (step.opname in _LOADS_FREE and step.argval in outside):
            chain = (step.argval, *_attributes(steps, at + 1))
            (found.free if free else found.read).append(chain)
            if chain[-1] in CHANGING:
                found.filled.add(chain[:-1])
        elif step.opname == "IMPORT_NAME":
            level, names = (_constant(steps, at - back) for back in (2, 1))
            found.imports.append(Import(step.argval, level or 0, tuple(names or ())))


def _constant(steps: list[dis.Instruction], at: int) -> Any:
    return steps[at].argval if at >= 0 else None


def _attributes(steps: list[dis.Instruction], at: int) -> Iterator[str]:
    while at < len(steps) and steps[at].opname in _ATTRIBUTES:
        yield steps[at].argval
        at += 1
