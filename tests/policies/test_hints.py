"""Hints: what servers say of their limits, in all the ways in which they say it."""

from __future__ import annotations

import math
import timeit
from email.utils import formatdate
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_kit.policies.hints import RateHint, asked_wait, read_hint, read_raw_hint

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = settings(deadline=None)
NOW = 1_700_000_000


def hint_of(headers: Mapping[str, str]) -> RateHint | None:
    """Read headers whose names may be in any case, at a known time."""
    return read_hint(httpx.Headers(headers).get, now=lambda: float(NOW))


def openai(**said: str) -> dict[str, str]:
    """Write headers as `requests_limit="60"` for x-ratelimit-limit-requests."""
    pairs = (name.split("_") for name in said)
    return {f"x-ratelimit-{part}-{kind}": said[f"{kind}_{part}"] for kind, part in pairs}


def anthropic(**said: str) -> dict[str, str]:
    """Write headers as `input_tokens_limit="60"` for anthropic-ratelimit-input-tokens-limit."""
    return {f"anthropic-ratelimit-{name.replace('_', '-')}": said[name] for name in said}


# The draft of the IETF


@pytest.mark.parametrize(
    ("limit", "policy", "expected"),
    [
        ('"default";r=50;t=30', '"default";q=100;w=60', RateHint(100, 50, 30)),
        ('"default";r=50;t=30', None, RateHint(None, 50, 30)),
        ('"default";r=0', '"default";q=100;w=60', RateHint(100, 0, None)),
        ("default;r=50;t=30", "default;q=100", RateHint(100, 50, 30)),
        (' "default" ; r=50 ;t = 30 ', '"default";q=100', RateHint(100, 50, 30)),
        ('"default";r=50;t=30', '"another";q=100', RateHint(None, 50, 30)),
        ('"a,b;c";r=5;t=3;pk=:cHsdsRa894==:', '"x";q=1, "a,b;c";q=10', RateHint(10, 5, 3)),
        ('"hour";r=90;t=9, "day";r=10;t=99', '"hour";q=100,"day";q=1000', RateHint(1000, 10, 99)),
        ('"hour";r=9;t=9, "day";r=100;t=99', '"hour";q=100,"day";q=1000', RateHint(100, 9, 9)),
        ('"b";r=5;t=3', '"b";q=10;qu="content-bytes"', RateHint(10, 5, 3, unit="content-bytes")),
        ("limit=100, remaining=50, reset=30", "100;w=60", RateHint(100, 50, 30)),
        ("remaining=50,reset=30", None, RateHint(None, 50, 30)),
        (f"remaining=50, reset={NOW + 30}", None, RateHint(None, 50, 30)),
        (f'"default";r=50;t={NOW + 30}', None, RateHint(None, 50, 30)),
        ('"default";r=50;t=40000000', None, RateHint(None, 50, None)),
    ],
)
def test_the_structured_fields(limit: str, policy: str | None, expected: RateHint) -> None:
    """What is left, of how much and for how long, is read; of several policies the one binds."""
    headers = {"RateLimit": limit} | ({"RateLimit-Policy": policy} if policy else {})
    assert hint_of(headers) == expected


@pytest.mark.parametrize(
    ("limit", "policy"),
    [
        ("", None),
        ('"default"', '"default";q=100'),
        ('"default";r=many;t=30', '"default";q=100'),
        ('"default";r=-1;t=30', '"default";q=100'),
        ('"c";r=5', '"c";q=10;qu="concurrent-requests"'),
        ('"default";r=50;t=30' + " " * 1_000, None),
        ("limit=100, reset=30", None),
        (";;;,,,===", ";"),
    ],
)
def test_structured_fields_that_say_nothing(limit: str, policy: str | None) -> None:
    """Garbage, fields of absurd length and limits that are no pace give no hint."""
    headers = {"RateLimit": limit} | ({"RateLimit-Policy": policy} if policy else {})
    assert hint_of(headers) is None


# Three headers


