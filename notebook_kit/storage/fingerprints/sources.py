"""Where a function stands in the source, if the source is still what it was made of."""

from __future__ import annotations

import ast
import linecache
from types import CodeType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from notebook_kit.storage.fingerprints.changing import Changes, changed_in
from notebook_kit.storage.fingerprints.magics import TIMED, timed_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Definition", "Sources"]

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

#: Flags of code that say how it was compiled: future statements.
_FUTURE: Final = sum(
    getattr(__import__("__future__"), name).compiler_flag
    for name in __import__("__future__").all_feature_names
)


class _File(NamedTuple):
    """A source that was read: its functions, and its code as compiled anew."""

    definitions: dict[tuple[str, int], list[Definition]]
    codes: dict[tuple[str, int], list[CodeType]]


class Sources:
    """Finds functions in their sources; reads and compiles each source once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._changes: dict[int, Changes] = {}
        self._files: dict[tuple[str, int], _File | None] = {}
        self._found: dict[int, tuple[CodeType, Definition | None]] = {}

    def definition_of(self, code: CodeType) -> Definition | None:
        """Return the syntax tree of the function that code belongs to, or None.

        None where there is no source, and where the text has changed since: what is compiled of it
        now must be the very same.
        """
        # Equal code may stand in several places: it is held, so that its number stays its own.
        if id(code) not in self._found:
            self._found[id(code)] = code, self._searched(code) or self._searched_anew(code)
        return self._found[id(code)][1]

    def changes_in(self, code: CodeType) -> Changes:
        """Return what code changes while it runs; nothing where its source is not there."""
        tree = self.definition_of(code)
        if id(code) not in self._changes:
            self._changes[id(code)] = (set(), set()) if tree is None else changed_in(tree)
        return self._changes[id(code)]

    def _searched_anew(self, code: CodeType) -> Definition | None:
        # It may have been read before the file was written anew, and the module reloaded.
        name = code.co_filename
        linecache.checkcache(name)
        if self._texts.get(name) == "".join(linecache.getlines(name)):
            return None
        self._texts.pop(name, None)
        for key in [it for it in self._files if it[0] == name]:
            del self._files[key]
        return self._searched(code)

    def _searched(self, code: CodeType) -> Definition | None:
        flags = code.co_flags & _FUTURE
        files = (self._file(name, flags) for name in self._names(code.co_filename))
        found = (_definition_in(file, code) for file in files if file is not None)
        return next((it for it in found if it is not None), None)

    def _names(self, name: str) -> list[str]:
        """Return what a source is kept as: of a cell that is timed there may be several."""
        if name not in TIMED:
            return [name]
        texts = {f"{name} {number}": text for number, text in enumerate(timed_cells())}
        self._texts.update(texts)
        return list(texts)

    def _file(self, name: str, flags: int) -> _File | None:
        key = name, flags
        if key not in self._files:
            text = self._texts.setdefault(name, "".join(linecache.getlines(name)))
            self._files[key] = _read(name, flags, text) if text else None
        return self._files[key]


def _definition_in(file: _File, code: CodeType) -> Definition | None:
    place = _standing_at(code, file)
    nodes = [] if place is None else file.definitions.get(place, [])
    if len(nodes) > 1:
        # Several on one line: the columns tell them apart, where Python kept them.
        exact = set(code.co_positions())
        here = [node for node in nodes if _span(node) in exact]
        nodes = here or [node for node in nodes if _is_compiled_to(code, node)]
    return nodes[0] if len({ast.dump(node) for node in nodes}) == 1 else None


def _read(name: str, flags: int, text: str) -> _File | None:
    # A cell of a notebook may await outside of any function.
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compile(text, name, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        code = compile(text, name, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None
    file = _File({}, {})
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            file.definitions.setdefault(_place(node), []).append(node)
    for each in _all_codes(code):
        file.codes.setdefault((each.co_name, each.co_firstlineno), []).append(each)
    return file


def _standing_at(code: CodeType, file: _File) -> tuple[str, int] | None:
    """Return where a function stands; None for one that is not there, or not as it was."""
    place = code.co_name, code.co_firstlineno
    if any(_same(code, each) for each in file.codes.get(place, ())):
        return place
    # Lines were added above it, and the module was not loaded again.
    moved = [
        at
        for at, codes in file.codes.items()
        if at[0] == code.co_name != "<lambda>"
        and any(it.co_qualname == code.co_qualname and _same(code, it) for it in codes)
    ]
    return moved[0] if len(moved) == 1 else None


def _is_compiled_to(code: CodeType, node: Definition) -> bool:
    """Tell whether a lambda becomes that code; Python 3.12 does not keep where a constant is."""
    if not isinstance(node, ast.Lambda):
        return False
    made = compile(ast.Expression(node), code.co_filename, "eval", dont_inherit=True)
    return any(isinstance(it, CodeType) and _same(code, it) for it in made.co_consts)


def _place(node: Definition) -> tuple[str, int]:
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    return node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _all_codes(constant)


def _same(one: CodeType, other: CodeType) -> bool:
    """Tell whether two pieces of code do the same, wherever they stand."""
    return (
        one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and one.co_freevars == other.co_freevars
        and len(one.co_consts) == len(other.co_consts)
        and all(map(_same_constant, one.co_consts, other.co_consts))
    )


def _same_constant(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _same(one, other)
    # 1 and True are equal, 0.0 and -0.0 too; a set has no order.
    alike = isinstance(one, frozenset) or repr(one) == repr(other)
    return type(one) is type(other) and one == other and alike


def _span(node: Definition) -> tuple[int | None, int | None, int | None, int | None]:
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return last.lineno, last.end_lineno, last.col_offset, last.end_col_offset
