"""Snapshots of many kinds of run, for the tests and for the gallery."""

from __future__ import annotations

import math
from dataclasses import replace

from notebook_kit.scheduling import ErrorGroup, Forecast, Range, RunState, Snapshot

HOSTILE = "<script>alert('gotcha')</script> & \"quotes\""
LONG_ERROR = "the server said: " + "lorem ipsum dolor sit amet " * 185

_THROUGHPUT = (*(round(45 + 12 * math.sin(i / 5) + (i * 7) % 9) for i in range(46)), 14)
_COUNTS = (2, 9, 41, 180, 420, 610, 505, 260, 140, 77, 41, 30, 18, 9, 4, 0, 1)
_EDGES = tuple(0.08 * 2 ** (i / 4) for i in range(len(_COUNTS) + 1))

RUNNING = Snapshot(
    RunState.RUNNING,
    3_000,
    ok=2_298,
    failed=12,
    reused=40,
    in_flight=10,
    attempts=2_347,
    max_concurrency=10,
    rate="50/s",
    waiting_for="limit",
    elapsed_s=46.3,
    rate_now=50.2,
    throughput=_THROUGHPUT,
    latency_s=(0.205, 0.62, 1.46),
    latency_counts=_COUNTS,
    latency_edges=_EDGES,
    errors=(
        ErrorGroup("RateLimited 429", 8, "GET https://api.example.com/users/17 answered 429", 17),
        ErrorGroup("ServerError 503", 4, "GET https://api.example.com/users/98 answered 503", 98),
    ),
    name="users",
)

JUST_STARTED = Snapshot(RunState.RUNNING, 3_000, in_flight=10, max_concurrency=10, elapsed_s=0.1)

BACKING_OFF = replace(
    RUNNING,
    failed=0,
    errors=(),
    in_flight=0,
    backing_off=7,
    waiting_for="backoff",
    rate_now=0.0,
    notices=("The API asked for a pause of 30\N{NO-BREAK SPACE}s (Retry-After).",),
)

#: Nothing has ended, and what keeps failing is known all the same.
OUTAGE = replace(
    JUST_STARTED,
    total=20,
    in_flight=0,
    backing_off=14,
    attempts=14,
    waiting_for="breaker",
    server="the server keeps failing, next try in 22\N{NO-BREAK SPACE}s",
    elapsed_s=9.0,
    trying=(
        ErrorGroup("ServerError 503", 9, "GET https://api.example.com/1 answered 503", 0),
        ErrorGroup("ConnectionFailed", 3, "api.example.com: refused", 4),
        ErrorGroup("RequestTimeout", 2, "no answer within 60 s", 5),
    ),
)

PAUSED = replace(RUNNING, state=RunState.PAUSED, waiting_for="pause", in_flight=0, rate_now=0.0)

_WAY_ON = "run.go() goes on with {}, run.cancel() leaves it at that."

#: What the rest will take is guessed from a few items.
PILOT_DONE = replace(
    PAUSED,
    total=1_000,
    ok=19,
    failed=1,
    reused=0,
    attempts=23,
    waiting_for="pilot",
    rate=None,
    spent=0.0413,
    max_cost=2.0,
    elapsed_s=3.1,
    throughput=(7, 9, 4, 0),
    latency_counts=(1, 4, 9, 5, 3, 1),
    latency_edges=_EDGES[:7],
    errors=(ErrorGroup("ServerError 503", 1, "https://api.example.com/users/98 gave 503", 98),),
    forecast=Forecast(
        20, 980, Range(38.2, 49.1, 60.0), Range(1.21, 2.02, 2.83), Range(0.0089, 0.05, 0.236)
    ),
    notices=(f"The pilot of 20 items is done. {_WAY_ON.format('the other 980')}",),
)

#: Nobody knows how many there are, and nobody counts what they cost.
PILOT_OF_A_STREAM = replace(
    PILOT_DONE,
    total=None,
    ok=5,
    failed=0,
    spent=None,
    max_cost=None,
    errors=(),
    forecast=Forecast(5, None, None, None, Range(0.0, 0.0, 0.434)),
    notices=(
        "The input has no known end, so the pilot was its first items.",
        f"The pilot of 5 items is done. {_WAY_ON.format('the rest')}",
    ),
)

