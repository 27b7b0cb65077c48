"""The normal form of code: what is left of a function when all that changes nothing is taken away.

Comments, layout, docstrings, annotations and line numbers change nothing; nor do statements that do
nothing. The form of a syntax tree is the same under every Python; that of bytecode is not, and is
taken where there is no source.
"""

from __future__ import annotations

import ast
import copy
import dis
import hashlib
import sys
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["form_of_bytecode", "form_of_tree"]

#: Fields of a syntax tree that change nothing that a function does.
_MEANINGLESS: Final = frozenset(
    {"annotation", "ctx", "kind", "returns", "simple", "type_comment", "type_params"}
)


def form_of_tree(tree: ast.AST) -> str:
    """Return a digest that is the same for code that does the same in the same words.

    >>> forms = [form_of_tree(ast.parse(text)) for text in ("x={1:2} # one", "x = {1: 2}", "x")]
    >>> forms[0] == forms[1], forms[0] == forms[2]
    (True, False)

    What a function is called itself is left out; it is known beside.

    >>> one, other = (ast.parse(f"def {name}(x): return x").body[0] for name in "fg")
    >>> form_of_tree(one) == form_of_tree(other)
    True
    """
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef)):
        tree = copy.copy(tree)
        tree.name = ""
    return _digest("".join(_tree(tree)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Text(str):
    """What is written as it is, among parts of a tree."""

    __slots__ = ()


def _tree(tree: ast.AST) -> Iterator[str]:
    # Without recursion: whether a long expression can be read must not depend on who asks.
    todo: list[tuple[object, ast.ClassDef | None]] = [(tree, None)]
    while todo:
        node, around = todo.pop()
        in_class = around is not None
        if isinstance(node, ast.AnnAssign) and node.value is not None and not in_class:
            node = ast.Assign(targets=[node.target], value=node.value)
        if isinstance(node, _Text):
            yield node
        elif isinstance(node, ast.AST):
            yield f"({type(node).__name__}"
            inside = node if isinstance(node, ast.ClassDef) else None
            if isinstance(node, ast.AnnAssign) and around is not None and around.bases:
                # A model is made of the types of its fields.
                todo.append((node.annotation, None))
            todo += [(part, inside) for part in reversed([*_parts(node), _Text(")")])]
        elif isinstance(node, list):
            yield "["
            parts = [each for each in node if not _does_nothing(each, in_class=in_class)]
            todo += [(part, around) for part in reversed([*parts, _Text("]")])]
        else:
            yield _constant(node)


def _parts(node: ast.AST) -> Iterator[object]:
    for name in node._fields:
        # What is empty is left out: newer versions of Python have fields that older have not.
        value = getattr(node, name, None)
        if isinstance(node, ast.JoinedStr):
            # Some versions have empty texts in an f-string.
            value = [it for it in node.values if getattr(it, "value", None) != ""]
        if name not in _MEANINGLESS and value is not None and value != []:
            yield _Text(f" {name}=")
            yield value


def _does_nothing(node: object, *, in_class: bool) -> bool:
    """Tell whether it is a statement without effect: a docstring, a bare text, a bare type."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.AnnAssign):
        # In a class it may be a field.
        return node.value is None and not in_class
    return isinstance(node, ast.Pass)


def _constant(value: object) -> str:
    # Decimal digits have a limit, and cost more for long numbers.
    text = f"{value:x}" if type(value) is int else repr(value)
    return f"{type(value).__name__}:{len(text)}:{text}"


def form_of_bytecode(code: CodeType) -> str:
    """Return a digest of compiled code without its names of files and its line numbers.

    It differs from one minor version of Python to the next.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{version}:{_digest(chr(10).join(_bytecode(code)))}"


def _bytecode(code: CodeType) -> Iterator[str]:
    yield repr((code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], code.co_freevars))
    yield repr((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount))
    for step in dis.get_instructions(code):
        value: Any = step.argval
        if isinstance(value, CodeType):
            yield f"{step.opname} {value.co_name}"
            yield from _bytecode(value)
        else:
            yield f"{step.opname} {_of_step(value)}"


def _of_step(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(_constant, value))}"
    return _constant(value)
