"""Functions that are made like others: a cell that is run twice makes all of its own anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.storage.fingerprints.data import text_of_plain
from notebook_kit.storage.fingerprints.normal import form_of_bytecode, form_of_tree
from notebook_kit.storage.fingerprints.words import BYTECODE
from notebook_kit.storage.fingerprints.wrappers import cells_of, is_users_function

if TYPE_CHECKING:
    from types import CodeType, FunctionType

    from notebook_kit.storage.fingerprints.walk import Walk

__all__ = ["content_of", "form_of", "what_tells_apart"]


def form_of(walk: Walk, code: CodeType) -> str:
    """Return what stands for code: its normal form, of its source where that is there."""
    tree = walk.sources.definition_of(code)
    # The sources hold the code, so that its number stays its own.
    known = walk.forms.get(id(code))
    if known is None:
        if tree is None:
            known = BYTECODE + form_of_bytecode(code)
        else:
            known = f"sha256:{form_of_tree(tree)}"
        walk.forms[id(code)] = known
    return known


def what_tells_apart(
    walk: Walk, function: FunctionType, around: tuple[int, ...] = ()
) -> tuple[object, ...]:
    """Return what is the same of two functions only if they do the same."""
    code, own = function.__code__, (*around, id(function))
    given = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    given += [it for name, it in cells_of(function) if name != "__class__"]

    def mark_of(value: Any) -> object:
        if id(value) in own:
            return own.index(id(value))
        if is_users_function(value):
            return what_tells_apart(walk, value, own)
        return content_of(value)

    marks = tuple(map(mark_of, given))
    return code.co_qualname, form_of(walk, code), id(function.__globals__), *marks


def content_of(value: Any) -> object:
    """Return what two equal values that nobody can change have in common."""
    if type(value) is tuple:
        return tuple(map(content_of, value))
    return text_of_plain("", value) or id(value)
