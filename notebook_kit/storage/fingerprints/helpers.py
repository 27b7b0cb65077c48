"""What the functions that a function calls change of what they are given by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.storage.fingerprints.changing import calls_in
from notebook_kit.storage.fingerprints.wrappers import is_users_function

if TYPE_CHECKING:
    from types import FunctionType

    from notebook_kit.storage.fingerprints.changing import Chain, Changes
    from notebook_kit.storage.fingerprints.sources import Sources

__all__ = ["changed_by_helpers"]


def changed_by_helpers(
    sources: Sources, function: FunctionType, known: dict[int, Changes]
) -> Changes:
    """Return what the helpers of a function assign to, and what they fill, in its own names.

    As ``note(stats, row)`` changes ``stats`` where ``note`` is ``stats[row] += 1``.

    Args:
        sources: where functions are looked up.
        function: whose helpers are meant.
        known: the same of functions that were looked at already, by the numbers of their codes.
    """
    code = function.__code__
    if id(code) in known:
        return known[id(code)]
    # Noted at once: functions may call each other in a circle.
    found = known[id(code)] = set(), set()
    tree = sources.definition_of(code)
    for called, parameter, given in () if tree is None else calls_in(tree):
        helper = _function_of(function, called)
        if helper is None:
            continue
        name = parameter if isinstance(parameter, str) else _parameter(helper, parameter)
        further = changed_by_helpers(sources, helper, known)
        for into, chains, more in zip(
            found, sources.changes_in(helper.__code__), further, strict=True
        ):
            into.update((*given, *it[1:]) for it in chains | more if it[0] == name)
    return found


def _parameter(function: FunctionType, at: int) -> str:
    code = function.__code__
    return code.co_varnames[at] if at < code.co_argcount else ""


def _function_of(function: FunctionType, called: Chain) -> FunctionType | None:
    """Return the function of the user's that is called by a name, or as one of a module."""
    found: Any = function.__globals__.get(called[0])
    for name in called[1:]:
        found = getattr(found, "__dict__", {}).get(name)
    return found if is_users_function(found) else None