UNKNOWN_TOTAL = replace(
    RUNNING, total=None, failed=0, reused=0, errors=(), waiting_for="input", in_flight=3, name=""
)

DONE = replace(
    RUNNING,
    state=RunState.DONE,
    ok=3_000,
    failed=0,
    errors=(),
    in_flight=0,
    waiting_for=None,
    elapsed_s=61.8,
    rate_now=0.0,
    attempts=3_021,
)

DONE_WITH_ERRORS = replace(
    DONE,
    ok=2_957,
    failed=31,
    timeout=12,
    errors=(
        ErrorGroup("NotFound 404", 21, "GET https://api.example.com/users/204 answered 404", 204),
        ErrorGroup("RequestTimeout", 12, "no answer within 60 s", 31),
        ErrorGroup("DecodeError", 6, "the answer is not JSON: '<html><body>Sign in'", 55),
        ErrorGroup("KeyError", 2, "'email'", 60),
        ErrorGroup("ConnectionFailed", 1, "api.example.com: refused", 61),
        ErrorGroup("APIError 418", 1, "GET https://api.example.com/users/7 answered 418", 7),
    ),
)

ALL_FAILED = replace(
    DONE,
    total=1_200,
    ok=0,
    reused=0,
    failed=1_200,
    attempts=1_200,
    elapsed_s=4.2,
    throughput=(310, 322, 301, 267, 0),
    errors=(
        ErrorGroup(
            "AuthenticationError 401", 1_200, "GET https://api.example.com/users/0 answered 401", 0
        ),
    ),
    name="all failed",
)

CANCELLED = replace(
    RUNNING,
    state=RunState.CANCELLED,
    in_flight=0,
    cancelled=690,
    waiting_for=None,
    rate_now=0.0,
)

FAILED = replace(
    RUNNING,
    state=RunState.FAILED,
    in_flight=0,
    waiting_for=None,
    notices=("The input broke at item 2,310: ValueError: not a row.",),
)

#: At the pace that the server bears, found by itself, and paid for.
PACED = replace(
    RUNNING,
    failed=0,
    errors=(),
    rate=None,
    waiting_for="server",
    server="at most 87/s, as the server bears",
    auto=True,
    max_concurrency=17,
    in_flight=12,
    spent=0.4213,
    max_cost=5.0,
)

BREAKER_OPEN = replace(
    RUNNING,
    in_flight=0,
    rate_now=0.0,
    rate=None,
    waiting_for="breaker",
    server="the server keeps failing, next try in 12\N{NO-BREAK SPACE}s",
    wait_s=12.0,
)

#: What was learnt of the server is told at the end.
PACED_TO_THE_END = replace(
    PACED,
    state=RunState.DONE,
    ok=3_000,
    in_flight=0,
    waiting_for=None,
    server="slowed down: the server refused 20 times",
    rate_now=0.0,
)

#: It asked for so long a pause that nothing ends meanwhile.
PAUSE_ASKED_FOR = replace(
    BREAKER_OPEN,
    waiting_for="server",
    server="the server said to wait 2\N{NO-BREAK SPACE}min",
    wait_s=120.0,
)

#: What is in flight may turn out cheaper than was feared.
NEARLY_SPENT = replace(
    RUNNING, failed=0, errors=(), waiting_for="budget", in_flight=2, spent=4.87, max_cost=5.0
)

ENDING = replace(
    RUNNING,
    cancelled=680,
    in_flight=10,
    waiting_for=None,
    notices=("SIGTERM came: nothing more is started, calls in flight may end.",),
)

STOPPED_BY_ERRORS = replace(
    RUNNING,
    state=RunState.STOPPED,
    in_flight=0,
    skipped=690,
    waiting_for=None,
    rate_now=0.0,
    notices=("12 items failed, and max_errors=11.",),
)

STOPPED_BY_COST = replace(
    STOPPED_BY_ERRORS,
    ok=2_310,
    failed=0,
    errors=(),
    auto=True,
    max_concurrency=17,
    spent=4.993,
    max_cost=5.0,
    notices=(
        "max_concurrency=500 was lowered to 100, what the client allows.",
        "4.993 of max_cost=5 is spent, and the next call could cost more than is left.",
    ),
)

