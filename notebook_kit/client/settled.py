"""What a client was made with stays: to set it afterwards would change nothing."""

from __future__ import annotations

from inspect import getattr_static
from typing import TYPE_CHECKING, Final

from notebook_kit.client.constructor import option_names
from notebook_kit.client.misspelt import close_to

__all__ = ["Settled"]

_NOTHING: Final = object()
#: Modules whose classes are nobody's own.
_NOT_OWN: Final = frozenset({"abc", "builtins", "typing"})


class Settled:
    """Refuses to be given attributes that nobody would look at.

    A class that derives from a client may keep what it likes under names of its own. Methods and
    resources can be replaced on an object, as tests do, because that has its effect.
    """

    __slots__ = ()

    # A type checker should not take any name for one that can be set.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            # While it is being made it has no core yet.
            if not name.startswith("_") and "_core" in self.__dict__:
                _refuse_without_effect(self, name, value)
            super().__setattr__(name, value)


def _refuse_without_effect(client: object, name: str, value: object) -> None:
    """Check that setting an attribute would have an effect, or is meant to have none.

    Raises:
        AttributeError: when it would not, with what to write instead.
    """
    cls = type(client)
    own = [base for base in cls.__mro__ if _is_own(base)]
    if any(name in vars(base) or name in _annotated(base) for base in own):
        return
    found = getattr_static(cls, name, _NOTHING)
    if name == "cookies":
        said = "change the jar, client.cookies.set('name', 'value'), or give nk.Client(cookies=...)"
        message = f"cookies cannot be set: {said}."
    elif hasattr(found, "__set__") and not isinstance(found, property):
        return  # It says itself why it cannot be set.
    elif name in option_names():
        # A constructor of one's own may note what it has just given to this one.
        if vars(client).get(name, _NOTHING) == value:
            return
        message = (
            f"{name} cannot be set: it is given when the client is made, nk.Client({name}=...), "
            "and stays; make a new client, which costs nothing."
        )
    elif own or found is not _NOTHING:
        return
    else:
        message = (
            f"{cls.__name__!r} object has no attribute {name!r} to be set."
            f"{close_to(name, sorted(option_names()))} Options are given when the client is made, "
            "nk.Client(retry=...); a class of your own, class Api(nk.Client), may have attributes "
            "of its own."
        )
    raise AttributeError(message, name=name, obj=None)


def _is_own(cls: type) -> bool:
    """Tell whether a class is the user's."""
    return cls.__module__ not in _NOT_OWN and not cls.__module__.startswith("notebook_kit.client.")


def _annotated(cls: type) -> dict[str, object]:
    found: dict[str, object] = vars(cls).get("__annotations__", {})
    return found