@pytest.mark.parametrize("prefix", ["RateLimit", "X-RateLimit", "x-ratelimit"])
@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "expected"),
    [
        ("100", "50", "30", RateHint(100, 50, 30)),
        ("100, 100;w=60, 5000;w=3600", "50", "30", RateHint(100, 50, 30)),
        ("100;w=21600", "76;w=21600", None, RateHint(100, 76, None)),
        ("100", "0", "0.5", RateHint(100, 0, 0.5)),
        (None, "50", "30", RateHint(None, 50, 30)),
        (None, None, "30", RateHint(None, None, 30)),
        ("5000", "4999", str(NOW + 90), RateHint(5000, 4999, 90)),
        ("5000", "4999", str(NOW - 90), RateHint(5000, 4999, 0)),
        ("5000", "4999", str((NOW + 90) * 1000), RateHint(5000, 4999, 90)),
        ("5000", "4999", f"{NOW + 90}.5", RateHint(5000, 4999, 90.5)),
        ("100", "-1", "30", RateHint(100, None, 30)),
        ("all", "50", "soon", RateHint(None, 50, None)),
        ("1,000", "50", "", RateHint(None, 50, None)),
        ("100", "50", "1e3", RateHint(100, 50, None)),
        ("100", "50", "inf", RateHint(100, 50, None)),
        ("nan", "50", "nan", RateHint(None, 50, None)),
        ("9" * 400, "50", "9" * 400, RateHint(None, 50, None)),
        ("100", "50", str(NOW * 1_000_000), RateHint(100, 50, None)),
        ("100", "50", "9999999999s", RateHint(100, 50, None)),
        ("100", "50", str(366 * 86_400), RateHint(100, 50, 366 * 86_400)),
        ("100", "50", str(366 * 86_400 + 1), RateHint(100, 50, None)),
    ],
)
def test_limits_in_three_headers(
    prefix: str, limit: str | None, remaining: str | None, reset: str | None, expected: RateHint
) -> None:
    """A reset is seconds, or a time since 1970 in seconds or milliseconds; bad values are left."""
    said = {"Limit": limit, "Remaining": remaining, "Reset": reset}
    headers = {f"{prefix}-{name}": value for name, value in said.items() if value is not None}
    assert hint_of(headers) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-limit": "100"},
        {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "few", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": ""},
        {"ratelimit-policy": '"default";q=100;w=60'},
        {"retry-after": "30", "date": formatdate(NOW, usegmt=True)},
    ],
)
def test_headers_that_nobody_could_keep_to(headers: dict[str, str]) -> None:
    """Without what is left or when it is whole again there is no hint."""
    assert hint_of(headers) is None
    assert read_raw_hint(httpx.Headers(headers).raw) is None


def test_a_time_of_day_is_read_by_the_clock_of_the_server() -> None:
    """A notebook whose clock is wrong by an hour waits no longer than one whose clock is right."""
    said = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 90)}
    dated = {**said, "date": formatdate(NOW, usegmt=True)}
    for clock in (NOW - 3600.0, float(NOW), NOW + 3600.0):
        assert read_hint(dated.get, now=[clock].pop) == RateHint(None, 0, 90)
    undated = {**said, "date": "today"}
    assert read_hint(undated.get, now=lambda: NOW + 60.0) == RateHint(None, 0, 30)


# The APIs of language models


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("2m59.56s", 179.56),
        ("1d", 86400.0),
        ("0s", 0.0),
        ("500us", 0.0),
        ("1ms500µs", 0.001),
        (" 7.66s ", 7.66),
        ("12", 12.0),
        ("s", None),
        ("1s2", None),
        ("1 s", None),
        ("-1s", None),
        ("1e3s", None),
        ("400d", None),
        ("9" * 17 + "s", None),
    ],
)
def test_spans_as_the_openai_api_writes_them(written: str, meant: float | None) -> None:
    """Hours, minutes, seconds and their parts are added up; anything else is no time."""
    headers = openai(requests_limit="60", requests_remaining="59", requests_reset=written)
    hint = read_hint(headers.get)
    assert hint is not None
    assert hint.reset_s == (None if meant is None else pytest.approx(meant))
    assert (hint.limit, hint.remaining, hint.refills) == (60, 59, True)


