"""Whether an error says that the account has nothing left to spend, in the words of many APIs."""

from __future__ import annotations

from typing import Final

from notebook_kit.policies.carried import attribute_of, json_of

__all__ = ["is_quota_gone"]

_PAYMENT_REQUIRED: Final = 402
#: What APIs call it, in the code or the type of an error.
_QUOTA_GONE: Final = frozenset(
    {
        "access_terminated",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_exhausted",
        "credit_balance_too_low",
        "insufficient_balance",
        "insufficient_credits",
        "insufficient_quota",
    }
)
#: So some call the limit of a minute, too, and then say when to come back.
_PERHAPS_GONE: Final = "quota_exceeded"
#: Anthropic's API answers 400 and says it in words only.
_IN_WORDS: Final = "credit balance is too low"
_MAY_SAY_IT: Final = frozenset({400, 403, 429})


def is_quota_gone(error: BaseException, status_code: int, wait: float | None) -> bool:
    """Tell whether trying again is in vain until somebody pays; ``wait`` is what was asked for."""
    if status_code not in _MAY_SAY_IT:
        return status_code == _PAYMENT_REQUIRED
    said = _words_of(error)
    surely = any(word in _QUOTA_GONE or _IN_WORDS in word for word in said)
    return surely or (_PERHAPS_GONE in said and not wait)


def _words_of(error: BaseException) -> list[str]:
    """Return what the error, and the body of the answer, give as code, type and message."""
    said = [attribute_of(error, "code"), attribute_of(error, "type")]
    for body in (attribute_of(error, "body"), json_of(attribute_of(error, "response"))):
        inner = body.get("error") if isinstance(body, dict) else None
        said.append(inner)
        for holder in (body, inner):
            if isinstance(holder, dict):
                said += [holder.get(name) for name in ("code", "type", "message")]
    return [word.lower() for word in said if isinstance(word, str)]
