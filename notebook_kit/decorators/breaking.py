"""Leave alone for a while what keeps failing: `breaker`."""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    ParamSpec,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
    overload,
)

from notebook_kit.checks import refuse_unknown
from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.decorated import Decorated
from notebook_kit.decorators.functions import (
    call_with,
    check_function,
    plain,
    through,
    wrap,
)
from notebook_kit.decorators.passage import Passages, Switch
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.functions import is_async, name_of
from notebook_kit.policies.breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.policies import Duration
    from notebook_kit.policies.breaker import CircuitState

__all__ = ["BreakerKeywords", "CircuitBreaker", "Guarded", "breaker"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S")

_UNSET: Final[Any] = object()


class BreakerKeywords(TypedDict, total=False):
    """The keywords of `nk.Breaker`, which says what each is."""

    failure_threshold: int
    reset_timeout: Duration
    window: Duration | None
    call_timeout: Duration | None


class _Switched:
    """Tells how its circuit stands, and closes it."""

    _switch: Switch

    @property
    def state(self) -> CircuitState:
        """``"closed"``: calls go; ``"open"``: none goes; ``"half-open"``: one goes."""
        return self._switch.state

    def reset(self) -> None:
        """Let calls go as if nothing had failed yet."""
        self._switch.reset()


class Guarded(_Switched, Decorated[P, R_co]):
    """A function that is left alone while it keeps failing; made by `breaker`."""

    def __init__(self, wrapper: Callable[P, R_co], switch: Switch) -> None:
        super().__init__(wrapper)
        self._switch = switch

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Guarded[P, R_co]: ...
    @overload
    def __get__(
        self: Guarded[Concatenate[S, Q], R_co], instance: S, owner: type | None = None
    ) -> Guarded[Q, R_co]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Become a method."""
        return super().__get__(instance, owner)


class CircuitBreaker(_Switched):
    """What `breaker` gives when it is told how: decorates functions, calls them, or guards blocks.

    All that is done through one of them shares its state, as suits functions of one server.

    Attributes:
        policy: after how many failures, and for how long.
    """

    def __init__(self, policy: Breaker, *, clock: Clock | None = None) -> None:
        self.policy = policy
        self._switch = Switch(policy, clock or Clock())
        self._passages = Passages(self._switch)

    def __call__(self, function: Callable[P, R], /) -> Guarded[P, R]:
        """Return the function guarded by this breaker."""
        decorated: Guarded[P, R] = through(function, self._decorate)
        return decorated

    def _decorate(self, function: Callable[P, R]) -> Guarded[P, R]:
        check_function(function, by="breaker")
        wrapper = wrap(function, self._runner(function), by="breaker")
        return Guarded(wrapper, self._switch)

    def _runner(self, function: Callable[..., Any]) -> _Guarding:
        if not is_async(function):
            self._switch.refuse_timeout(f"{name_of(function)}(), which is not async")
        return _Guarding(function, self._switch)

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function if it may be; if it is async, await what this gives."""
        given: R = call_with(self._runner(function), function, args, kwargs, by="breaker")
        return given

    # Around a block

    def __enter__(self) -> Self:
        self._switch.refuse_timeout("a plain `with` block; write `async with`")
        self._passages.begin()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._passages.end(error)

    async def __aenter__(self) -> Self:
        await self._passages.begin_async()
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._passages.end_async(error)

    def __reduce__(self) -> tuple[Any, ...]:
        return CircuitBreaker, (self.policy,)

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self._switch.words()}>"


class _Guarding:
    """Calls one function if it may be called."""

    def __init__(self, function: Callable[..., Any], switch: Switch) -> None:
        self._function = function
        self._switch = switch

    async def run_async(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        passage = self._switch.enter(f"{name_of(self._function)}()")
        try:
            async with self._switch.time_limit():
                value = await self._function(*args, **kwargs)
        except BaseException as error:
            passage.end(error)
            raise
        passage.end()
        return value

    def run(self, args: Arguments, kwargs: Mapping[str, Any]) -> Any:
        passage = self._switch.enter(f"{name_of(self._function)}()")
        try:
            value = plain(self._function(*args, **kwargs), self._function)
        except BaseException as error:
            passage.end(error)
            raise
        passage.end()
        return value


@overload
def breaker(policy: Breaker, /) -> CircuitBreaker: ...
@overload
def breaker(function: Callable[P, R], /) -> Guarded[P, R]: ...
@overload
def breaker(**options: Unpack[BreakerKeywords]) -> CircuitBreaker: ...
def breaker(given: Any = _UNSET, /, **options: Any) -> Any:
    """Leave a function alone for a while when it keeps failing; async or not.

    While the circuit is open a call raises `CircuitOpen` at once, and nothing is called. When
    ``reset_timeout`` has passed, exactly one call goes; if it succeeds, all go again. What counts
    as a failure is for `nk.Breaker` to say: time limits, connections that failed, 5xx.

    The decorated function has ``state`` and ``reset()``. A breaker that is made first and then
    decorates several functions is shared by them; it also guards a block, ``with`` or
    ``async with``.

    Args:
        given: what is decorated, when written without parentheses; or an `nk.Breaker`.
        **options: the keywords of `nk.Breaker`. ``call_timeout`` cuts off async calls only.

    Raises:
        ConfigurationError: for an option or a function that cannot work.
        CircuitOpen: when called while the circuit is open; its ``retry_at_s`` says how many seconds
            are left, or None while the one call that probes is under way.
        RequestTimeout: when called, after ``call_timeout``; its ``phase`` is ``"call"``.

    >>> @breaker(failure_threshold=1, reset_timeout="1 min")
    ... def fetch():
    ...     raise TimeoutError
    >>> for _ in range(2):
    ...     try:
    ...         fetch()
    ...     except (TimeoutError, nk.CircuitOpen) as error:
    ...         print(type(error).__name__, fetch.state)
    TimeoutError open
    CircuitOpen open
    """
    with brief:
        refuse_unknown(options, BreakerKeywords.__annotations__, of="breaker")
        if given is _UNSET:
            return CircuitBreaker(Breaker(**options))
        if options:
            message = (
                "breaker takes a policy or keywords, not both: @breaker(failure_threshold=5), "
                "or @breaker(nk.Breaker(failure_threshold=5))."
            )
            raise ConfigurationError(message)
        if isinstance(given, Breaker):
            return CircuitBreaker(given)
        return CircuitBreaker(Breaker())(given)