def test_the_limit_that_binds_is_returned() -> None:
    """Of requests and tokens the one counts of which the smaller share is left."""
    requests = openai(requests_limit="60", requests_remaining="30", requests_reset="30s")
    tokens = openai(tokens_limit="150000", tokens_remaining="149984", tokens_reset="6m0s")
    assert hint_of(requests | tokens) == RateHint(60, 30, 30, refills=True)
    tokens = openai(tokens_limit="150000", tokens_remaining="15000", tokens_reset="54s")
    binding = RateHint(150_000, 15_000, 54, refills=True, unit="tokens")
    assert hint_of(requests | tokens) == hint_of(tokens | requests) == hint_of(tokens) == binding


def test_limits_of_equal_shares() -> None:
    """Of two that are used up, the one binds that takes longer."""
    requests = openai(requests_limit="60", requests_remaining="0", requests_reset="1s")
    tokens = openai(tokens_limit="1000", tokens_remaining="0", tokens_reset="50s")
    assert hint_of(requests | tokens) == RateHint(1000, 0, 50, refills=True, unit="tokens")
    tokens = openai(tokens_limit="1000", tokens_remaining="0", tokens_reset="never")
    assert hint_of(requests | tokens) == RateHint(60, 0, 1, refills=True)


def test_what_is_left_of_an_unknown_limit() -> None:
    """Without its limit a number says little, unless it is zero."""
    headers = openai(requests_remaining="9", tokens_limit="10", tokens_remaining="8")
    assert hint_of(headers) == RateHint(10, 8, None, refills=True, unit="tokens")
    headers = openai(requests_remaining="0", tokens_limit="10", tokens_remaining="1")
    assert hint_of(headers) == RateHint(None, 0, None, refills=True)
    headers = openai(requests_limit="0", requests_remaining="9", tokens_remaining="8000")
    assert hint_of(headers) == RateHint(0, 9, None, refills=True)


def test_the_headers_of_anthropic() -> None:
    """Dates of RFC 3339 tell when a bucket is full; input and output tokens count apart."""
    headers = anthropic(
        requests_limit="4000",
        requests_remaining="3999",
        requests_reset="2023-11-14T22:13:30Z",
        input_tokens_limit="1000",
        input_tokens_remaining="500",
        input_tokens_reset="2023-11-14T22:13:50Z",
        output_tokens_limit="1000",
        output_tokens_remaining="100",
        output_tokens_reset="2023-11-15T00:14:20.5+02:00",
    )
    assert hint_of(headers) == RateHint(1000, 100, 60.5, refills=True, unit="tokens")
    del headers["anthropic-ratelimit-output-tokens-remaining"]
    del headers["anthropic-ratelimit-output-tokens-reset"]
    assert hint_of(headers) == RateHint(1000, 500, 30, refills=True, unit="tokens")
    only_requests = {name: headers[name] for name in headers if "requests" in name}
    assert hint_of(only_requests) == RateHint(4000, 3999, 10, refills=True)


@pytest.mark.parametrize(
    ("written", "reset_s"),
    [
        ("2023-11-14T22:13:30", 10.0),
        ("2023-11-14T22:13:20Z", 0.0),
        ("2020-01-01T00:00:00Z", 0.0),
        ("0001-01-01T00:00:00+23:59", 0.0),
        ("9999-12-31T23:59:59-23:59", None),
        ("2023-14-11T22:13:30Z", None),
        ("", None),
    ],
)
def test_dates_that_are_odd(written: str, reset_s: float | None) -> None:
    """A date without a zone is in UTC, one that is past is now, one years ahead is none."""
    headers = anthropic(requests_limit="50", requests_remaining="5", requests_reset=written)
    assert hint_of(headers) == RateHint(50, 5, reset_s, refills=True)


def test_every_kind_of_token_is_seen_alone() -> None:
    """No header is missed for want of another one."""
    for kind in ("requests", "tokens", "input-tokens", "output-tokens"):
        found = hint_of({f"anthropic-ratelimit-{kind}-remaining": "7"})
        assert found is not None
        assert (found.remaining, found.unit) == (7, kind.rpartition("-")[2])


# Whatever a server writes

