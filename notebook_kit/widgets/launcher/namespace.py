"""The notebook's variables: which hold data, what a client or function is called, what is taken."""

from __future__ import annotations

import builtins
import sys
from types import MethodType
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.foreign import plain
from notebook_kit.widgets.launcher.choice import Data, Names
from notebook_kit.widgets.launcher.words import free_name, is_name, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.widgets.launcher.target import Target

__all__ = ["find_data", "names_for", "user_namespace", "warning_about"]

#: So many items of a list are looked at to tell what is in it.
_LOOKED_AT: Final = 50
_VALUES: Final = (str, int, float)
_NAME_LIMIT: Final = 60


def user_namespace() -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the variables of the notebook, and those of them that IPython put there."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell: Any = get() if callable(get) else None
    if shell is None:
        return vars(sys.modules["__main__"]), {}
    return shell.user_ns, getattr(shell, "user_ns_hidden", {})


def _own(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the variables that the user has made."""
    nothing = object()
    return [
        (name, value)
        for name, value in list(namespace.items())
        if is_name(name) and not name.startswith("_") and hidden.get(name, nothing) is not value
    ]


def find_data(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> list[Data]:
    """Return the variables that hold items, DataFrames first.

    >>> found = find_data({"ids": [1, 2], "people": [{"id": 1}], "n": 3}, {})
    >>> [data.in_words for data in found]
    ['people: list of 1 row', 'ids: list of 2 values']
    """
    order = ("frame", "rows", "labelled", "series", "list")
    found = [data for name, value in _own(namespace, hidden) if (data := _read(name, value))]
    return sorted(found, key=lambda data: order.index(data.kind))


def _read(name: str, value: Any) -> Data | None:
    pandas = sys.modules.get("pandas")
    frame, series = (getattr(pandas, kind, ()) for kind in ("DataFrame", "Series"))
    if isinstance(value, frame):
        return Data(name, "frame", len(value), tuple(value.columns))
    if isinstance(value, series):
        return Data(name, "series", len(value))
    if type(value) is list and value:
        some = value[:_LOOKED_AT]
        if all(isinstance(item, dict) for item in some):
            return Data(name, "rows", len(value), _keys(some))
        if all(isinstance(item, _VALUES) for item in some):
            return Data(name, "list", len(value))
    if type(value) is dict and value:
        some = [item for _, item in zip(range(_LOOKED_AT), value.values(), strict=False)]
        # A dictionary of settings may well hold one of another: rows have the same keys.
        if all(isinstance(item, dict) and item and item.keys() == some[0].keys() for item in some):
            return Data(name, "labelled", len(value), _keys(some))
    return None


def _keys(rows: list[dict[Any, Any]]) -> tuple[object, ...]:
    keys = dict.fromkeys(key for row in rows for key in row)
    return tuple(key for key in keys if literal(key) is not None)


def names_for(target: Target, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> Names:
    """Return what the target and this package are called by the user."""
    own = _own(namespace, hidden)
    subject = _name_of(target.subject, own)
    kit = _name_of(target.kit, own)
    return Names(
        subject=subject or target.fallback,
        kit=kit or free_name("nk", {name for name, _ in own}),
        is_known=subject is not None,
        imported=kit is not None,
    )


def _name_of(wanted: Any, own: list[tuple[str, Any]]) -> str | None:
    # A bound method is made anew each time that it is asked for.
    is_method = isinstance(wanted, MethodType)
    for name, value in own:
        if value is wanted or (is_method and isinstance(value, MethodType) and value == wanted):
            return name
    return None


def warning_about(name: str, namespace: Mapping[str, Any], data: str | None) -> str | None:
    """Return what putting a frame into a variable would overwrite; None for nothing of worth.

    >>> warning_about("count", {"count": 3}, None)
    'count holds an int now, which the frame will replace.'
    """
    shown = plain(name, _NAME_LIMIT)
    if name == data:
        return f"{shown} is the data of this batch, which the frame will replace."
    if name in namespace:
        value = namespace[name]
        pandas = sys.modules.get("pandas")
        if isinstance(value, getattr(pandas, "DataFrame", ())):
            return None
        kind = type(value).__name__
        article = "an" if kind[0].lower() in "aeiou" else "a"
        return (
            f"{shown} holds {article} {plain(kind, _NAME_LIMIT)} now, which the frame will replace."
        )
    if hasattr(builtins, name):
        return f"{shown} is a name of Python's own, which the frame will hide."
    return None
