"""`nk.composed`: a call that is made of others, whose parts run at once."""

from __future__ import annotations

import functools
import inspect
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from notebook_kit import mapping
from notebook_kit.client.pending import Pending
from notebook_kit.client.resources.aside import Aside, run_aside
from notebook_kit.client.resources.owners import client_of, named_like, place_of
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from notebook_kit.execution import Future, Run, RunKeywords

__all__ = ["Composed", "ComposedCall", "DeclaredComposed", "composed"]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
OwnerT = TypeVar("OwnerT")


class ComposedCall(Pending[T_co], Generic[T_co]):
    """What calling a composed method gives: ``await`` it, or ask for its `result`, to run it.

    Awaited, it runs on the loop of who awaits it. Without `await` it runs on a loop of its own in a
    thread of its own: code in it that blocks holds up nobody else's requests.
    """

    __slots__ = ()

    async def _awaited(self) -> T_co:
        return self._read(await self._send())

    def _starting(self) -> tuple[Future[Any], Callable[[], object]]:
        future = Aside()
        return future, functools.partial(run_aside, self._send, future)


class Composed(Generic[P, T]):
    """A composed method of a client or a resource."""

    __qualname__: str

    def __init__(self, function: Callable[..., Coroutine[Any, Any, T]], owner: Any) -> None:
        self._function = function
        self._owner = owner
        self._client = client_of(owner)
        self._place = place_of(owner, function.__name__)
        named_like(self, function)
        whole = inspect.signature(function)
        self.__signature__ = whole.replace(parameters=list(whole.parameters.values())[1:])

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> ComposedCall[T]:
        """Return the call, which is run when it is awaited or asked for its result."""
        with brief:
            self._client._refuse_outer(f"{self._place}(...)")  # noqa: SLF001 - its other half
            return self._made(args, kwargs)

    def _made(self, args: Any, keywords: Any) -> ComposedCall[T]:
        try:
            self.__signature__.bind(*args, **keywords)
        except TypeError as error:
            message = f"{self.__qualname__}(): {error}; it takes {self.__signature__}."
            raise TypeError(message) from None
        self._client._refuse_if_closed()  # noqa: SLF001 - its other half
        run = functools.partial(self._function, self._owner, *args, **keywords)
        return ComposedCall(f"{self.__qualname__}(...)", run)

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what its answers depend on, for the fingerprint of a function that uses it."""
        return {"function": self._function, "client": self._client}

    def map(self, items: Any, **options: Unpack[RunKeywords]) -> Run:
        """Call it for every item and return the run, which has started already.

        It is a run of the user's own function; see `notebook_kit.map`.
        """
        with brief:
            self._client._refuse_outer(f"{self._place}.map(...)")  # noqa: SLF001 - its other half
            return self._mapped(items, options)

    def _mapped(self, items: Any, options: Any) -> Run:
        self._client._refuse_if_closed()  # noqa: SLF001 - its other half

        @functools.wraps(self._function)
        async def call(*args: Any, **keywords: Any) -> T:
            return await self._function(self._owner, *args, **keywords)

        call.__signature__ = self.__signature__  # type: ignore[attr-defined]  # what `inspect` asks for
        return mapping.map(call, items, **options)

    def __repr__(self) -> str:
        return f"<composed call {self.__qualname__}{self.__signature__}>"


class DeclaredComposed(Generic[P, T]):
    """A composed method as it stands in its class."""

    __qualname__: str

    def __init__(self, function: Callable[..., Coroutine[Any, Any, T]]) -> None:
        named_like(self, function)
        self._function = function

    def _fingerprint_(self) -> Any:
        """Return what stands for it in the fingerprint of a function that uses it."""
        return self._function

    @overload
    def __get__(self, instance: None, owner: type) -> DeclaredComposed[P, T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Composed[P, T]: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else Composed(self._function, instance)


def composed(
    method: Callable[Concatenate[OwnerT, P], Coroutine[Any, Any, T]],
) -> DeclaredComposed[P, T]:
    """Declare a call that is made of others: an async method of an `nk.Resource` or of a client.

    Calling it gives a call, which is run when it is awaited or asked for its ``result()``; on the
    synchronous face it gives the value. Inside, endpoints are awaited, together with
    `asyncio.gather` or a task group (``group.create_task(self.get(1).send())``), so that the parts
    run at once in synchronous code too. Awaited, it runs on the loop of who awaits it; otherwise on
    a loop and a thread of its own.

    Raises:
        ConfigurationError: for what is no async method.

    >>> import asyncio
    >>> class Api(nk.Client):
    ...     @nk.endpoint("GET /airports/{iata}")
    ...     def airport(self, iata: str) -> dict: ...
    ...     @nk.composed
    ...     async def cities(self, *codes: str) -> list[str]:
    ...         found = await asyncio.gather(*map(self.airport, codes))
    ...         return [airport["city"] for airport in found]
    >>> with Api(server.url) as api:
    ...     api.cities("ZRH", "GVA")
    ['Zurich', 'Geneva']
    """
    if not inspect.iscoroutinefunction(method):
        name = getattr(method, "__qualname__", repr(method))
        message = (
            f"@nk.composed is put above an async method, and {name} is none: async def "
            "details(self, id: int) -> ..."
        )
        raise ConfigurationError(message)
    return cast("DeclaredComposed[P, T]", DeclaredComposed(method))
