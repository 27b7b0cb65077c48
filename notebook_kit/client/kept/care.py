"""What a client does around sending: it gives answers that it keeps, and falls back on others."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.kept.calls import Alone, asked_of
from notebook_kit.client.kept.http_rules import HttpRules
from notebook_kit.client.kept.keeper import Keeper
from notebook_kit.client.kept.records import ResponsePlace
from notebook_kit.client.kept.rescuer import Errand, Rescuer, default_response
from notebook_kit.client.kept.wishes import Wish
from notebook_kit.client.transports.body_bounds import BOUNDS
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Cache, Fallback, HTTPCache, classify
from notebook_kit.scheduling import NotRescued

if TYPE_CHECKING:
    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.kept.asked import Asked
    from notebook_kit.client.kept.keys import Key
    from notebook_kit.client.kept.shortcut import KnownCall
    from notebook_kit.client.response import Response
    from notebook_kit.client.wanted import Wanted
    from notebook_kit.policies import CacheLike, Failure, FallbackLike
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["Care", "kept_longer"]

_NO_WISH: Final = Wish()
#: So many calls are remembered as they were made.
_MOST_KNOWN: Final = 1_000
#: Options of a call that are no part of its request.
_OF_SENDING: Final = (
    *("auth", "follow_redirects", "idempotency_key"),
    *("attempt_timeout", "max_body", "retry"),
)


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
        cert: the certificate by which it is known to servers, as httpx takes it; None for none.

    Attributes:
        policy: how answers are kept, or None where nothing is said.
        rescuer: what is given where no answer comes, or None.

    Raises:
        ConfigurationError: for what cannot work.
    """

    def __init__(
        self, cache: CacheLike, fallback: FallbackLike, *, home: str, cert: object = None
    ) -> None:
        self._files: dict[str, CacheFile] = {}
        #: Stands for the certificate, so that who has another one asks for himself.
        self.who = b"" if cert is None else hashlib.sha256(repr(cert).encode()).digest()
        #: What answers by HTTP's own rules, or None.
        self.rules: HttpRules | None = None
        if (rules := HTTPCache.of(cache)) is not None:
            self.rules, cache = HttpRules(rules, self.file_of(rules.kept), self.who), None
        self.policy = kept_longer(Cache.of(cache), Fallback.of(fallback))
        self.home = home
        self._wants_none = fallback is False
        self.rescuer = self.with_stale(self.rescuer_of(fallback), self.policy)
        self._keeper: Keeper | None = None
        #: Calls without options whose answers may be kept, by method and path.
        self.known: dict[tuple[object, str], KnownCall] = {}
        if self.policy is not None:
            # Now, so that what is wrong with a file is said where it is named.
            self.file_of(self.policy)

    def remember(self, asked: tuple[object, str], call: KnownCall) -> None:
        """Remember a call without options, so that it is soon made again."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[asked] = call

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

    def with_stale(self, rescuer: Rescuer | None, policy: Cache | None) -> Rescuer | None:
        """Return the same with what a policy keeps for when the source is down, if it does.

        A kept answer is better than a value, and a mirror's better than one that is kept.
        """
        if policy is None or not policy.stale_s or self._wants_none:
            return rescuer
        own = () if rescuer is None else rescuer.fallbacks
        if any(it.stale_s is not None for it in own):
            return rescuer
        at = next((number for number, it in enumerate(own) if it.has_value), len(own))
        return Rescuer((*own[:at], Fallback(stale=policy.stale_s), *own[at:]), self.home)

    def rescuer_for(self, fallback: FallbackLike, method: str, wish: Wish) -> Rescuer | None:
        """Return the same for one call, which says how its answer is kept.

        Raises:
            ConfigurationError: for what cannot work, as a kept answer where none are kept.
        """
        rescuer = self.rescuer_of(fallback)
        if rescuer is not None:
            kept_longer(wish.policy(method, self.policy), rescuer.fallbacks)
        return rescuer

    def file_of(self, policy: Cache) -> CacheFile | None:
        """Return the file in which a policy has answers kept, opened; None for memory alone.

        Raises:
            StorageError: when it cannot be read and written, is damaged, something else, or newer.
        """
        if policy.path is None:
            return None
        # SQLite is loaded for those who keep answers in a file.
        from notebook_kit.storage.cache_file import cache_file  # noqa: PLC0415

        name = os.fsdecode(policy.path)
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = cache_file(name)
        return file

    def place_of(
        self, policy: Cache, key: Key, request: httpx.Request, core: Core
    ) -> ResponsePlace | None:
        """Return where a file has the answer to a request; None for memory alone."""
        file = self.file_of(policy)
        if file is None:
            return None
        return ResponsePlace(file, key, request, default_encoding=core.default_encoding)

    @property
    def files(self) -> tuple[CacheFile, ...]:
        """The files that answers are kept in."""
        return tuple(self._files.values())

    @property
    def keeper(self) -> Keeper | None:
        """What keeps answers, if anything was ever to be kept."""
        return self._keeper

    def keeper_for(self, policy: Cache) -> Keeper:
        """Return what keeps answers, made for this policy if it is the first."""
        if self._keeper is None:
            self._keeper = Keeper(self.policy or policy)
        return self._keeper

    def any_keeper(self) -> Keeper | None:
        """Return what keeps answers, where any may be kept: in this client or in its file."""
        if self._keeper is None and self.policy is not None:
            return self.keeper_for(self.policy)
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
        explicit = "fallback" in options
        rescuer: Rescuer | None = options.pop("fallback", self.rescuer)
        policy = self.policy_for(method, wish, rescuer)
        if not explicit:
            rescuer = self.with_stale(rescuer, policy)
        given: dict[str, Any] = {name: options[name] for name in _OF_SENDING if name in options}
        parts = {name: value for name, value in options.items() if name not in given}
        bounds = core.bounds_of_call(given)

        def build(made: httpx.Request | None = None) -> httpx.Request:
            # Cookies may have come since it was made.
            if made is None or core.cookies:
                made = core.build(method, url, parts)
            made.extensions[BOUNDS] = bounds
            return made

        asked = None if policy is None else asked_of(core, build(built), policy, given, wish)
        alone = Alone(core, wanted)
        try:
            return await self._answered(alone, asked, fresh=wish.fresh)
        except Exception as error:
            retry, failure = given.get("retry", core.retry), classify(error)
            unsafe, kept = retry.unsafe, asked is not None
            if not (rescuer and rescuer.fits(failure, method=method, unsafe=unsafe, kept=kept)):
                raise
            errand = Errand(
                core=core,
                request=build(),
                asked=asked,
                keeper=self._keeper,
                retry=retry,
                limit=given.get("attempt_timeout", core.attempt_limit),
                sending=given,
                read=lambda response: response,
                default=lambda value: default_response(value, errand.request),
            )
            return await _rescued(rescuer, errand, failure, error)

    async def _answered(self, alone: Alone, asked: Asked | None, *, fresh: bool) -> Response:
        if asked is None:
            return await alone.send()
        keeper = self.keeper_for(asked.policy)
        give = keeper.renew if fresh else keeper.answer
        return await give(asked, alone.send, whole=True)

    def close(self) -> None:
        """Forget all answers in memory, and ask for no more in the background; on the I/O loop."""
        self.known.clear()
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
