"""A map of calls whose answers are kept, or that has something else to give."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.client.kept.asked import Asked, Terms
from notebook_kit.client.kept.asking import ask
from notebook_kit.client.kept.care import kept_longer
from notebook_kit.client.kept.copies import copy_of
from notebook_kit.client.kept.keys import Key, key_as_sent
from notebook_kit.client.kept.rescuer import Errand, Rescuer
from notebook_kit.client.kept.wishes import wish_of
from notebook_kit.client.time_limits import attempt_limit
from notebook_kit.client.translate import out_of_time
from notebook_kit.client.transports import SENT
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Fallback
from notebook_kit.scheduling import Answer, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.execution import RunOptions
    from notebook_kit.policies import Cache, Failure, Retry
    from notebook_kit.scheduling import Rescued

__all__ = ["Keeping", "KeptWork", "keeping_of", "with_keeping"]


_KEY_OR_CACHE: Final = "cache= and idempotency_key= exclude each other: the key asks for work anew."
_FILES_OR_CACHE: Final = (
    "cache= and files= exclude each other: a body of files is written anew each time. Give "
    "content= as bytes, or leave out cache=."
)


class Keeping(NamedTuple):
    """What a map does beside sending.

    Attributes:
        policy: how answers are kept, or None.
        fresh: whether the server is asked although an answer is kept.
        rescuer: what is given where no answer comes, or None.
    """

    policy: Cache | None
    fresh: bool
    rescuer: Rescuer | None


def keeping_of(
    core: Core, method: str, given: dict[str, Any], *, keyed: bool, uploads: bool = False
) -> Keeping | None:
    """Take out of the options of a map what it does beside sending; None where that is nothing.

    Args:
        core: of the client, whose cache and fallbacks hold where nothing else is said.
        method: the HTTP method.
        given: the options.
        keyed: whether each row has an idempotency key.
        uploads: whether files are sent, whose requests are never the same twice.

    Raises:
        ConfigurationError: for what cannot work.
    """
    care = core.care
    wish = wish_of(given.pop("cache", None), given.pop("fresh", False), own=care.policy)
    policy = care.policy_for(method, wish, care.rescuer)
    if policy is not None and (keyed or uploads):
        if wish.cache is not None:
            raise ConfigurationError(_KEY_OR_CACHE if keyed else _FILES_OR_CACHE)
        policy = None
    fallback, rescuer = given.pop("fallback", None), care.with_stale(care.rescuer, policy)
    if fallback is not None:
        fallbacks = Fallback.of(fallback)
        policy = kept_longer(policy, fallbacks)
        rescuer = Rescuer(fallbacks, care.home) if fallbacks else None
    if policy is None and rescuer is None:
        return None
    return Keeping(policy, wish.fresh, rescuer)


def with_keeping(work: Any, core: Core, keeping: Keeping | None, options: RunOptions) -> Any:
    """Return the work with what it does beside sending, if that is anything."""
    if keeping is None:
        return work
    limit = attempt_limit(options.attempt_timeout_s)
    return KeptWork(work, core, keeping, retry=options.retry, limit=limit)


class KeptWork:
    """Work that looks for what is kept, and knows what else can be given.

    Args:
        work: makes requests of items and sends them.
        core: of the client.
        keeping: what is kept and what can be given.
        retry: the policy of the run.
        limit: that of one attempt of a row that has none of its own.
    """

    def __init__(
        self,
        work: Any,
        core: Core,
        keeping: Keeping,
        *,
        retry: Retry,
        limit: AttemptLimit | None = None,
    ) -> None:
        self._work = work
        self._core = core
        self._retry = retry
        self._limit = limit
        self._rescuer = keeping.rescuer
        self._policy = keeping.policy
        self._fresh = keeping.fresh
        self._tell_sent: Callable[..., None] | None = None
        self._keeper = None if self._policy is None else core.care.keeper_for(self._policy)
        #: Who was asked for last, and by what: an item that waits is asked about again.
        self._last: tuple[Any, Asked] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def when_sent(self, tell: Callable[..., None]) -> None:
        """Have a function called when a request leaves, its connection having been made."""
        self._tell_sent = tell
        self._work.when_sent(tell)

    # What is kept

    @property
    def remembers(self) -> bool:
        """Whether answers may be known."""
        return self._policy is not None and not self._fresh

    def known(self, item: Any) -> Answer | None:
        """Return the answer to an item if it is kept and still good."""
        policy, keeper = self._policy, self._keeper
        if policy is None or keeper is None:
            return None
        last = self._last
        asked = last[1] if last is not None and last[0] is item else self._asked(item, policy)
        self._last = item, asked
        response = keeper.peek(asked, functools.partial(self._ask_anew, item))
        if response is None:
            return None
        if self._work.hands_out_answers:
            response = copy_of(response, "cache")
        return self._answer(item, response)

    def _asked(self, item: Any, policy: Cache) -> Asked:
        core, request = self._core, self._work.request(item)
        key = self._key_of(request, self._work.sending_of(item))
        place = core.care.place_of(policy, key, request, core)
        return Asked(key, policy, place=place, refuses=self._refusal_of(item))

    def _refusal_of(self, item: Any) -> Callable[[Response], bool] | None:
        """Return what tells whether the run refuses an answer; None where it refuses none."""
        retry, work = self._retry, self._work
        if retry.retry_value is None:
            return None
        return lambda response: retry.rejects(work.read(item, response).value)

    def _key_of(self, request: httpx.Request, sending: Mapping[str, Any]) -> Key:
        key = key_as_sent(self._core, request, sending)
        assert key is not None  # noqa: S101 - a map refuses bodies that can be read only once
        return key

    async def _ask_anew(self, item: Any) -> Response:
        request = self._work.request(item)
        sending = {"limit": self._core.attempt_limit, **self._work.sending_of(item)}
        return await ask(self._core, request, retry=self._retry, safe=self._work.safe, **sending)

    async def perform(self, item: Any) -> Answer:
        """Do one attempt, for all who ask for the same meanwhile."""
        policy, keeper = self._policy, self._keeper
        if policy is None or keeper is None:
            answer: Answer = await self._work.perform(item)
            return answer
        request = self._work.request(item)
        tell = self._tell_sent
        # The request may leave in another task than this, which is the one that is waited for.
        request.extensions[SENT] = tell and functools.partial(tell, asyncio.current_task())
        sending = self._work.sending_of(item)
        key = self._key_of(request, sending)
        send = functools.partial(self._core.attempt, request, **sending)
        give = keeper.renew if self._fresh else keeper.answer
        terms = Terms.of(request, limit=sending.get("limit", self._limit))
        place = self._core.care.place_of(policy, key, request, self._core)
        late, refuses = functools.partial(out_of_time, request), self._refusal_of(item)
        asked = Asked(key, policy, terms, late, place, refuses)
        response = await give(asked, send, whole=False)
        return self._answer(item, response)

    def _answer(self, item: Any, response: Response) -> Answer:
        answer: Answer = self._work.read(item, response)
        if response.source == "network":
            return answer
        # What it says of limits was said to somebody else, perhaps long ago.
        return answer._replace(source=Source.CACHE, hint=None)

    # What else there is

    @property
    def rescues(self) -> bool:
        """Whether something else may be given for an item that failed."""
        return self._rescuer is not None

    def may_rescue(self, failure: Failure) -> bool:
        """Tell whether something else can be tried after this failure."""
        rescuer = self._rescuer
        if rescuer is None:
            return False
        kept, unsafe = self._policy is not None, self._retry.unsafe
        return rescuer.fits(failure, method=self._work.method, unsafe=unsafe, kept=kept)

    async def rescue(self, item: Any, failure: Failure, limit_s: float) -> Rescued:
        """Give something else for an item, within so many seconds if that means a request.

        Raises:
            NotRescued: when there is nothing.
        """
        assert self._rescuer is not None  # noqa: S101 - or it would not be asked for
        request, sending = self._work.request(item), self._work.sending_of(item)
        asked = None
        if (policy := self._policy) is not None:
            key = self._key_of(request, sending)
            place = self._core.care.place_of(policy, key, request, self._core)
            asked = Asked(key, policy, place=place)
        errand = Errand(
            core=self._core,
            request=request,
            asked=asked,
            keeper=self._keeper,
            retry=self._retry,
            sending=sending,
            left_s=limit_s,
            read=lambda response: self._work.read(item, response).value,
            default=self._work.given,
        )
        return await self._rescuer.rescue(errand, failure)
