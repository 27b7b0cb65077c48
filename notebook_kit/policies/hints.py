"""What a server says of its limits in the headers of an answer, and when to come back.

There is no standard yet, so there are several ways of saying it, and all of the common ones are
read: the two of the IETF's draft (R. Polli, A. Martinez, D. Miller, "RateLimit header fields for
HTTP", draft-ietf-httpapi-ratelimit-headers, the present form and the older ones), the custom of
``x-ratelimit-*``, and those of the APIs of language models, which count requests and tokens apart.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from notebook_kit.policies.durations import unit_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["RateHint", "asked_wait", "read_hint", "read_raw_hint", "retry_after_seconds"]

_Get: TypeAlias = "Callable[[str], str | None]"
_Clock: TypeAlias = "Callable[[], float]"


@dataclass(frozen=True, slots=True)
class RateHint:
    """What a server said of one of its limits.

    Attributes:
        limit: how much the window, or the bucket, holds, or None.
        remaining: how much of it is left, or None.
        reset_s: seconds until it is whole again, or None.
        refills: True for a bucket that fills continuously and is full after ``reset_s``; False for
            a window that is counted anew then.
        unit: what is counted: ``"requests"``, ``"tokens"``, or as the server calls it.
    """

    limit: float | None
    remaining: float | None
    reset_s: float | None
    refills: bool = False
    unit: str = "requests"

    @property
    def share(self) -> float:
        """The share that is left, 1.0 where nobody can tell."""
        if self.remaining == 0:
            return 0.0
        if self.remaining is None or not self.limit:
            return 1.0
        return self.remaining / self.limit


class _Names(NamedTuple):
    """The three headers in which one limit is told."""

    limit: str
    remaining: str
    reset: str
    refills: bool
    unit: str


def _names(pattern: str, kind: str = "") -> _Names:
    parts = ("limit", "remaining", "reset")
    limit, remaining, reset = (pattern.format(part=part, kind=kind) for part in parts)
    unit = kind.rpartition("-")[2] or "requests"
    return _Names(limit, remaining, reset, refills=bool(kind), unit=unit)


_TOKENS: Final = ("tokens", "input-tokens", "output-tokens")
_FAMILIES: Final = (
    _names("ratelimit-{part}"),
    _names("x-ratelimit-{part}"),
    *(_names("x-ratelimit-{part}-{kind}", kind) for kind in ("requests", "tokens")),
    *(_names("anthropic-ratelimit-{kind}-{part}", kind) for kind in ("requests", *_TOKENS)),
)
#: Where none of these is there, there is nothing to read: this is asked of every answer.
_MARKS: Final = (
    "ratelimit",
    "ratelimit-reset",
    "x-ratelimit-reset",
    *(names.remaining for names in _FAMILIES),
)


def read_hint(get: _Get, *, now: _Clock = time.time) -> RateHint | None:
    """Return what the headers say of the limit that binds, or None where they say nothing.

    Of several limits the one binds of which the smallest share is left. What cannot be read is left
    out, so that every number is finite and zero or more.

    Args:
        get: gives a header by its name in lower case, or None, as ``httpx.Headers.get`` does.
        now: gives the time in seconds since 1970, for times of day. The ``Date`` of the answer
            comes before it, because the two clocks may differ.

    >>> read_hint({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "20"}.get)
    RateHint(limit=None, remaining=3.0, reset_s=20.0, refills=False, unit='requests')
    """
    for name in _MARKS:
        if get(name) is not None:
            break
    else:
        return None
    hints = [*_structured(get, now), *_in_three_headers(get, now)]
    return min(hints, key=lambda hint: (hint.share, -(hint.reset_s or 0.0)), default=None)


def read_raw_hint(
    headers: Iterable[tuple[bytes, bytes]], *, now: _Clock = time.time
) -> RateHint | None:
    """Return what `read_hint` returns, from headers as they came, in any case.

    Looking a name up in ``httpx.Headers`` goes through all of them; this goes through them once.

    >>> read_raw_hint([(b"RateLimit", b'"default";r=50;t=30')])
    RateHint(limit=None, remaining=50.0, reset_s=30.0, refills=False, unit='requests')
    """
    pairs = list(headers)
    if b"ratelimit" not in b"\n".join([name for name, _ in pairs]).lower():
        return None
    known: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # One field that stands in several lines is one list (RFC 9110, 5.3).
        known[key] = f"{known[key]}, {text}" if key in known else text
    return read_hint(known.get, now=now)


def _in_three_headers(get: _Get, now: _Clock) -> Iterator[RateHint]:
    for names in _FAMILIES:
        remaining, reset_s = _amount(get(names.remaining)), _reset(get(names.reset), get, now)
        # A limit alone, without its window, says nothing that anyone could keep to.
        if remaining is not None or reset_s is not None:
            limit = _amount(get(names.limit))
            yield RateHint(limit, remaining, reset_s, names.refills, names.unit)


# The structured fields of the draft

#: Longer than anything honest; what is read must not cost more than the answer did.
_LONGEST_FIELD: Final = 1_000
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_BETWEEN_COMMAS: Final = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_BETWEEN_SEMICOLONS: Final = re.compile(rf'(?:[^;"]|{_QUOTED})+')
#: A number of calls that may be under way at once is no pace.
_NO_PACE: Final = "concurrent-requests"


def _structured(get: _Get, now: _Clock) -> Iterator[RateHint]:
    said = _members(get("ratelimit"))
    if not said:
        return
    policies = dict(_members(get("ratelimit-policy")))
    loose: dict[str, str] = {}
    for name, parameters in said:
        policy = policies.get(name, {})
        unit = policy.get("qu", "requests")
        remaining, reset_s = _amount(parameters.get("r")), _reset(parameters.get("t"), get, now)
        if remaining is not None and unit != _NO_PACE:
            yield RateHint(_amount(policy.get("q")), remaining, reset_s, unit=unit)
        key, _, value = name.partition("=")
        loose[key.strip()] = value
    # The form of draft 7: limit=100, remaining=50, reset=30.
    remaining, reset_s = _amount(loose.get("remaining")), _reset(loose.get("reset"), get, now)
    if remaining is not None:
        yield RateHint(_amount(loose.get("limit")), remaining, reset_s)


def _members(field: str | None) -> list[tuple[str, dict[str, str]]]:
    """Return the members of a list of structured fields (RFC 9651), each with its parameters."""
    if not field or len(field) > _LONGEST_FIELD:
        return []
    members = []
    for member in _BETWEEN_COMMAS.findall(field):
        name, *rest = (part.strip() for part in _BETWEEN_SEMICOLONS.findall(member) or [""])
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip(): value.strip().strip('"') for key, _, value in pairs}
        members.append((name.strip('"'), parameters))
    return members


# Numbers and times

#: "50", and "100;w=60" or "100, 100;w=60" as some write it; not "1,000", which could mean either.
_AMOUNT: Final = re.compile(r"\s*([0-9]{1,16}(?:\.[0-9]{0,16})?)\s*(?:$|;|,\s)")
#: As Go writes a duration: "6m0s", "1h2m3.5s", "20ms".
_SPAN: Final = re.compile(r"[0-9]{1,16}(?:\.[0-9]{0,16})?(?:ms|us|µs|ns|d|h|m|s)")
_SPANS: Final = re.compile(rf"(?:{_SPAN.pattern})+")
#: From here on a number of seconds is a time of day, and from there on one of milliseconds.
_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e11
#: No window of any API is longer than a year: such a number counts something else.
_LONGEST_S: Final = 366 * 86_400.0


def _amount(text: str | None) -> float | None:
    match = _AMOUNT.match(text) if text else None
    return float(match[1]) if match else None


def _reset(text: str | None, get: _Get, now: _Clock) -> float | None:
    """Return the seconds that "30", "6m0s", a time since 1970 or a date mean."""
    if not text:
        return None
    number = _amount(text)
    moment = _moment(text, number)
    if moment is not None:
        wait: float | None = max(0.0, moment - _time_there(get, now))
    else:
        wait = _span(text.strip()) if number is None else number
    return wait if wait is not None and wait <= _LONGEST_S else None


def _moment(text: str, number: float | None) -> float | None:
    """Return the seconds since 1970 that are meant, or None if it is no time of day."""
    if number is None:
        return _date(text)
    if number <= _EPOCH_S:
        return None
    return number / (1_000 if number > _EPOCH_MS else 1)


def _span(text: str) -> float | None:
    if not _SPANS.fullmatch(text):
        return None
    # What is below a millisecond is no time to wait for.
    return sum(unit_seconds(part) or 0.0 for part in _SPAN.findall(text))


def _date(text: str) -> float | None:
    """Return the seconds since 1970 of a date of RFC 3339."""
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _time_there(get: _Get, now: _Clock) -> float:
    there = _http_date(get("date"))
    return now() if there is None else there


def _http_date(text: str | None) -> float | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, OverflowError):
        return None
    # HTTP dates are in GMT, also in the old form that does not say so (RFC 9110, 5.6.7).
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


# When to come back


def retry_after_seconds(value: str | None, *, now: _Clock = time.time) -> float | None:
    """Return the seconds that a Retry-After header asks for, in either of its two forms.

    A date in the past is zero; what can't be read is None.

    >>> retry_after_seconds("1.5")
    1.5
    >>> retry_after_seconds("Thu, 01 Jan 1970 00:01:40 GMT", now=lambda: 90.0)
    10.0
    """
    wait = _number(value)
    if wait is None:
        moment = _http_date(value)
        wait = None if moment is None else moment - now()
    return None if wait is None or not math.isfinite(wait) else max(0.0, wait)


def asked_wait(get: _Get, *, now: _Clock = time.time) -> float | None:
    """Return the seconds that an answer asks to wait, or None.

    The headers in milliseconds come first, because they are the more exact where both are sent.

    >>> asked_wait({"retry-after-ms": "250", "retry-after": "1"}.get)
    0.25
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        wait = _number(get(name))
        if wait is not None and math.isfinite(wait):
            return max(0.0, wait) / 1_000
    return retry_after_seconds(get("retry-after"), now=now)


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
