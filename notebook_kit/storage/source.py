"""What a function is, in text: its name and its source without comments and layout.

Only the function itself is looked at. What it reads from elsewhere (helpers, global variables,
closures) is not part of the text, so that a change there goes unnoticed.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

__all__ = ["innermost", "is_python", "qualified_name", "source_of"]

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function inside partials, decorators and methods; for an object its call.

    >>> innermost(functools.partial(int, base=2))
    <class 'int'>
    """
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    inner = inspect.unwrap(inner)
    if inspect.ismethod(inner):
        inner = inner.__func__
    if not inspect.isroutine(inner) and not isinstance(inner, type):
        inner = type(inner).__call__
    unwrapped: Callable[..., Any] = inspect.unwrap(inner)
    return unwrapped


def qualified_name(function: Callable[..., Any]) -> str:
    """Return the name of the function with that of its module.

    >>> qualified_name(functools.partial)
    'functools.partial'
    """
    inner = innermost(function)
    name = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return f"{getattr(inner, '__module__', None) or 'builtins'}.{name}"


def is_python(function: Callable[..., Any]) -> bool:
    """Tell whether it is written in Python, so that it has a source that can change."""
    inner = innermost(function)
    return hasattr(inner, "__code__") or _methods_of(inner) != []


def source_of(function: Callable[..., Any]) -> str | None:
    """Return the source of the function without comments and layout; None if it is not there.

    A lambda gives its own text and not that of the line it stands in.
    """
    inner = innermost(function)
    if isinstance(inner, type):
        texts = [_source_of_code(method.__code__) for method in _methods_of(inner)]
        known = [text for text in texts if text is not None]
        return "\n".join(known) if known and len(known) == len(texts) else None
    code = getattr(inner, "__code__", None)
    return None if code is None else _source_of_code(code)


def _methods_of(inner: Any) -> list[Any]:
    if not isinstance(inner, type):
        return []
    return [member for member in vars(inner).values() if inspect.isfunction(member)]


def _source_of_code(code: CodeType) -> str | None:
    lines = linecache.getlines(code.co_filename)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = list(_definitions(tree, code))
    if len(found) > 1:
        # Several on one line: the columns tell them apart.
        exact = set(code.co_positions())
        found = [node for node in found if _span(node) in exact] or found
    # Without columns (python -X no_debug_ranges) all of the line counts.
    return "\n".join(map(ast.unparse, found)) or None


def _definitions(tree: ast.AST, code: CodeType) -> Iterator[_Definition]:
    for node in ast.walk(tree):
        if not isinstance(node, _Definition):
            continue
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        if name == code.co_name and first == code.co_firstlineno:
            yield node


def _span(node: _Definition) -> tuple[int | None, int | None, int | None, int | None]:
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return last.lineno, last.end_lineno, last.col_offset, last.end_col_offset
