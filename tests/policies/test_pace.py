"""The pace of a server: what slows everybody, how much, for how long, and that it never starves."""

from __future__ import annotations

import math
import threading
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.policies.hints import RateHint
from notebook_kit.policies.pace import ServerPace
from notebook_kit.policies.rate import meters_lock
from tests.policies.servers import (
    Figures,
    FixedWindow,
    Server,
    SlidingWindow,
    TokenBucket,
    as_date,
    exactly,
    nothing,
    run_batch,
    whole_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = settings(deadline=None, max_examples=300)
SOME = settings(deadline=None, max_examples=100)


def words(pace: ServerPace, now: float) -> str:
    return (pace.describe(now) or "").replace("\N{NO-BREAK SPACE}", " ")


def slowed(*, retry_after_s: float | None = 1.0) -> ServerPace:
    """Return a pace that has learnt from a storm: 100 let in, and ten refused at 0.02 s."""
    pace = ServerPace()
    for _ in range(110):
        pace.started(0.0)
    for _ in range(100):
        pace.succeeded(0.015, sent=0.0)
    for _ in range(10):
        pace.refused(0.02, sent=0.0, retry_after_s=retry_after_s)
    return pace


def start_all_day(pace: ServerPace, begin: float, end: float, every: float) -> float:
    """Start one at a time, so often at most, each let in at once; return when it was the last."""
    now = begin
    while now < end:
        at = pace.earliest(now)
        pace.started(at)
        pace.succeeded(at + 0.001, sent=at)
        now = max(at, now + every)
    return now


# While nothing is known


def test_a_server_that_says_nothing_holds_up_nobody() -> None:
    """Without a refusal or a hint anything may start at any time."""
    pace = ServerPace()
    for number in range(5_000):
        now = number * 0.0001
        assert pace.earliest(now) == now
        pace.started(now)
        pace.succeeded(now + 0.01, sent=now)
    assert pace.rate is None
    assert pace.blocked_until == -math.inf
    assert pace.describe(1.0) is None


def test_answers_take_no_lock_while_nothing_is_known() -> None:
    """What is called for every answer is only counting, until there is something to keep."""
    pace = ServerPace()
    pace.succeeded(5.0, sent=4.9)
    with meters_lock:
        pace.started(5.1)
        pace.succeeded(5.2, sent=5.1)
        assert pace.earliest(5.3) == 5.3


# What a refusal does


def test_retry_after_blocks_everybody() -> None:
    """Until the time that the server asked for nobody starts, and then one after the other."""
    pace = slowed(retry_after_s=3.0)
    assert pace.blocked_until == 3.02
    assert pace.earliest(0.1) == pace.earliest(3.0) == 3.02
    assert words(pace, 0.1) == "the server said to wait 3 s"
    pace.started(3.02)
    assert 3.03 < pace.earliest(3.02) < 3.1
    assert words(pace, 3.02) == "at most 33/s, as the server bears"


def test_the_longest_wait_holds() -> None:
    """A later answer may ask for more time, and never takes back what another asked for."""
    pace = ServerPace()
    pace.refused(1.0, sent=0.5, retry_after_s=10.0)
    pace.refused(1.1, sent=0.6, retry_after_s=2.0)
    assert pace.earliest(1.1) == 11.0
    pace.refused(1.2, sent=0.7, retry_after_s=20.0)
    assert pace.earliest(1.2) == pace.blocked_until == 21.2
    pace.refused(1.3, sent=1.25, retry_after_s=None)
    assert pace.earliest(1.3) == 21.2


@pytest.mark.parametrize("wait", [None, 0.0, -1.0, 301.0, 1e300, math.inf, math.nan])
def test_a_wait_that_is_none_blocks_nobody(wait: float | None) -> None:
    """No wait, one in the past and an absurd one leave a short pause and the rate."""
    pace = slowed(retry_after_s=wait)
    assert pace.blocked_until == -math.inf
    assert 0.02 < pace.earliest(0.02) < 1.0
    assert words(pace, 0.1) == "a pause of 1 s, as the server refused"
    assert pace.rate is not None


def test_what_was_under_way_is_one_event() -> None:
    """Refusals of attempts that were sent before the slow-down do not slow down any further."""
    pace = slowed()
    for number in range(200):
        pace.started(1.02 + number / 100)
        pace.succeeded(1.03 + number / 100, sent=1.02 + number / 100)
    pace.refused(3.04, sent=3.0, retry_after_s=None)
    rate = pace.rate
    for number in range(60):
        pace.refused(3.05 + number / 100, sent=3.03, retry_after_s=None)
    assert pace.rate == rate
    for number in range(50):
        pace.started(4.0 + number / 100)
    pace.refused(4.51, sent=4.49, retry_after_s=None)
    assert rate is not None
    assert pace.rate is not None
    assert pace.rate < rate


def test_the_first_storm_is_judged_when_all_of_it_is_known() -> None:
    """What is under way counts as let in until it is refused, however long its answer takes."""
    pace = ServerPace()
    for _ in range(64):
        pace.started(0.0)
    for number in range(34):
        pace.refused(0.2 + number / 1_000, sent=0.0, retry_after_s=2.8)
    assert pace.rate == pytest.approx(30 / 3.0, rel=0.02)
    for number in range(30):
        pace.succeeded(1.0 + number / 100, sent=0.0)
    assert pace.rate == pytest.approx(30 / 3.0, rel=0.02)


def test_what_was_lost_long_ago_was_not_let_in() -> None:
    """Attempts that never got an answer are not taken for a storm that the server bore."""
    pace = ServerPace()
    for number in range(300):
        pace.started(number)
    for _ in range(3):
        pace.started(1_000.0)
        pace.succeeded(1_000.1, sent=1_000.0)
    pace.started(1_000.2)
    pace.refused(1_000.3, sent=1_000.2, retry_after_s=0.7)
    assert pace.rate is not None
    assert pace.rate < 10.0


def test_a_limit_that_begins_to_hold_is_learnt_from_the_recent_past() -> None:
    """What was let in counts for as long back as the server wants to be left alone."""
    pace = ServerPace()
    for number in range(4_000):
        pace.started(number / 40)
        pace.succeeded(number / 40, sent=number / 40)
    pace.refused(100.0, sent=100.0, retry_after_s=10.0)
    assert pace.rate == pytest.approx(20.0, rel=0.1)


def test_a_late_start_keeps_to_the_schedule() -> None:
    """Who is a few milliseconds late does not make the next ones late, who is later does."""
    pace = slowed()
    due = pace.earliest(1.02)
    pace.started(due + 0.004)
    first = pace.earliest(due + 0.004)
    pace.started(first + 0.5)
    second = pace.earliest(first + 0.5)
    assert first - due < 0.0101
    assert second - first > 0.5


def test_who_starts_without_asking_does_not_hold_up_the_others_for_ever() -> None:
    """A thousand starts at once are paid for within about a second."""
    pace = slowed()
    for _ in range(1_000):
        pace.started(2.0)
    assert 2.0 < pace.earliest(2.0) < 3.1


# Forgetting


def test_a_limit_that_nobody_comes_near_is_forgotten() -> None:
    """After minutes without a refusal, and below half of the rate, there is no limit any more."""
    pace = slowed()
    now = start_all_day(pace, 1.02, 170.0, every=0.1)
    assert pace.rate is not None
    start_all_day(pace, now, 190.0, every=0.1)
    assert pace.rate is None
    assert pace.describe(190.0) is None
    assert pace.earliest(190.0) == 190.0


def test_a_limit_that_is_used_is_kept() -> None:
    """Whoever comes near it goes on keeping it, and it is forgotten only after that."""
    pace = slowed()
    now = start_all_day(pace, 1.02, 400.0, every=0.012)
    assert pace.rate is not None
    pace.started(now + 200.0)
    assert pace.rate is None


def test_a_long_wait_is_not_forgotten_before_it_mattered() -> None:
    """Where the server counts in minutes, the limit is remembered for several of its waits."""
    pace = slowed(retry_after_s=300.0)
    pace.started(300.1)
    pace.started(800.0)
    assert pace.rate is not None
    pace.started(2_000.0)
    assert pace.rate is None


def test_after_forgetting_all_begins_anew() -> None:
    """The next refusal is a first one again; hints that came in between are kept."""
    pace = slowed()
    pace.started(500.0)
    assert pace.rate is None
    pace.succeeded(500.1, sent=500.0, hint=RateHint(100, 0, 10.0))
    assert pace.earliest(500.2) == 510.1
    pace.refused(520.0, sent=519.0, retry_after_s=2.0)
    assert pace.earliest(520.0) == 522.0
    pace.started(1_000.0)
    assert pace.rate is None
    assert pace.earliest(1_000.0) == 1_000.0


def test_a_long_idle_time_stops_the_growth_only_while_it_lasts() -> None:
    """After it, the level is sought and tried as if there had been no such time."""
    pace = slowed()
    start_all_day(pace, 60.0, 61.0, every=0.0)
    assert pace.rate is not None
    assert pace.rate > 1_000.0


# Hints


def test_a_hint_slows_everybody() -> None:
    """What is used up is waited for by all, whether an answer or a refusal said so."""
    pace = ServerPace()
    pace.started(1.0)
    pace.succeeded(1.1, sent=1.0, hint=RateHint(100, 0, 12.0))
    assert pace.earliest(1.2) == 13.1
    assert words(pace, 1.2) == "what the server allows is used up, more in 12 s"
    assert pace.rate is None
    again = ServerPace()
    again.refused(1.1, sent=1.0, retry_after_s=1.0, hint=RateHint(100, 0, 12.0))
    assert again.earliest(3.0) == 13.1


def test_what_is_left_is_spread() -> None:
    """The last of a window go one after the other, and the panel says why."""
    pace = ServerPace()
    pace.started(1.0)
    pace.succeeded(1.1, sent=1.0, hint=RateHint(100, 6, 10.0))
    pace.started(1.2)
    assert pace.earliest(1.2) == pytest.approx(2.2)
    assert words(pace, 1.2) == "spread, as the server allows only few more"
    assert pace.earliest(12.0) == 12.0


def test_answers_to_what_was_never_sent_are_borne() -> None:
    """A server that a redirect led to hears of answers without a start, and counts on."""
    pace = ServerPace()
    for number in range(5):
        pace.succeeded(1.0 + number, sent=0.5 + number, hint=RateHint(100, 90, 10.0))
    pace.started(8.0)
    pace.started(8.01)
    pace.succeeded(8.2, sent=8.0, hint=RateHint(10, 1, 10.0))
    assert pace.earliest(8.2) > 8.2


# Storms: the share that is refused, and the time, against what the server could serve


KINDS: dict[str, Callable[[float], Server]] = {
    "bucket of 100": lambda rate: TokenBucket(rate, 100),
    "bucket of 10": lambda rate: TokenBucket(rate, 10),
    "bucket of 5": lambda rate: TokenBucket(rate, 5),
    "bucket of 2": lambda rate: TokenBucket(rate, 2),
    "bucket of 1": lambda rate: TokenBucket(rate, 1),
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
}
SEEDS = (1, 2)
#: A bucket of one lets in none that comes a thousandth too early: the way there, and timers, must
#: be exact, or nothing but a slower pace helps.
EXACT = ("bucket of 1",)


def storms(
    kind: str, says: Callable[[float, float], float | None], rate: float, *, far: bool = False
) -> list[Figures]:
    """3,000 items, 64 at once, 5 to 20 ms each."""
    way, lateness = (0.0, 0.0) if kind in EXACT else (0.5 if far else 0.1, 0.0015)
    return [
        run_batch(KINDS[kind](rate), says=says, seed=seed, way=way, lateness=lateness)
        for seed in SEEDS
    ]


@pytest.mark.parametrize("says", [whole_seconds, exactly, as_date, nothing])
@pytest.mark.parametrize("kind", KINDS)
def test_a_storm_is_over_after_a_second(
    kind: str, says: Callable[[float, float], float | None]
) -> None:
    """100 a second: hardly anything is refused after the first second, and no time is lost."""
    runs = storms(kind, says, 100.0)
    assert max(figures.share_refused(1.0) for figures in runs) <= (
        0.03 if says is nothing else 0.01
    )
    # A bucket of one shows least of itself, and a date without fractions comes before a window is
    # over that began in the middle of a second: each costs one more wait.
    slow = kind == "bucket of 1" or (says is as_date and kind == "sliding window")
    assert fmean(figures.ended for figures in runs) <= (1.2 if slow else 1.15) * 30.0


@pytest.mark.parametrize("says", [whole_seconds, nothing])
@pytest.mark.parametrize("kind", ["bucket of 100", "bucket of 10", "fixed window"])
def test_a_way_that_varies_is_borne(
    kind: str, says: Callable[[float, float], float | None]
) -> None:
    """Where requests overtake each other, buckets seem to fill more slowly, but not by much."""
    for figures in storms(kind, says, 100.0, far=True):
        assert figures.share_refused(1.0) <= (0.03 if says is nothing else 0.01)
        assert figures.ended <= 1.17 * 30.0


@pytest.mark.parametrize("says", [whole_seconds, nothing])
@pytest.mark.parametrize("kind", ["bucket of 10", "bucket of 1", "fixed window"])
def test_ten_a_second_are_kept(kind: str, says: Callable[[float, float], float | None]) -> None:
    """What goes for a hundred a second goes for ten."""
    for figures in storms(kind, says, 10.0):
        assert figures.share_refused(1.0) <= 0.01
        assert figures.ended <= 1.15 * 300.0


@pytest.mark.parametrize("says", [whole_seconds, nothing])
def test_a_thousand_a_second_are_kept(says: Callable[[float, float], float | None]) -> None:
    """What goes for a hundred a second goes for a thousand."""
    figures = run_batch(FixedWindow(1_000), items=20_000, says=says)
    assert figures.share_refused(1.0) <= 0.01
    assert figures.ended <= 1.15 * 20.0


@pytest.mark.parametrize("says", [whole_seconds, exactly, nothing])
def test_minutes_are_kept(says: Callable[[float, float], float | None]) -> None:
    """500 a minute: the server is left alone for the rest of each minute."""
    figures = run_batch(FixedWindow(500 / 60, period=60.0), items=2_000, says=says)
    assert figures.share_refused() <= 0.1
    assert figures.ended <= 1.15 * 240.0


@pytest.mark.parametrize("says", [whole_seconds, nothing])
@pytest.mark.parametrize("kind", ["bucket of 10", "fixed window"])
def test_runs_that_share_a_server_slow_down_together(
    kind: str, says: Callable[[float, float], float | None]
) -> None:
    """Three runs of 64 at once each storm it once, and then are one."""
    figures = run_batch(KINDS[kind](100.0), runs=3, says=says, items=3_000)
    assert figures.share_refused(1.0) <= 0.03
    assert figures.ended <= 1.15 * 30.0


@pytest.mark.parametrize("latency", [(0.0005, 0.002), (0.1, 0.3)])
def test_latency_hardly_matters(latency: tuple[float, float]) -> None:
    """Next door or a quarter of a second away, the same is borne."""
    figures = run_batch(TokenBucket(100, 10), says=nothing, latency=latency)
    assert figures.share_refused(1.0) <= 0.01
    assert figures.ended <= 1.15 * 30.0


@pytest.mark.parametrize("says", [whole_seconds, exactly, nothing])
@pytest.mark.parametrize("kind", ["bucket of 10", "fixed window"])
def test_refusals_that_are_known_late_are_borne(
    kind: str, says: Callable[[float, float], float | None]
) -> None:
    """30 a second, a second away: 30 more are under way whenever one is refused."""
    figures = run_batch(KINDS[kind](30.0), items=900, latency=(0.8, 1.2), says=says)
    assert figures.share_refused(2.0) <= 0.1
    assert figures.ended <= 1.3 * 30.0


@pytest.mark.parametrize("says", [whole_seconds, exactly, nothing])
@pytest.mark.parametrize(
    ("server", "rate"),
    [(lambda: FixedWindow(1.0, period=60.0), 1.0), (lambda: TokenBucket(3.0, 10), 3.0)],
)
def test_answers_that_take_long_are_borne(
    server: Callable[[], Server], rate: float, says: Callable[[float, float], float | None]
) -> None:
    """Refusals come at once and answers after ten seconds, as those of language models do."""
    items = int(300 * rate)
    figures = run_batch(server(), items=items, latency=(5.0, 15.0), way=0.005, says=says)
    assert figures.share_refused(1.0) <= 0.12
    assert figures.ended <= 1.15 * 300.0 + 15.0


def found_after(figures: Figures, rate: float, since: float) -> float:
    """Return the seconds until what is let in in three seconds is within 15 % of the rate."""
    now = since
    while abs(figures.admitted(now, now + 3.0) / 3.0 - rate) > 0.15 * rate:
        now += 0.25
        assert now < figures.ended, "it never found it"
    return now - since


@pytest.mark.parametrize("kind", ["bucket of 10", "bucket of 100", "fixed window"])
@pytest.mark.parametrize(
    ("says", "seconds"), [(whole_seconds, 30.0), (exactly, 13.0), (nothing, 13.0)]
)
def test_a_limit_that_doubles_is_found(
    kind: str, says: Callable[[float, float], float | None], seconds: float
) -> None:
    """Soon where a try costs a refusal; where it costs a second of silence, not quite so soon."""
    server = KINDS[kind](100.0)
    figures = run_batch(server, items=8_000, says=says, changes={15.0: 200.0})
    assert found_after(figures, 200.0, 15.0) <= seconds


@pytest.mark.parametrize("kind", ["bucket of 10", "bucket of 100", "fixed window"])
@pytest.mark.parametrize("says", [whole_seconds, exactly, nothing])
def test_a_limit_that_halves_is_found(
    kind: str, says: Callable[[float, float], float | None]
) -> None:
    """It takes some refusals, one after the other, and some seconds."""
    server = KINDS[kind](100.0)
    figures = run_batch(server, items=3_000, says=says, changes={15.0: 50.0})
    assert found_after(figures, 50.0, 15.0) <= 8.0
    assert figures.share_refused(1.0) <= 0.05


class Shut(TokenBucket):
    """Refuses everything between two times."""

    shut = (5.0, 65.0)

    def ask(self, now: float) -> float:
        begin, end = self.shut
        return 1.0 if begin <= now < end else super().ask(now)


def test_a_server_that_is_back_is_found_soon() -> None:
    """One that refuses everything for a minute is asked seldom, and then works as before."""
    figures = run_batch(Shut(100, 10), says=nothing, items=3_000)
    meanwhile = sum(5.0 <= at < 65.0 for at, _ in figures.sent)
    assert meanwhile < 60
    assert figures.admitted(65.0, 110.0) > 1_500
    assert figures.ended < 130.0


# Always


waits = st.one_of(
    st.none(), st.floats(0, 400), st.sampled_from([1.0, 0.0, 1e-320, math.inf, math.nan])
)
amounts = st.one_of(st.none(), st.floats(0, 1_000), st.sampled_from([math.inf, math.nan, -1.0]))
hints = st.one_of(
    st.none(),
    st.builds(
        RateHint, amounts, amounts, amounts, st.booleans(), st.sampled_from(["requests", "tokens"])
    ),
)
steps = st.tuples(
    st.sampled_from(["ask", "start", "start", "answer", "answer", "refuse"]),
    st.floats(0, 40),
    waits,
    hints,
)


@PLAIN
@given(taken=st.lists(steps, max_size=60))
def test_times_are_finite_and_never_far(
    taken: list[tuple[str, float, float | None, RateHint | None]],
) -> None:
    """Whatever is said in whatever order, the next start is a time, and not for ever away."""
    pace, now = ServerPace(), 100.0
    under_way: list[float] = []
    asked = now
    for what, passes, wait, hint in taken:
        now += passes
        sent = under_way.pop(0) if under_way else now
        if what == "start":
            under_way.append(now)
            pace.started(now)
        elif what == "answer":
            pace.succeeded(now, sent=sent, hint=hint)
        elif what == "refuse":
            pace.refused(now, sent=sent, retry_after_s=wait, hint=hint)
        if wait is not None and 0 < wait <= 300:
            asked = max(asked, now + wait)
        if hint is not None and hint.reset_s is not None and hint.reset_s < math.inf:
            asked = max(asked, now + hint.reset_s)
        at = pace.earliest(now)
        assert math.isfinite(at)
        # What the server asked for, a pause of half a minute, and a start in twenty seconds.
        assert now <= at <= max(now, asked) + 52.0
        assert pace.rate is None or 0.0 < pace.rate < math.inf
        assert pace.describe(now) is None or "nan" not in words(pace, now)


@SOME
@given(
    kind=st.sampled_from([TokenBucket, FixedWindow, SlidingWindow]),
    rate=st.sampled_from([1, 3, 20, 70, 400]),
    burst=st.integers(1, 30),
    workers=st.integers(1, 80),
    latency=st.sampled_from([0.0001, 0.01, 0.4]),
    says=st.sampled_from([whole_seconds, exactly, as_date, nothing]),
    tells=st.booleans(),
    seed=st.integers(0, 9),
)
def test_a_batch_always_ends(  # noqa: PLR0917 - drawn
    kind: type[Server],
    rate: int,
    burst: int,
    workers: int,
    latency: float,
    says: Callable[[float, float], float | None],
    tells: bool,  # noqa: FBT001 - as above
    seed: int,
) -> None:
    """Against any constant server all items are answered, in a time that is not absurd."""
    server: Server = TokenBucket(rate, burst) if kind is TokenBucket else kind(rate)  # type: ignore[call-arg]
    figures = run_batch(
        server,
        items=300,
        workers=workers,
        latency=(latency, 2 * latency),
        says=says,
        seed=seed,
        hints=tells,
    )
    assert figures.admitted(0.0, math.inf) == 300
    assert figures.ended <= 30.0 + 4.0 * 300 / min(rate, workers / (2 * latency))


def test_threads_share_a_pace() -> None:
    """Several threads ask, start and report at once, and none is ever told nonsense."""
    pace = ServerPace()
    errors: list[BaseException] = []

    def call(number: int) -> None:
        try:
            for step in range(400):
                now = step / 100
                assert math.isfinite(pace.earliest(now))
                pace.started(now)
                if step % 50 == number:
                    pace.refused(now, sent=now - 0.01, retry_after_s=0.1)
                else:
                    pace.succeeded(now, sent=now - 0.01, hint=RateHint(100, 50, 1.0))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors
    assert pace.rate is not None
