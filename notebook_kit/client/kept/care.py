"""What a client does around sending: it gives answers that it keeps, and falls back on others."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.kept.asked import Asked, Terms
from notebook_kit.client.kept.keeper import Keeper
from notebook_kit.client.kept.keys import key_as_sent
from notebook_kit.client.kept.rescuer import Errand, Rescuer, default_response
from notebook_kit.client.kept.wishes import Wish
from notebook_kit.client.translate import out_of_time
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Cache, Fallback, classify
from notebook_kit.scheduling import NotRescued

if TYPE_CHECKING:
    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.client.wanted import Wanted
    from notebook_kit.policies import CacheLike, Failure, FallbackLike

__all__ = ["Care", "kept_longer"]

_NO_WISH: Final = Wish()
#: Options of a call that are no part of its request.
_OF_SENDING: Final = ("auth", "follow_redirects", "idempotency_key", "attempt_timeout", "retry")


def kept_longer(policy: Cache | None, fallbacks: tuple[Fallback, ...]) -> Cache | None:
    """Return the policy, under which answers are kept as long as a fallback may need them.

    Raises:
        ConfigurationError: when a fallback needs kept answers, and none are kept.
    """
    longest = max((it.stale_s or 0.0 for it in fallbacks), default=0.0)
    if not longest:
        return policy
    if policy is None:
        message = (
            "fallback=nk.Fallback(stale=...) gives answers that are kept, and none are: add "
            "cache='5 min'."
        )
        raise ConfigurationError(message)
    return replace(policy, stale=longest) if longest > policy.keep_s else policy


class Care:
    """The cache and the fallbacks of one client.

    Args:
        cache: as `Cache.of` reads it.
        fallback: as `Fallback.of` reads it.
        home: the base URL of the client.

    Attributes:
        policy: how answers are kept, or None where nothing is said.
        rescuer: what is given where no answer comes, or None.

    Raises:
        ConfigurationError: for what cannot work.
    """

    def __init__(self, cache: CacheLike, fallback: FallbackLike, *, home: str) -> None:
        fallbacks = Fallback.of(fallback)
        self.policy = kept_longer(Cache.of(cache), fallbacks)
        self.home = home
        self.rescuer = self.rescuer_of(fallback)
        self._keeper: Keeper | None = None

    def rescuer_of(self, fallback: FallbackLike) -> Rescuer | None:
        """Return what is given to a single call where no answer comes; None for nothing.

        Raises:
            ConfigurationError: for what cannot work.
        """
        fallbacks = Fallback.of(fallback)
        if not fallbacks:
            return None
        rescuer = Rescuer(fallbacks, self.home)
        rescuer.refuse_what_is_no_json()
        return rescuer

    def rescuer_for(self, fallback: FallbackLike, method: str, wish: Wish) -> Rescuer | None:
        """Return the same for one call, which says how its answer is kept.

        Raises:
            ConfigurationError: for what cannot work, as a kept answer where none are kept.
        """
        rescuer = self.rescuer_of(fallback)
        if rescuer is not None:
            kept_longer(wish.policy(method, self.policy), rescuer.fallbacks)
        return rescuer

    @property
    def keeper(self) -> Keeper | None:
        """What keeps answers, if anything was ever to be kept."""
        return self._keeper

    def keeper_for(self, policy: Cache) -> Keeper:
        """Return what keeps answers, made for this policy if it is the first."""
        if self._keeper is None:
            bounds = self.policy or policy
            self._keeper = Keeper(max_items=bounds.max_items, max_bytes=bounds.max_bytes)
        return self._keeper

    def policy_for(self, method: str, wish: Wish, rescuer: Rescuer | None) -> Cache | None:
        """Return how an answer is kept: as is asked for, and as long as a fallback may need it."""
        policy = wish.policy(method, self.policy)
        fallbacks = () if policy is None or rescuer is None else rescuer.fallbacks
        return kept_longer(policy, fallbacks)

    def concerns(self, options: dict[str, Any]) -> bool:
        """Tell whether a call with these options is more than sending; a stream is not."""
        own = self.policy is not None or self.rescuer is not None
        return (own or "cache" in options or "fallback" in options) and "stream" not in options

    async def send(self, core: Core, wanted: Wanted) -> Response:
        """Answer a single call: by what is kept, by sending it, or by a fallback.

        Raises:
            ConfigurationError: when an answer is to be kept and the body can be read only once.
            Exception: what the call ended with.
        """
        method, url, options, _, built = wanted
        wish: Wish = options.pop("cache", _NO_WISH)
        rescuer: Rescuer | None = options.pop("fallback", self.rescuer)
        policy = self.policy_for(method, wish, rescuer)
        given: dict[str, Any] = {name: options[name] for name in _OF_SENDING if name in options}
        parts = {name: value for name, value in options.items() if name not in given}

        def build() -> httpx.Request:
            # Cookies may have come since it was built.
            return core.build(method, url, parts) if built is None or core.cookies else built

        asked = None if policy is None else _asked(core, build(), policy, given, wish)
        alone = _Alone(core, wanted)
        try:
            return await self._answered(alone, asked, fresh=wish.fresh)
        except Exception as error:
            retry, failure = given.get("retry", core.retry), classify(error)
            unsafe, kept = retry.unsafe, asked is not None
            if not (rescuer and rescuer.fits(failure, method=method, unsafe=unsafe, kept=kept)):
                raise
            errand = Errand(
                core=core,
                request=core.build(method, url, parts),
                asked=asked,
                keeper=self._keeper,
                retry=retry,
                limit=given.get("attempt_timeout", core.attempt_limit),
                sending=given,
                read=lambda response: response,
                default=lambda value: default_response(value, errand.request),
            )
            return await _rescued(rescuer, errand, failure, error)

    async def _answered(self, alone: _Alone, asked: Asked | None, *, fresh: bool) -> Response:
        if asked is None:
            return await alone.send()
        keeper = self.keeper_for(asked.policy)
        give = keeper.renew if fresh else keeper.answer
        return await give(asked, alone.send, whole=True)

    def close(self) -> None:
        """Forget all answers, and ask for no more in the background; on the I/O loop."""
        if self._keeper is not None:
            self._keeper.close()


async def _rescued(
    rescuer: Rescuer, errand: Errand, failure: Failure, error: Exception
) -> Response:
    try:
        given = await rescuer.rescue(errand, failure)
    except NotRescued as why:
        error.add_note(f"The fallback failed too: {why}")
        raise error from error.__cause__
    response: Response = given.value
    # Its frames hold all that the call was made of.
    response.fallback_of = error.with_traceback(None)
    return response


class _Alone:
    """A call as it is sent without all this, any number of times."""

    __slots__ = ("_core", "_wanted")

    def __init__(self, core: Core, wanted: Wanted) -> None:
        self._core = core
        self._wanted = wanted

    async def send(self) -> Response:
        wanted = self._wanted
        self._wanted = wanted._replace(built=None)
        return await self._core.send_alone(wanted._replace(options=dict(wanted.options)))


def _asked(
    core: Core, request: httpx.Request, policy: Cache, given: dict[str, Any], wish: Wish
) -> Asked | None:
    key = key_as_sent(core, request, given)
    if key is not None:
        limit = given.get("attempt_timeout", core.attempt_limit)
        terms = Terms.of(request, limit=limit, retry=given.get("retry", core.retry))
        return Asked(key, policy, terms, functools.partial(out_of_time, request))
    if wish.cache is None:
        return None
    message = (
        "An answer is kept by what the body is, and this one comes piece by piece: give content= "
        "as bytes, or leave out cache=."
    )
    raise ConfigurationError(message)
