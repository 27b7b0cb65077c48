"""The course of a run: what it is made of, how items come in, and how it is brought to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.errors import RequestTimeout
from notebook_kit.scheduling.deadlines import Deadlines
from notebook_kit.scheduling.endings import Stop, StopKind
from notebook_kit.scheduling.flight import Flight
from notebook_kit.scheduling.gate import Gate
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import Status
from notebook_kit.scheduling.pilot import Pilot
from notebook_kit.scheduling.pilot_line import line_for
from notebook_kit.scheduling.purse import Purse
from notebook_kit.scheduling.rescues import Rescues
from notebook_kit.scheduling.retries import Retries
from notebook_kit.scheduling.settler import Settler
from notebook_kit.scheduling.terms import Terms

if TYPE_CHECKING:
    from notebook_kit.policies import Limits
    from notebook_kit.scheduling.ledger import Ledger
    from notebook_kit.scheduling.tempo import Trying

__all__ = ["Course"]


class Course:
    """The parts of one run, its beginning and its end; what happens between is up to `Scheduler`.

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
        rescues: those for whom something else is to be given than an answer.
        tempo: what counts for the eye.
        pilot: the items that are done before it waits to be told about the rest, or None.
    """

    def __init__(
        self, ledger: Ledger, *, max_concurrency: int, start: float, terms: Terms | None = None
    ) -> None:
        # No more than thirty attributes: beyond that an interpreter finds each of them more slowly,
        # which a million items feel.
        terms = terms or Terms()
        self.ledger = ledger
        self.paused = False
        self.wake_at: float | None = None
        self.waiting_for: str | None = None
        self.stop: Stop | None = None
        self.endings = terms.endings
        self.gate = Gate(
            terms.limits,
            weigh=terms.weigh,
            server_of=terms.server_of,
            tells_sent=terms.tells_sent,
        )
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
        self.rescues = Rescues(terms.rescues)
        self._known = terms.known
        self._deadlines = Deadlines(ledger, self.begun, terms.item_timeout_s)
        hedger = self.flight.hedger
        self._purse = Purse(
            terms.endings,
            ledger,
            self.begun,
            hedged=() if hedger is None else hedger.under_way,
            aside=self.settler.aside,
        )
        self._retries = Retries(terms.retry, ledger, safe=terms.safe, draw=terms.draw)
        self._several_servers = terms.several_servers
        self.pilot = None if terms.pilot is None else Pilot(terms.pilot, terms.sample)
        self.gate.told = None if self.pilot is None else self.pilot.weigh
        self._line = line_for(ledger, terms, self.pilot)
        #: How often the limits were replaced.
        self._changes = 0
        self._input_open = True
        self._cut = False
        #: The status of what is not begun once the run is being brought to an end.
        self._rest: Status | None = None
        #: The item that has to wait at the gate; those behind it do not overtake it.
        self._held = NOBODY
        #: Whether the user's functions are being asked about an item that is in no other place.
        self._deciding = False
        #: What those wait for who were put off while others go before them.
        self._deferred_for = "server"
        self._choose_the_way()

    def _choose_the_way(self) -> None:
        """Look at no option that is not used, for each of perhaps a million items.

        Another thread may set limits meanwhile, and what it has set must not be overlooked.
        """
        twins = self.settler.twins is not None
        own = twins or self._deadlines.hold or self.reads_ahead
        otherwise = self._known is not None or self.rescues.offered
        counted = self._retries.has_budget or self._purse.counts
        hedged = self.flight.hedger is not None
        while True:
            seen = self._changes
            needed = own or counted or hedged or otherwise
            self._plain = self.gate.is_open and not needed
            #: Whether one server is all that could hold anybody up.
            self._only_served = not (self.gate.limits or self._several_servers or needed)
            self._watched = self.flight.is_watched or twins or self._retries.has_deadline
            if seen == self._changes:
                return

    # How items come in

    def add(self, count: int = 1) -> None:
        """So many more items have come; too late for a run that ends, which settles them too."""
        first = len(self.ledger)
        self.ledger.grow(count)
        if self._rest is None:
            self._line.added(first)
        else:
            self.ledger.settle_rest(self._rest, but=self._staying())

    def end_of_input(self) -> None:
        """No more items will come."""
        self._input_open = False
        if self.pilot is not None:
            self.pilot.whole = True

    # Ending before the input does

    def cancel(self, now: float) -> None:
        """End the run: whatever has not ended is cancelled, answers that come later are ignored."""
        self._cut_off(now, Stop(StopKind.CANCELLED), Status.CANCELLED, Status.CANCELLED)

    def expire(self, now: float, reason: str) -> None:
        """End the run because its time is over: what was begun timed out, the rest is skipped."""
        self._cut_off(now, Stop(StopKind.TIME, reason), Status.TIMEOUT, Status.SKIPPED)

    def drain(self, now: float, stop: Stop | None = None) -> None:
        """Start nothing more, and let what is under way come to its end."""
        if self._rest is not None or (stop is None and self.nothing_left):
            return
        self.stop = stop or Stop(StopKind.CANCELLED)
        self._rest = Status.SKIPPED if stop else Status.CANCELLED
        self._send_home(now)

    def _cut_off(self, now: float, stop: Stop, begun_as: Status, rest: Status) -> None:
        if self._cut:
            return
        self._cut = True
        if not self.nothing_left:
            self.stop = self.stop or stop
        self._rest = rest if self._rest is None else self._rest
        for index in (*self.rescues.cut_off(self.begun), *self.flight.cut(now)):
            error = self._out_of_time(index, now, stop.reason) if stop.reason else None
            self.settler.cut(index, now, begun_as, error)
        self._send_home(now)

    def _out_of_time(self, index: int, now: float, reason: str) -> RequestTimeout:
        attempts, elapsed_s = self.ledger.attempts[index], now - self.ledger.left[index]
        return RequestTimeout(reason, phase="batch", attempts=attempts, elapsed_s=elapsed_s)

    def _send_home(self, now: float) -> None:
        """Settle all that is not under way, and does not wait for the answer of what is."""
        assert self._rest is not None  # noqa: S101 - tells the type checker
        self._input_open = False
        self._held = NOBODY
        self.gate.let_go()
        for index, failure in self.rescues.send_home():
            self.settler.send_home(index, now, failure)
        staying = self._staying()
        taken = [index for index in self._line.taken() if index not in staying]
        for due, index in self._line.clear():
            # What is left of the wait; sums may differ in the last digit.
            waited = self.ledger.backoff[index] - max(0.0, due - now)
            self.ledger.backoff[index] = max(0.0, waited)
        for index in taken:
            self.ledger.settle(index, self._rest, now=now)
        self.ledger.settle_rest(self._rest, but=staying)

    def _staying(self) -> set[int]:
        twins = self.settler.twins
        return set(self.begun).union(() if twins is None else twins.waiting_for(self.begun))

    @property
    def nothing_left(self) -> bool:
        """Whether no item is to come, to be started or to end."""
        waiting = self._input_open or self.begun or self._held >= 0 or self._deciding
        return not waiting and not self.rescues.waiting and self._line.is_empty()

    # What is so

    @property
    def max_concurrency(self) -> int:
        """Attempts that may be under way at once; whoever sets it, it is found no more."""
        return self.flight.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        self.flight.set_max_concurrency(value)

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""
        return self.flight.attempts

    @property
    def denied_retries(self) -> int:
        """Retries that were not made because their budget was used up."""
        return self._retries.denied

    @property
    def limits(self) -> Limits:
        """The rates that hold; any thread may replace them."""
        return self.gate.limits

    @limits.setter
    def limits(self, value: Limits) -> None:
        self.gate.limits = value
        self._changes += 1
        self._choose_the_way()

    @property
    def room(self) -> int:
        """How many more items to read ahead, so that the best of them can go first."""
        return self._line.room if self._input_open else 0

    @property
    def reads_ahead(self) -> bool:
        """Whether more is read of the input than is started, so that the best goes first."""
        return self._line.reads_ahead

    @property
    def has_enough(self) -> bool:
        """Whether no more need be read before somebody says how to go on after the pilot."""
        return self._line.has_enough

    @property
    def backing_off(self) -> int:
        """How many items wait for another try."""
        return self._line.backing_off

    @property
    def trying(self) -> Trying:
        """What those have failed with who wait for another try."""
        return self._line.trying

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
        return self._deadlines.hold

    @property
    def standing(self) -> bool:
        """Whether its pilot is done and it waits to be told to go on; from any thread."""
        pilot = self.pilot
        at_pilot = pilot is not None and not pilot.gone_on and self._rest is None
        return at_pilot and self.waiting_for == "pilot"

    def go_on(self) -> None:
        """Go on after a pause, and after the pilot, also before it is done; from any thread."""
        if self.pilot is not None:
            self.pilot.gone_on = True
        self.paused = False

    @property
    def aside(self) -> list[int]:
        """Items that ended without an attempt of theirs ending, for who asked to clear."""
        return self.settler.aside

    def time_left(self, index: int, now: float) -> float:
        """Return the seconds that the item may still take; infinite without a limit."""
        return self._deadlines.of(index) - now
