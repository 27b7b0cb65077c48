"""Failing fast: when all items fail for one reason that nothing heals, the rest need not start."""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ClosedError
from notebook_kit.markup import shorten
from notebook_kit.numbers import duration
from notebook_kit.policies.failure import FailureKind
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from notebook_kit.policies.failure import Failure

__all__ = ["FailFast"]

_UNAUTHORIZED: Final = 401
_PAYMENT_REQUIRED: Final = 402
_FORBIDDEN: Final = 403

#: Of failures that are about the account, so many in a row are enough.
_ENOUGH: Final = 3
#: 403 may be about one row's own resource, so it takes more of them, and many more where some
#: items are known to be allowed.
_ENOUGH_DENIED: Final = 10
_ENOUGH_DENIED_AMONG_OTHERS: Final = 25
#: Characters of an error that are shown.
_SHOWN: Final = 200


class _Reason(Enum):
    """What stands in the way of every item, with what to tell the user about it."""

    KEY = (
        "the server does not accept the key, so all others would fail in the same way. Is it "
        "missing, mistyped, expired, or meant for another server? Run again with the right one."
    )
    QUOTA = (
        "the account has nothing left to spend, so all others would fail in the same way. Add "
        "credit or raise its limit where the account is managed, or use the key of another one; "
        "run.retry_failed() goes on with what is left."
    )
    PAUSE = (
        "the server asks for a longer pause than max_retry_after allows, so all others would fail "
        "in the same way. Come back later: run.retry_failed() goes on with what is left; or wait "
        "for it with retry=nk.Retry(max_retry_after=...)."
    )
    CLOSED = (
        "the client was closed, so nothing more can be sent. Make a new one, and keep it open "
        "until its runs have ended."
    )
    RIGHTS = (
        "the server knows the key but does not allow this with it, so all others would most "
        "likely fail in the same way. Check what the key may do (its scopes, project, plan, or the "
        "addresses it may be used from). run.retry_failed() goes on with what is left."
    )


class FailFast:
    """Looks at how items end and says when the rest cannot succeed: bad key, no credit, no rights.

    A run is stopped by three failures in a row that concern all items: 401, 402, an answer that
    says that the quota is used up or asks for a pause that is too long, or a client that was
    closed, in any mixture. It is stopped by ten 403 in a row if no
    item of the run has ended well, by 25 if one has, since 403 may be about one row's own resource.

    What counts is the order in which items end, once their retries are over. Anything else in
    between, a good end or another error, starts the count anew; a 403 starts the count of the
    others anew, and they that of 403. The reason is given once; after that, the items that were
    under way end without a word.

    Args:
        longest_pause_s: seconds that a server may ask to wait so that it is waited for.

    >>> from notebook_kit.errors import AuthenticationError
    >>> from notebook_kit.policies.failure import classify
    >>> refused = classify(AuthenticationError("wrong key", status_code=401))
    >>> fail_fast = FailFast()
    >>> print(*(fail_fast.ended(refused) for _ in range(3)), sep=" / ")
    None / None / The last 3 items ended with status 401: the server does not accept the key, ...
    """

    def __init__(self, *, longest_pause_s: float = math.inf) -> None:
        self._longest_pause_s = longest_pause_s
        self._in_a_row = 0
        self._denied_in_a_row = 0
        self._some_ended_well = False
        self._said = False

    def ended(self, failure: Failure | None) -> str | None:
        """Note how an item ended; return why the whole run should stop, or None.

        Args:
            failure: what the item ended with, or None if it ended well.
        """
        self._some_ended_well = self._some_ended_well or failure is None
        reason = None if failure is None else self._reason(failure)
        denied = reason is _Reason.RIGHTS
        self._denied_in_a_row = self._denied_in_a_row + 1 if denied else 0
        self._in_a_row = 0 if denied or reason is None else self._in_a_row + 1
        if failure is None or reason is None or self._said or not self._is_enough():
            return None
        self._said = True
        return self._explain(failure, reason)

    def _is_enough(self) -> bool:
        most = _ENOUGH_DENIED_AMONG_OTHERS if self._some_ended_well else _ENOUGH_DENIED
        return self._in_a_row >= _ENOUGH or self._denied_in_a_row >= most

    def _explain(self, failure: Failure, reason: _Reason) -> str:
        count = self._in_a_row or self._denied_in_a_row
        text = f"The last {count} items ended with {_ending(failure)}: {reason.value}"
        if reason is _Reason.PAUSE:
            text += f" It asked for {duration(failure.retry_after_s or 0.0)}."
        hint = failure.hint
        if reason is _Reason.RIGHTS and hint is not None and hint.remaining == 0:
            # Some APIs, GitHub's among them, answer so when their limit is used up.
            when = "" if hint.reset_s is None else f" for {duration(hint.reset_s)}"
            text += f" Or wait: the server also says that nothing is left of its limit{when}."
        return f"{text} The last error: {_words_of(failure.error)}"

    def _reason(self, failure: Failure) -> _Reason | None:
        if isinstance(failure.error, ClosedError):
            return _Reason.CLOSED
        if failure.kind is not FailureKind.STATUS:
            return None
        if failure.quota_gone or failure.status_code == _PAYMENT_REQUIRED:
            return _Reason.QUOTA
        if failure.status_code == _UNAUTHORIZED:
            return _Reason.KEY
        if failure.refused and (failure.retry_after_s or 0.0) > self._longest_pause_s:
            return _Reason.PAUSE
        return _Reason.RIGHTS if failure.status_code == _FORBIDDEN else None


def _ending(failure: Failure) -> str:
    if failure.status_code is None:
        return type(failure.error).__name__
    return f"status {failure.status_code}"


def _words_of(error: BaseException) -> str:
    return shorten(text_of(error), _SHOWN) or type(error).__name__
