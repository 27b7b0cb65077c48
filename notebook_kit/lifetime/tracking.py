"""Keeping count of what a notebook uses: `track`."""

from __future__ import annotations

import functools
import inspect
import threading
import time
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, overload

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime.monitor import Holding, note
from notebook_kit.numbers import count
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Track", "track"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Track:
    """Counts uses of one thing: as a decorator of functions, and as a block; made by `track`.

    Attributes:
        name: what it is called.
        uses: how often it was used so far.
        in_use: how often it is used now.
        most_in_use: how often it was used at the same moment, at most.
    """

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.uses = self.in_use = self.most_in_use = 0
        self._last_used: float | None = None
        self._lock = threading.Lock()
        note(self, kind=kind, name=name, look=Track._look, acts={})

    def __enter__(self) -> Self:
        with self._lock:
            self.uses += 1
            self.in_use += 1
            self.most_in_use = max(self.most_in_use, self.in_use)
            self._last_used = time.time()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.in_use -= 1

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function, each of whose calls is a use; async or not."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def counted_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return counted_async  # type: ignore[return-value]

        @functools.wraps(function)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return counted

    def __repr__(self) -> str:
        return f"<Track {shown(self.name)}: {self._words()}>"

    def _words(self) -> str:
        return f"{count(self.in_use)} in use, most {count(self.most_in_use)} at once"

    def _look(self) -> Holding:
        in_use = self.in_use
        return Holding(
            self._words(),
            uses=self.uses,
            last_used=self._last_used,
            busy=in_use > 0,
            kept=in_use == 0,
            acts=(),
        )


def _look_at(what: Any, acts: tuple[str, ...]) -> Holding | None:
    """Tell nothing of what is closed, as files and connections say themselves."""
    return None if getattr(what, "closed", False) is True else Holding(acts=acts)


@overload
def track(what: str, /, *, kind: str = "tracked") -> Track: ...
@overload
def track(
    what: T,
    /,
    *,
    name: str | None = None,
    kind: str = "tracked",
    close: Callable[[T], object] | None = None,
) -> T: ...
def track(
    what: Any,
    /,
    *,
    name: str | None = None,
    kind: str = "tracked",
    close: Callable[[Any], object] | None = None,
) -> Any:
    """Have something listed by `notebook_kit.open_resources`: since when, made where, how used.

    Args:
        what: a name, for what is counted by its uses; or an object, which is listed as long as it
            lives, and is not kept alive by that.
        name: what the object is called; its class, if None.
        kind: what it is listed under.
        close: is given the object when somebody closes it there; its own ``close()``, if None.

    Returns:
        Of a name a `Track`, which is a decorator and a block; of an object the object.

    Raises:
        ConfigurationError: when the object cannot be referred to weakly, as a list, or ``close``
            cannot be called.

    >>> @track("lookups")
    ... def lookup(key):
    ...     return key.upper()
    >>> [lookup("a"), lookup("b")]
    ['A', 'B']
    >>> with track("a long step") as step:
    ...     step.in_use
    1
    """
    if close is not None and not callable(close):
        message = (
            f"close={shown(close)} cannot be called: give a function that takes the object, as "
            "close=Session.end."
        )
        raise ConfigurationError(message)
    if isinstance(what, str):
        return Track(what, kind)
    ending = close or getattr(type(what), "close", None)
    try:
        note(
            what,
            kind=kind,
            name=name or type(what).__name__,
            look=functools.partial(_look_at, acts=("Close",) if ending else ()),
            acts={} if ending is None else {"Close": ending},
        )
    except TypeError as error:
        message = (
            f"A {type(what).__name__} cannot be tracked, because it cannot be referred to weakly: "
            "track the object that holds it, or count its uses with nk.track('a name')."
        )
        raise ConfigurationError(message) from error
    return what
