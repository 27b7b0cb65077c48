"""What a client of httpx has and one of ours has not, with what to write instead."""

from __future__ import annotations

from inspect import getattr_static
from typing import TYPE_CHECKING, Final, Never

from notebook_kit.client.constructor import option_names
from notebook_kit.client.misspelt import Suggesting
from notebook_kit.client.settled import Settled

__all__ = ["Absent", "NotHere"]

_WHEN_MADE: Final = "it is given when the client is made, nk.Client({0}=...), and stays"
_INSTEAD: Final = {
    "auth": _WHEN_MADE + "; other credentials of one call are get(url, auth=...)",
    "event_hooks": _WHEN_MADE,
    "follow_redirects": _WHEN_MADE + "; of one call it is get(url, follow_redirects=...)",
    "headers": _WHEN_MADE + "; further ones of one call are get(url, headers=...)",
    "max_redirects": _WHEN_MADE,
    "params": _WHEN_MADE + "; further ones of one call are get(url, params=...)",
    "timeout": _WHEN_MADE + "; another one of one call is get(url, timeout=...)",
    "trust_env": _WHEN_MADE,
    "build_request": "a call is a request that was not sent yet: call = client.get(url)",
    "send": "write client.request(request.method, request.url, headers=..., content=...)",
}


class NotHere:
    """An attribute that is not there, and says what to write instead.

    It can be told apart from what is there without asking for it.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Never:
        """Raise what tells of it."""
        said = f"{owner.__name__!r} object has no attribute {self._name!r}"
        message = f"{said}, as httpx has: {_INSTEAD[self._name].format(self._name)}."
        raise AttributeError(message, name=self._name, obj=instance)

    def __set__(self, instance: object, value: object) -> None:
        """Refuse what would change nothing."""
        message = f"{self._name} cannot be set: {_INSTEAD[self._name].format(self._name)}."
        raise AttributeError(message, name=self._name, obj=instance)


class Absent(Suggesting, Settled):
    """Explains to who comes from httpx what is not here, and to who misspelt a name what is."""

    __slots__ = ()

    def _told_of(self, name: str) -> str:
        return f": {_WHEN_MADE.format(name)}" if name in option_names() else ""

    # An editor and a type checker should know of nothing that is not there.
    if not TYPE_CHECKING:
        auth = NotHere()
        build_request = NotHere()
        event_hooks = NotHere()
        follow_redirects = NotHere()
        headers = NotHere()
        max_redirects = NotHere()
        params = NotHere()
        send = NotHere()
        timeout = NotHere()
        trust_env = NotHere()

        def __dir__(self) -> list[str]:
            names = super().__dir__()
            return [it for it in names if not isinstance(getattr_static(self, it, None), NotHere)]
