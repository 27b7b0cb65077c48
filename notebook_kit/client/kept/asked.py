"""What is asked of the cache: a request as it is known there, and the terms it is sent on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.policies import classify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    import httpx

    from notebook_kit.client.kept.keys import Key
    from notebook_kit.client.kept.records import ResponsePlace
    from notebook_kit.client.response import Response
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.policies import Cache, Retry

__all__ = ["Asked", "Make", "Terms"]

#: Makes the call for an answer, all of it or a single try.
Make: TypeAlias = "Callable[[], Awaitable[Response]]"


class Terms(NamedTuple):
    """How a request is sent, as far as whoever waits for it has to do with that.

    Attributes:
        timeout: how long the server may be silent; only who says the same waits for the same, or
            for one in the background.
        limit: the limit of one attempt; who waits for another's request has his own.
        retry: the policy of a call with all its tries; None for a single try.
        most: how many bytes the body of the answer may have; None for any number.
    """

    timeout: Hashable = None
    limit: AttemptLimit | None = None
    retry: Retry | None = None
    most: int | None = None

    @classmethod
    def of(
        cls, request: httpx.Request, *, limit: AttemptLimit | None, retry: Retry | None = None
    ) -> Terms:
        """Return the terms on which a request is sent."""
        timeout = tuple(request.extensions.get("timeout", {}).items())
        return cls(timeout, limit, retry, bounds_of(request).most)

    def own_limit(self, theirs: Terms) -> AttemptLimit | None:
        """Return for how long to wait at most for a request that is sent on other terms."""
        return None if self.limit == theirs.limit else self.limit

    def bear(self, theirs: Terms) -> bool:
        """Tell whether what failed on other terms would have failed on these."""
        same = self.timeout == theirs.timeout and self.limit == theirs.limit
        takes_more = _number(self.most) > _number(theirs.most)
        return same and self.retry in (None, theirs.retry) and not takes_more

    def wait_for(self, theirs: Terms, age_s: float) -> bool:
        """Tell whether to wait for a request that has been under way on other terms so long.

        With less patience than it has taken already one would rather ask oneself.
        """
        limit = self.own_limit(theirs)
        return self.timeout == theirs.timeout and (limit is None or age_s < limit.limit_s)


def _number(most: int | None) -> float:
    return math.inf if most is None else most


class Asked(NamedTuple):
    """A request as the cache sees it.

    Attributes:
        key: what it is known by.
        policy: how its answer is kept.
        terms: how it is sent.
        late: makes the error of who has waited for another's request for too long.
        place: where a file has the answer; None where there is no file.
        refuses: tells of an answer that whoever asks does not want; None where any will do.
        cookie: those that the request is sent with, or it is another's; None where nobody knows.
    """

    key: Key
    policy: Cache
    terms: Terms = Terms()
    late: Callable[[AttemptLimit], Exception] | None = None
    place: ResponsePlace | None = None
    refuses: Callable[[Response], bool] | None = None
    cookie: str | None = None

    def tries_again(self, error: Exception) -> bool:
        """Tell whether a call is tried again after waiting in vain for another's request."""
        retry = self.terms.retry
        if retry is None:
            return False  # Who makes single tries is asked by who counts them.
        safe = self.key.method in IDEMPOTENT
        wait = retry.delay(classify(error), attempts=1, safe=safe, draw=lambda: 0.0)
        return wait is not None

    def may_keep(self, response: Response) -> bool:
        """Tell whether an answer is one to what was asked, and is wanted."""
        first = (*response.history, response)[0].request
        if self.cookie is not None and first.headers.get("cookie", "") != self.cookie:
            return False  # Cookies came before it was sent.
        try:
            return self.refuses is None or not self.refuses(response)
        except Exception:  # noqa: BLE001 - raised again where the answer is read
            return False
