"""The scheduler: told what happened and when, it says what to start and when to look again.

It reads no clock, holds no lock and starts nothing. Workers ask `Scheduler.next` and get a number:
the position of an item to start, or one of `WAIT`, `FEED` and `DONE`. Plain integers, asked for in
line by a few workers that are used again and again, are what makes a million items cheap: what an
option needs is looked at only where that option is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import Limits, classify
from notebook_kit.scheduling.endings import Stop, StopKind
from notebook_kit.scheduling.flight import Flight
from notebook_kit.scheduling.gate import Gate
from notebook_kit.scheduling.line import NOBODY, Line, RankedLine
from notebook_kit.scheduling.outcome import Source, Status
from notebook_kit.scheduling.retries import Retries
from notebook_kit.scheduling.settler import Settler
from notebook_kit.scheduling.terms import Terms

if TYPE_CHECKING:
    from notebook_kit.policies import Failure, RateHint
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["DONE", "FEED", "WAIT", "Scheduler"]

#: Nothing to start now; look again when told, or at `Scheduler.wake_at`.
WAIT: Final = -1
#: Room for one more item, and the input may have one: `Scheduler.add` or `Scheduler.end_of_input`.
FEED: Final = -2
#: Nothing is left, and nothing is under way.
DONE: Final = -3

#: The item that was asked about cannot start, but another may.
_ANOTHER: Final = -4
#: Items that may wait for servers that are not ready while those of others go before them.
_MOST_DEFERRED: Final = 1_000


class Scheduler:
    """Decides for one run.

    All times are seconds on one clock that only goes forward. The scheduler owns no thread: call
    it from one at a time, except for ``paused``, ``max_concurrency`` and ``limits``, which any
    thread may set.

    Attributes:
        ledger: where outcomes are written.
        paused: while True nothing is started; a run that has nothing left ends all the same.
        begun: when each attempt under way was started, by position, in the order of the starts.
        wake_at: after `WAIT` or `FEED`, the time to ask again, or None.
        waiting_for: why the last question was answered with `WAIT`.
        stop: why the run ends before its input does, or None.
        endings: what looks for such reasons.
        flight: the attempts under way.
        gate: what lets them start.
        settler: what writes down how items end.

    >>> from notebook_kit.scheduling import Ledger
    >>> scheduler = Scheduler(Ledger(), max_concurrency=1, start=0.0)
    >>> scheduler.add(2)
    >>> scheduler.end_of_input()
    >>> scheduler.next(0.0), scheduler.next(0.0) == WAIT
    (0, True)
    >>> scheduler.succeeded(0, 0.5, "hello")
    >>> scheduler.next(0.5)
    1
    """

    def __init__(
        self, ledger: Ledger, *, max_concurrency: int, start: float, terms: Terms | None = None
    ) -> None:
        terms = terms or Terms()
        self.ledger = ledger
        self.paused = False
        self.wake_at: float | None = None
        self.waiting_for: str | None = None
        self.stop: Stop | None = None
        self.endings = terms.endings
        self.gate = Gate(terms.limits, weigh=terms.weigh, server_of=terms.server_of)
        self.flight = Flight(
            ledger,
            self.gate,
            max_concurrency=max_concurrency,
            start=start,
            auto=terms.auto,
            hedge=terms.hedge if terms.safe else None,
        )
        #: The same objects, nearer at hand.
        self.begun, self.tempo = self.flight.begun, self.flight.tempo
        self.settler = Settler(ledger, self.tempo, terms)
        self._retries = Retries(terms.retry, ledger, safe=terms.safe, draw=terms.draw)
        self._several_servers = terms.several_servers
        self._lookahead = terms.lookahead
        self._line = Line(ledger) if terms.rank is None else RankedLine(ledger, terms.rank)
        self._input_open = True
        self._cut = False
        #: The status of what is not begun once the run is being brought to an end.
        self._rest: Status | None = None
        #: The item that has to wait at the gate; those behind it do not overtake it.
        self._held = NOBODY
        self._choose_the_way()

    def _choose_the_way(self) -> None:
        """Look at no option that is not used, for each of perhaps a million items."""
        settler = self.settler
        own = settler.twins is not None or self.has_deadlines or self.reads_ahead
        counted = self._retries.has_budget or self.endings.budget is not None
        hedged = self.flight.hedger is not None
        self._plain = self.gate.is_open and not own and not counted and not hedged
        self._watched = self.flight.is_watched or settler.twins is not None

    # What happens

    def add(self, count: int = 1) -> None:
        """So many more items have come; too late for a run that ends, which settles them too."""
        first = len(self.ledger)
        self.ledger.grow(count)
        if self._rest is None:
            self._line.added(first)
        else:
            self.ledger.settle_rest(self._rest, but=self.begun)

    def end_of_input(self) -> None:
        """No more items will come."""
        self._input_open = False

    def succeeded(
        self,
        index: int,
        now: float,
        value: Any,
        *,
        status_code: int = 0,
        source: Source = Source.NETWORK,
        hint: RateHint | None = None,
    ) -> None:
        """An attempt gave an answer."""
        sent = self.begun.pop(index, None)
        if sent is None:
            return
        took = now - sent
        self.flight.attempts += 1
        self.ledger.answered(index, now, took, value, status_code, source)
        self.tempo.answered(now, took)
        if self._watched:
            self.flight.succeeded(index, now, sent, value, hint)
            self.settler.settle_twins(index, now)

    def failed(self, index: int, now: float, failure: Failure) -> bool:
        """An attempt failed; return True if its item goes on, False if the item ended."""
        sent = self.begun.get(index)
        if sent is None:
            return False
        done = self.ledger.counts[Status.OK]
        ended = self.flight.failed(index, now, sent, failure, done=done)
        self._choose_the_way()
        if not ended:
            return True
        try:
            delay = None if self._rest is not None else self._retries.delay(index, failure)
        except Exception as error:  # noqa: BLE001 - a user's predicate raised: that is its row's error
            delay, failure = None, classify(error)
        if delay is None or now + delay >= self.settler.deadline(index):
            self._settle_failed(index, now, failure)
            return False
        self.ledger.backoff[index] += delay
        self._line.try_later(now + delay, index)
        return True

    # Ending before the input does

    def cancel(self, now: float) -> None:
        """End the run: whatever has not ended is cancelled, answers that come later are ignored."""
        self._cut_off(now, Stop(StopKind.CANCELLED), Status.CANCELLED, Status.CANCELLED)

    def expire(self, now: float, reason: str) -> None:
        """End the run because its time is over: what was begun timed out, the rest is skipped."""
        self._cut_off(now, Stop(StopKind.TIME, reason), Status.TIMEOUT, Status.SKIPPED)

    def drain(self, now: float, stop: Stop | None = None) -> None:
        """Start nothing more, and let what is under way come to its end."""
        if self._rest is not None:
            return
        self.stop = stop or Stop(StopKind.CANCELLED)
        self._rest = Status.SKIPPED if stop else Status.CANCELLED
        self._send_home(now)

    def _cut_off(self, now: float, stop: Stop, begun_as: Status, rest: Status) -> None:
        if self._cut:
            return
        self._cut = True
        self.stop = self.stop or stop
        self._rest = rest if self._rest is None else self._rest
        for index in self.flight.cut(now):
            error = RequestTimeout(stop.reason, phase="batch") if stop.reason else None
            self.ledger.settle(index, begun_as, now=now, error=error)
        self._send_home(now)

    def _send_home(self, now: float) -> None:
        """Settle all that is not under way."""
        assert self._rest is not None  # noqa: S101 - tells the type checker
        self._input_open = False
        self._held = NOBODY
        self.gate.let_go()
        taken = [index for index in self._line.taken() if index not in self.begun]
        for due, index in self._line.clear():
            self.ledger.backoff[index] -= max(0.0, due - now)
        for index in taken:
            self.ledger.settle(index, self._rest, now=now)
        self.ledger.settle_rest(self._rest, but=self.begun)

    # What to do

    def next(self, now: float) -> int:
        """Return the position of the item to start now, or `WAIT`, `FEED` or `DONE`."""
        self.wake_at = None
        if self.paused or self._rest is not None:
            return self._stand()
        if len(self.begun) >= self.flight.max_concurrency:
            self.waiting_for = None
            return WAIT
        if self._held >= 0 or not self._plain:
            return self._next_guarded(now)
        index = self._line.take(now)
        if index < 0:
            return self._nothing_to_start()
        self.waiting_for = None
        self.begun[index] = now
        return index

    def _stand(self) -> int:
        if self._cut:
            return DONE
        # Others who share a limit must not wait for a run that stands still.
        self.gate.let_go()
        if self._rest is not None or self._nothing_left:
            self.waiting_for = None
            return WAIT if self.begun else DONE
        self.waiting_for = "pause"
        return WAIT

    def _next_guarded(self, now: float) -> int:
        if self.flight.is_full():
            self.waiting_for = None
            return WAIT
        late = self.flight.late(now) if self._held < 0 else None
        if late is not None:
            return late
        index = self._line.take(now) if self._held < 0 else self._held
        while index >= 0 and self._rest is None:
            self._held = NOBODY
            said = self._try_to_start(index, now)
            if said != _ANOTHER:
                return said
            index = self._line.take(now)
        return self._nothing_to_start() if self._rest is None else self._stand()

    def _try_to_start(self, index: int, now: float) -> int:
        """Start the item, or say why not: it has to wait, the run ends, or another may go."""
        stop = self.endings.out_of_budget(len(self.begun))
        try:
            if (unranked := self._line.broken.pop(index, None)) is not None:
                raise unranked  # noqa: TRY301 - handled as what the functions below raise
            if self.settler.joined(index, now):
                return _ANOTHER
            overdue = now >= self.settler.deadline(index)
            at = now if stop or overdue else self.gate.admit(index, now)
        except Exception as error:  # noqa: BLE001 - a user's function raised: it is that row's error
            self.gate.let_go()
            self._settle_aside(index, now, classify(error))
            return _ANOTHER
        if overdue:
            self._settle_aside(index, now, classify(self.settler.overdue(index, now)))
            return _ANOTHER
        if stop:
            return self._out_of_budget(index, now, stop)
        return self._begin(index, now) if at <= now else self._hold(index, at)

    def _begin(self, index: int, now: float) -> int:
        self._retries.begun(index)
        self.waiting_for = None
        self.begun[index] = now
        return index

    def _hold(self, index: int, at: float) -> int:
        reason = self.waiting_for = self.gate.reason
        if reason != "limit" and self._several_servers and self._line.deferred < _MOST_DEFERRED:
            self._line.defer(at, index)
            return _ANOTHER
        if not self._line.put_back(index):
            self._held = index
        self.wake_at = min(at, self.settler.deadline(index))
        return WAIT

    def _out_of_budget(self, index: int, now: float, stop: Stop) -> int:
        if not self.begun:
            self.drain(now, stop)
            return DONE
        # What is under way may turn out cheaper than was feared.
        self._held, self.waiting_for = index, "budget"
        return WAIT

    def _nothing_to_start(self) -> int:
        line, hedger = self._line, self.flight.hedger
        self.wake_at = line.due
        if hedger is not None and hedger.wake_at is not None:
            self.wake_at = min(hedger.wake_at, self.wake_at or hedger.wake_at)
        if self._input_open:
            self.waiting_for = "input"
            return FEED
        if line.due is not None:
            self.waiting_for = "backoff" if line.backing_off else "server"
            return WAIT
        self.waiting_for = None
        return WAIT if self.begun else DONE

    @property
    def _nothing_left(self) -> bool:
        waiting = self._input_open or self.begun or self._held >= 0
        return not waiting and self._line.is_empty()

    # What is so

    @property
    def max_concurrency(self) -> int:
        """Attempts that may be under way at once; whoever sets it, it is found no more."""
        return self.flight.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        self.flight.auto = None
        self.flight.max_concurrency = value

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""
        return self.flight.attempts

    @property
    def limits(self) -> Limits:
        """The rates that hold; any thread may replace them."""
        return self.gate.limits

    @limits.setter
    def limits(self, value: Limits) -> None:
        self.gate.limits = value
        self._choose_the_way()

    @property
    def room(self) -> int:
        """How many more items to read ahead, so that the best of them can go first."""
        if not self._input_open or not isinstance(self._line, RankedLine):
            return 0
        return max(0, self._lookahead - self._line.ahead)

    @property
    def backing_off(self) -> int:
        """How many items wait for another try."""
        return self._line.backing_off

    @property
    def input_open(self) -> bool:
        """Whether more items may come."""
        return self._input_open

    @property
    def stopped(self) -> bool:
        """Whether the run was cut off: what is still under way does not count any more."""
        return self._cut

    @property
    def has_deadlines(self) -> bool:
        """Whether each item may take a limited time only."""
        return self.settler.item_timeout_s is not None

    @property
    def reads_ahead(self) -> bool:
        """Whether more is read of the input than is started, so that the best goes first."""
        return isinstance(self._line, RankedLine)

    @property
    def aside(self) -> list[int]:
        """Items that ended without an attempt of theirs ending, for who asked to clear."""
        return self.settler.aside

    def time_left(self, index: int, now: float) -> float:
        """Return the seconds that the item may still take; infinite without a limit."""
        return self.settler.deadline(index) - now

    def _settle_failed(self, index: int, now: float, failure: Failure) -> None:
        stop = self.settler.failed(index, now, failure)
        if stop is not None:
            self.drain(now, stop)

    def _settle_aside(self, index: int, now: float, failure: Failure) -> None:
        self.settler.aside.append(index)
        self._settle_failed(index, now, failure)