NAMES = [
    "ratelimit",
    "ratelimit-policy",
    "date",
    "retry-after",
    "retry-after-ms",
    *(f"{x}ratelimit-{part}" for x in ("", "x-") for part in ("limit", "remaining", "reset")),
    *(f"x-ratelimit-{part}-tokens" for part in ("limit", "remaining", "reset")),
    *(f"anthropic-ratelimit-requests-{part}" for part in ("limit", "remaining", "reset")),
]
PIECES = st.sampled_from(
    ['"a"', *';,=rtqw"\\1-. sh\x00٣', "50", "e9", "ms", "inf", "nan", "remaining=", "9" * 20]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.lists(PIECES, max_size=12).map("".join),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(str),
)


@settings(deadline=None, max_examples=500)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
@example({"x-ratelimit-reset": "0001-01-01T00:00:00"})
def test_no_header_breaks_anything(headers: dict[str, str]) -> None:
    """Every number that comes out is finite and zero or more, whatever went in."""
    hint = read_hint(headers.get, now=lambda: float(NOW))
    for number in (hint.limit, hint.remaining, hint.reset_s) if hint else ():
        assert number is None or 0 <= number < math.inf
    assert hint is None or (0 <= hint.share < math.inf and (hint.reset_s or 0) <= 366 * 86_400)
    wait = asked_wait(headers.get)
    assert wait is None or 0 <= wait < math.inf


@PLAIN
@given(
    limit=st.integers(1, 10**9),
    share=st.floats(0, 1),
    reset=st.integers(0, 86_400),
    policy=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
)
def test_structured_fields_written_and_read(
    limit: int, share: float, reset: int, policy: str
) -> None:
    """What a server writes by the draft is read as it was meant, whatever the policy is called."""
    remaining = int(limit * share)
    name = '"' + policy.replace("\\", "\\\\").replace('"', '\\"') + '"'
    said = {
        "ratelimit": f"{name};r={remaining};t={reset}",
        "ratelimit-policy": f"{name};q={limit};w=60",
    }
    assert read_hint(said.get) == RateHint(limit, remaining, reset)


@PLAIN
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_headers_as_they_came_give_the_same(headers: dict[str, str]) -> None:
    """Bytes in any case are read as the looked-up names are."""
    raw = []
    for name, value in headers.items():
        headers[name] = value.encode("latin-1", "replace").decode("latin-1")
        raw.append((name.title().encode(), headers[name].encode("latin-1")))
    clock = float(NOW)
    assert read_raw_hint(raw, now=lambda: clock) == read_hint(headers.get, now=lambda: clock)


def test_a_field_in_several_lines_is_one_list() -> None:
    """Policies that are sent line by line are all read."""
    raw = [
        (b"RateLimit", b'"hour";r=9;t=9'),
        (b"Content-Type", b"text/plain"),
        (b"ratelimit", b'"day";r=900;t=99'),
        (b"RATELIMIT-POLICY", b'"hour";q=100'),
        (b"RateLimit-Policy", b'"day";q=1000'),
    ]
    assert read_raw_hint(raw) == RateHint(100, 9, 9)
    raw[0] = (b"RateLimit", b'"hour";r=99;t=9')
    assert read_raw_hint(raw) == RateHint(1000, 900, 99)


def test_an_answer_without_hints_costs_next_to_nothing() -> None:
    """Looking for hints that are not there takes a microsecond or so: it is done for every answer.

    The bound is many times what it takes, and is compared with work of the same machine.
    """
    plain = {"content-type": "application/json", "content-length": "17", "server": "small"}
    raw = [(name.encode(), value.encode()) for name, value in plain.items()]
    by_name = min(timeit.repeat(lambda: read_hint(plain.get), number=2_000, repeat=5))
    at_once = min(timeit.repeat(lambda: read_raw_hint(raw), number=2_000, repeat=5))
    yardstick = min(timeit.repeat(lambda: sum(range(1_000)), number=2_000, repeat=5))
    assert max(by_name, at_once) < yardstick


# When to come back


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "soon", "x-ms-retry-after-ms": "20", "retry-after": "1"}, 0.02),
        ({"retry-after-ms": "inf", "retry-after": "1"}, 1.0),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after-ms": "-5"}, 0.0),
        ({"retry-after-ms": "Thu, 01 Jan 1970 00:01:40 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 10.0),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers: dict[str, str], wait: float | None) -> None:
    """Milliseconds come before seconds, being the more exact; what is no time is left out."""
    assert asked_wait(headers.get, now=lambda: 90.0) == wait
