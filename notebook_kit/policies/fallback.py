"""What is given in the place of an answer when nobody answers: another server, or what is known.

Only what says that the endpoint is unavailable leads there. A request that was wrong would be wrong
elsewhere too, and a default in its place would hide that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from notebook_kit.checks import teaches_options
from notebook_kit.errors import CircuitOpen, ConfigurationError
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.failure import FailureKind
from notebook_kit.policies.retry import surely_not_processed
from notebook_kit.redact import redact_url, shown

if TYPE_CHECKING:
    from notebook_kit.policies.failure import Failure

__all__ = ["Fallback", "FallbackLike", "fitting", "unavailable"]

_MANY_REQUESTS: Final = 429
_FIRST_SERVER_ERROR: Final = 500


class _Given(Enum):
    """The place of a value that was not given, for None is a value too; one in every process."""

    NOTHING = "nothing"


_NOTHING: Final = _Given.NOTHING
_FORMS: Final = (
    "write nk.Fallback(base_url='https://mirror.example.com'), nk.Fallback(stale='1 day') or "
    "nk.Fallback(value={...})"
)


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What is given where an endpoint is unavailable: one of three.

    It comes into play when the tries are over and the last one ended in a connection that failed or
    broke, a time limit, 429 or 5xx, or where the circuit breaker is open. Other errors stay.

    Attributes:
        base_url: another server, asked once in the place of the client's ``base_url``. Credentials
            stay with the client's own origin. It is asked only for what is safe to repeat, or was
            surely not processed by any attempt; it knows nothing of an idempotency key.
        headers: of the requests to that server, credentials for it among them.
        stale: an answer that is kept may be so old, a duration since it came; needs a cache.
        value: given as it is: the result of a row; a single call gets it as a `Response` with that
            JSON, and has NaN and infinities back from ``.json()`` as they are.
        writes: the value is also given for methods that change something, as POST; if not said, it
            is for GET, HEAD and OPTIONS, and what a call has declared to be one with
            ``cache=True``.

    Raises:
        ConfigurationError: for none of the three, or several, or what does not go with it.

    >>> Fallback(stale="1 day")
    Fallback(stale=86400.0)
    """

    base_url: str | None = None
    headers: Any = field(default=None, repr=False)
    stale: Duration | None = None
    value: Any = _NOTHING
    writes: bool = False

    def __post_init__(self) -> None:
        self._check_that_it_is_one()
        if self.stale is not None:
            object.__setattr__(self, "stale", seconds(self.stale, name="stale"))
        base_url: object = self.base_url
        if base_url is not None and not _is_address(base_url):
            said = redact_url(base_url) if isinstance(base_url, str) else base_url
            message = f"base_url={shown(said)} must begin with https:// or http://."
            raise ConfigurationError(message)
        if self.headers is not None and self.base_url is None:
            message = "headers= are for the server of base_url=, which was not given."
            raise ConfigurationError(message)
        writes: object = self.writes
        if writes not in (True, False) or (writes and not self.has_value):
            message = (
                f"writes={shown(writes)} is True or False, and says that value= is given for "
                "a POST too: nk.Fallback(value={...}, writes=True)."
            )
            raise ConfigurationError(message)

    def _check_that_it_is_one(self) -> None:
        given = (self.base_url is not None, self.stale is not None, self.has_value)
        if sum(given) != 1:
            said = "one thing" if any(given) else "something"
            message = f"A fallback is {said}; several are given as a list: {_FORMS}."
            raise ConfigurationError(message)

    @classmethod
    def of(cls, value: FallbackLike) -> tuple[Fallback, ...]:
        """Read the ``fallback`` option: a base URL, a policy, a list of these, or None or False.

        Raises:
            ConfigurationError: for anything else, and for what stands behind a value, which always
                holds.

        >>> Fallback.of(["https://mirror.example.com", Fallback(value=None)])
        (Fallback(base_url='https://mirror.example.com'), Fallback(value=None))
        """
        if value is None or value is False:
            return ()
        several = isinstance(value, (list, tuple))
        made = tuple(map(cls._one, value if isinstance(value, (list, tuple)) else [value]))
        if several and not made:
            message = f"fallback=[] holds nothing: leave it out, or {_FORMS}."
            raise ConfigurationError(message)
        for before in made[:-1]:
            if before.has_value and (before.writes or not made[-1].writes):
                message = "What stands behind a value in fallback=[...] is never reached: reorder."
                raise ConfigurationError(message)
        return made

    @classmethod
    def _one(cls, value: object) -> Fallback:
        if isinstance(value, Fallback):
            return value
        if _is_address(value):
            return cls(base_url=cast("str", value))
        message = f"fallback={shown(value)} is no base URL and no nk.Fallback: {_FORMS}."
        raise ConfigurationError(message)

    @property
    def has_value(self) -> bool:
        """Whether it is a value; None is one."""
        return self.value is not _NOTHING

    @property
    def stale_s(self) -> float | None:
        """How old a kept answer may be in seconds, or None where none is asked for."""
        return cast("float | None", self.stale)

    def fits(self, failure: Failure, *, reads: bool, repeatable: bool, kept: bool) -> bool:
        """Tell whether it can be tried after this failure.

        Args:
            failure: how the last attempt ended.
            reads: whether the request changes nothing.
            repeatable: whether the request may be processed twice.
            kept: whether answers to such requests are kept.
        """
        if self.base_url is not None:
            never = surely_not_processed(failure) and not failure.maybe_processed_before
            return repeatable or never
        if self.stale is not None:
            return kept
        return reads or self.writes

    def __repr__(self) -> str:
        if self.base_url is not None:
            return f"Fallback(base_url={redact_url(self.base_url)!r})"
        if self.stale is not None:
            return f"Fallback(stale={self.stale!r})"
        writes = ", writes=True" if self.writes else ""
        return f"Fallback(value={shown(self.value)}{writes})"


#: What the ``fallback`` option takes.
FallbackLike: TypeAlias = Fallback | str | Sequence[Fallback | str] | bool | None


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))


def unavailable(failure: Failure) -> bool:
    """Tell whether a failure says that the endpoint is unavailable, and nothing of the request.

    >>> from notebook_kit.policies import classify
    >>> unavailable(classify(TimeoutError())), unavailable(classify(ValueError()))
    (True, False)
    """
    if isinstance(failure.error, CircuitOpen):
        return True
    if failure.kind is FailureKind.STATUS:
        code = failure.status_code or 0
        return code == _MANY_REQUESTS or code >= _FIRST_SERVER_ERROR
    return failure.kind in (FailureKind.TRANSPORT, FailureKind.TIMEOUT)


def fitting(
    fallbacks: Sequence[Fallback], failure: Failure, *, reads: bool, repeatable: bool, kept: bool
) -> tuple[Fallback, ...]:
    """Return those that can be tried after this failure, in their order; see `Fallback.fits`."""
    if not unavailable(failure):
        return ()
    return tuple(
        it for it in fallbacks if it.fits(failure, reads=reads, repeatable=repeatable, kept=kept)
    )