COUNTED = replace(DONE, spent=1_234.56, errors=())

REFUSED = replace(
    DONE,
    ok=2_990,
    failed=10,
    errors=(
        ErrorGroup("UnwantedAnswer", 4, "retry_value refused the answer {'text': ''}.", 12),
        ErrorGroup("CircuitOpen", 3, "https://api.example.com keeps failing", 31),
        ErrorGroup("BudgetExceeded", 2, "5 of max_cost=5 is spent", 55),
        ErrorGroup("BatchFailed", 1, "Stopped at the first error", 60),
    ),
)

#: The items that came before it broke have all ended well.
INPUT_BROKE = replace(
    DONE, state=RunState.FAILED, total=30, ok=30, reused=0, attempts=30, elapsed_s=0.8
)

LOST = Snapshot(RunState.LOST, 3_000, ok=120, elapsed_s=2.0, name="forked")

EMPTY = Snapshot(RunState.DONE, 0, elapsed_s=0.002)

MILLION = replace(
    RUNNING,
    total=1_000_000,
    ok=734_182,
    failed=12,
    timeout=3,
    reused=200_000,
    in_flight=500,
    max_concurrency=500,
    attempts=534_301,
    elapsed_s=8_110,
    rate_now=1_204.6,
    throughput=(*(9_000 + 37 * (i * 11 % 23) for i in range(57)), 3_000),
    interval_s=128.0,
    name="embeddings of the whole archive, 2014 to 2026",
)

#: The last minute was far slower than what was before it.
UNSTEADY = replace(
    RUNNING,
    total=5_000,
    ok=1_000,
    failed=0,
    reused=0,
    errors=(),
    in_flight=3,
    rate=None,
    waiting_for=None,
    elapsed_s=60.4,
    rate_now=4.0,
    throughput=(*(26 - i % 5 for i in range(40)), *(4,) * 20, 1),
    name="summaries",
)

SLOW = Snapshot(
    RunState.RUNNING,
    40,
    ok=3,
    in_flight=2,
    attempts=3,
    max_concurrency=2,
    elapsed_s=421.0,
    rate_now=0.0071,
    latency_s=(98.0, 171.0, 171.0),
    latency_counts=(1, 0, 1, 1),
    latency_edges=(64.0, 90.5, 128.0, 181.0, 256.0),
    throughput=(0, 1, 0, 1, 1, 0),
    interval_s=60.0,
    name="long reports",
)

HOSTILE_TEXT = replace(
    RUNNING,
    name=HOSTILE,
    rate="<i>50/s</i>",
    waiting_for="server",
    server=f"{HOSTILE} \u202eevil\u202c",
    spent=1e-7,
    max_cost=1e15,
    errors=(
        ErrorGroup(HOSTILE, 5, f"{HOSTILE} \u202eevil\u202c \x1b[31mred\x1b[0m", 1),
        ErrorGroup("ServerError 500", 7, LONG_ERROR, 2),
    ),
    notices=(HOSTILE, "a" * 900),
)

STATES: dict[str, Snapshot] = {
    "running": RUNNING,
    "just started": JUST_STARTED,
    "backing off": BACKING_OFF,
    "outage": OUTAGE,
    "paused": PAUSED,
    "pilot done": PILOT_DONE,
    "pilot of a stream": PILOT_OF_A_STREAM,
    "unknown total": UNKNOWN_TOTAL,
    "done": DONE,
    "done with errors": DONE_WITH_ERRORS,
    "all failed": ALL_FAILED,
    "cancelled": CANCELLED,
    "failed": FAILED,
    "paced by the server": PACED,
    "paced to the end": PACED_TO_THE_END,
    "breaker open": BREAKER_OPEN,
    "pause asked for": PAUSE_ASKED_FOR,
    "nearly spent": NEARLY_SPENT,
    "ending": ENDING,
    "stopped by errors": STOPPED_BY_ERRORS,
    "stopped by cost": STOPPED_BY_COST,
    "counted": COUNTED,
    "refused": REFUSED,
    "input broke": INPUT_BROKE,
    "lost": LOST,
    "empty": EMPTY,
    "million": MILLION,
    "slow": SLOW,
    "unsteady": UNSTEADY,
    "hostile text": HOSTILE_TEXT,
}
