"""What is given where the endpoint is unavailable: the fallbacks of a client or a map, in order."""

from __future__ import annotations

import copy
import functools
import json
import math
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.kept.asked import Asked, Terms
from notebook_kit.client.kept.asking import ask
from notebook_kit.client.kept.keys import key_as_sent
from notebook_kit.client.kept.mirror import Mirror
from notebook_kit.client.methods import IDEMPOTENT, READS
from notebook_kit.client.response import Response
from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.attempt import within
from notebook_kit.policies.fallback import fitting
from notebook_kit.redact import shown, text_of
from notebook_kit.scheduling import NotRescued, Rescued

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.client.core import Core
    from notebook_kit.client.kept.keeper import Keeper
    from notebook_kit.client.time_limits import AttemptLimit
    from notebook_kit.policies import Failure, Fallback, Retry

__all__ = ["Errand", "Rescuer", "default_response"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What was asked for in vain.

    Attributes:
        core: what sends.
        request: as it would be sent, but not the one that was.
        asked: what it is known by, and the policy of the cache; None where nothing is kept.
        keeper: keeps answers, where they are kept.
        retry: the policy; of a mirror refusals are tried again, and nothing else.
        limit: the limit of one attempt, or None.
        sending: how the request was sent, beside what it is: ``auth``, ``follow_redirects``.
        left_s: seconds in which it must be done if that means a request.
        read: makes a result of an answer.
        default: makes a result of a value.
    """

    core: Core
    request: httpx.Request
    asked: Asked | None
    keeper: Keeper | None
    retry: Retry
    read: Callable[[Response], Any]
    default: Callable[[Any], Any]
    limit: AttemptLimit | None = None
    sending: Mapping[str, Any] = field(default_factory=dict)
    left_s: float = math.inf


class Rescuer:
    """The fallbacks of a client or a map.

    Args:
        fallbacks: what is tried, in order.
        home: the base URL of the client.

    Raises:
        ConfigurationError: for one that cannot work.
    """

    def __init__(self, fallbacks: tuple[Fallback, ...], home: str) -> None:
        self.fallbacks = fallbacks
        self._mirrors = {
            number: Mirror(it, home)
            for number, it in enumerate(fallbacks)
            if it.base_url is not None
        }

    def refuse_what_is_no_json(self) -> None:
        """Check that each value can be given to a single call.

        Raises:
            ConfigurationError: for one that cannot be written as JSON.
        """
        for fallback in self.fallbacks:
            if fallback.has_value:
                try:
                    json.dumps(fallback.value)
                except (TypeError, ValueError, RecursionError) as error:
                    message = (
                        f"fallback value={shown(fallback.value)} cannot be written as JSON "
                        f"({text_of(error)}), and single calls get it so: give plain data here, "
                        "or give it to client.map."
                    )
                    raise ConfigurationError(message) from None

    def fits(self, failure: Failure, *, method: str, unsafe: bool, kept: bool) -> bool:
        """Tell whether anything can be tried after this failure."""
        return bool(self._fitting(failure, method=method, unsafe=unsafe, kept=kept))

    def _fitting(
        self, failure: Failure, *, method: str, unsafe: bool, kept: bool
    ) -> tuple[Fallback, ...]:
        return fitting(
            self.fallbacks,
            failure,
            # What is asked of the cache is by the user's word something that changes nothing.
            reads=method in READS or kept,
            repeatable=method in IDEMPOTENT or unsafe,
            kept=kept,
        )

    async def rescue(self, errand: Errand, failure: Failure) -> Rescued:
        """Return what the first that holds gives.

        Raises:
            NotRescued: when none does, saying why of each.
        """
        fits = self._fitting(
            failure,
            method=errand.request.method,
            unsafe=errand.retry.unsafe,
            kept=errand.asked is not None,
        )
        said: list[str] = []
        sent = False
        for number, fallback in enumerate(self.fallbacks):
            if not any(it is fallback for it in fits):
                continue
            try:
                response, asks = await self._give(number, fallback, errand)
                if response is None:
                    value = errand.default(copy.deepcopy(fallback.value))
                    return Rescued(value, sent=sent)
                response.fallback_of = failure.error
                return Rescued(errand.read(response), response.status_code, sent=sent or asks)
            except _Unusable as error:
                said.append(text_of(error))
            except Exception as error:  # noqa: BLE001 - the next one is tried, and this one told of
                mirror = self._mirrors.get(number)
                sent = sent or mirror is not None
                where = "the kept answer" if mirror is None else str(mirror)
                said.append(f"{where}: {type(error).__name__}: {text_of(error)}")
        raise NotRescued("; ".join(said), sent=sent)

    async def _give(
        self, number: int, fallback: Fallback, errand: Errand
    ) -> tuple[Response | None, bool]:
        """Return the answer, None for a value, and whether a request was sent for it."""
        if fallback.has_value:
            return None, False
        if fallback.stale_s is not None:
            return _stale(errand, fallback.stale_s), False
        return await _asked(errand, self._mirrors[number]), True


class _Unusable(Exception):
    """A fallback that there is nothing to be had of, without a request."""


def _stale(errand: Errand, max_age_s: float) -> Response:
    asked, keeper = errand.asked, errand.keeper
    assert asked is not None  # noqa: S101 - or it would not fit
    assert keeper is not None  # noqa: S101 - as above
    response = keeper.stale(asked, max_age_s)
    if response is None:
        message = f"no answer is kept that is at most {max_age_s:g} s old"
        raise _Unusable(message)
    return response


async def _asked(errand: Errand, mirror: Mirror) -> Response:
    core = errand.core
    request = mirror.request(core, errand.request)
    if request is None:
        message = (
            f"{mirror}: this request is not one for the base URL, cannot be made again, or would "
            "carry a credential there"
        )
        raise _Unusable(message)
    if errand.left_s <= 0:
        message = f"{mirror}: no time was left to ask there"
        raise _Unusable(message)
    retry = replace(errand.retry, max_attempts=1)
    sending = mirror.sending(errand.sending)
    ways = {"retry": retry, "limit": errand.limit, "safe": True, **sending}
    make = functools.partial(ask, core, request, **ways)
    key = None if errand.asked is None else key_as_sent(core, request, sending)
    if errand.asked is not None and errand.keeper is not None and key is not None:
        # However many wait for what the server does not give, the mirror is asked once.
        terms = Terms(most=bounds_of(request).most)
        asked = Asked(key, errand.asked.policy, terms)
        make = functools.partial(errand.keeper.answer, asked, make, whole=True)
    response: Response = await within(make, attempt_s=None, item_s=errand.left_s)
    response.source = "fallback"
    return response


def default_response(value: Any, request: httpx.Request) -> Response:
    """Return a value as the answer of a single call."""
    body = json.dumps(value).encode()
    headers = {"content-type": "application/json"}
    response = Response.adopt(httpx.Response(200, headers=headers, content=body, request=request))
    response.elapsed = timedelta(0)
    response._is_value = True  # noqa: SLF001 - nobody else makes one of a value
    response.source = "fallback"
    return response
