"""Choosing with care: what may start where options, limits or servers have a say in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.errors.groups import taken_apart
from notebook_kit.policies import classify
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.otherwise import Otherwise
from notebook_kit.scheduling.outcome import INTERRUPTS, UNSETTLED, Status

if TYPE_CHECKING:
    from notebook_kit.scheduling.endings import Stop

__all__ = ["DONE", "FEED", "WAIT", "Choice"]

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
#: Items that may end in one go without being started; then others have a turn.
_MOST_ASIDE: Final = 50


class Choice(Otherwise):
    """A course that looks at everything that may keep an item from being started."""

    def _stand(self) -> int:
        if self._cut:
            return DONE
        # Others who share a limit must not wait for a run that stands still.
        self.gate.let_go()
        if self._rest is not None or self.nothing_left:
            self.waiting_for = None
            return WAIT if self.begun else DONE
        self.waiting_for = "pilot" if self._at_pilot else "pause"
        return WAIT

    @property
    def _at_pilot(self) -> bool:
        """Whether all of the pilot has ended, and somebody has to say how to go on."""
        busy = self.begun or self._held >= 0 or self.rescues.waiting
        return not busy and self._line.stands

    def wait_s(self, now: float) -> float | None:
        """Return the seconds that all wait for the one server, or None; from any thread."""
        # Of several servers another one may be ready sooner.
        if self._several_servers or self.waiting_for not in ("server", "breaker"):
            return None
        return self.gate.wait_s(now)

    def _next_guarded(self, now: float) -> int:
        while (overdue := self._deadlines.passed(now)) >= 0:
            self._settle_overdue(overdue, now)
        said = self._stand() if self._rest is not None else self._choose(now)
        if said in (WAIT, FEED):
            self._wake_by(self._deadlines.due)
        return said

    def _choose(self, now: float) -> int:
        if self.flight.is_full():
            self.waiting_for = None
            return WAIT
        if self.rescues.waiting:
            return self._begin_rescue(now)
        if self._held >= 0 and self.ledger.status[self._held] != UNSETTLED:
            # It was withdrawn; those behind it need not wait for its turn.
            self._held = NOBODY
            self.gate.let_go()
        already = len(self.settler.aside)
        while self._rest is None and len(self.settler.aside) - already < _MOST_ASIDE:
            late = self._late(now)
            if late is not None:
                return late
            stop = self._purse.too_little()
            index = self._take(now) if stop is None else self._take_one_of_the_tried(now)
            if index < 0:
                return self._nothing_to_start() if stop is None else self._save(now, stop)
            self._held = NOBODY
            said = self._try_to_start(index, now)
            if said != _ANOTHER:
                return said
        return self._take_breath(now) if self._rest is None else self._stand()

    def _take_breath(self, now: float) -> int:
        """Let those have a turn who have to be told of the items that have ended."""
        self.wake_at = now
        self.waiting_for = None
        return WAIT

    def _late(self, now: float) -> int | None:
        """Start a second attempt where one is late, nobody else is due and it can be paid for."""
        hedger = self.flight.hedger
        if hedger is None or self._held >= 0:
            return None
        if self._purse.too_little() is not None:
            hedger.wake_at = None
            return None
        return self.flight.late(now, self._deadlines.of)

    def _take(self, now: float) -> int:
        return self._line.take(now) if self._held < 0 else self._held

    def _take_one_of_the_tried(self, now: float) -> int:
        """Take one who is reckoned with already, where there is too little for anybody else."""
        tried = self._purse.tried
        if not self._purse.enough_for_one_of_the_tried:
            return NOBODY
        if self._held >= 0:
            return self._held if self._held in tried else NOBODY
        return self._line.take_one_of(tried, now)

    def _try_to_start(self, index: int, now: float) -> int:
        """Start the item, or say why not: it has to wait, the run ends, or another may go."""
        at, admitted = now, False
        self._deciding = True
        try:
            if (unranked := self._line.broken.get(index)) is not None:
                raise unranked  # noqa: TRY301 - handled as what the functions below raise
            if self._joins(index, now) or self._is_known(index, now):
                return _ANOTHER
            overdue = now >= self._deadlines.of(index)
            if not overdue:
                at = self.gate.admit(index, now)
                admitted = at <= now
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a user's function: it is that row's error
            self.gate.let_go()
            self._settle_aside(index, now, classify(taken_apart(error)))
            return _ANOTHER
        finally:
            self._deciding = False
        if self.ledger.status[index] != UNSETTLED:
            if admitted:
                self.gate.released(index, now, sent=now)
                self.gate.keep_estimate(index)
            return _ANOTHER  # One of the user's functions has ended the run.
        if overdue:
            self._settle_overdue(index, now)
            return _ANOTHER
        return self._begin(index, now) if at <= now else self._hold(index, now, at)

    def _joins(self, index: int, now: float) -> bool:
        """Tell whether the item has or waits for the answer of an equal one."""
        first = self.settler.join(index, now)
        if first < 0:
            return False
        status = self.ledger.status[index]
        if status == UNSETTLED:
            self._line.hurry(first, index)
            self._deadlines.waits(index)
        elif status != Status.OK and (stop := self.settler.too_many()) is not None:
            self.drain(now, stop)
        return True

    def _begin(self, index: int, now: float) -> int:
        self._retries.begun(index)
        self._purse.waits_no_more(index)
        if self.settler.twins is not None:
            self.settler.twins.begun(index)
        self.waiting_for = None
        self.begun[index] = now
        return index

    def _hold(self, index: int, now: float, at: float) -> int:
        reason = self.waiting_for = self.gate.reason
        if reason == "breaker" and self.rescues.takes_on_unsent(index, at - now):
            if self.settler.twins is not None:
                self.settler.twins.begun(index)
            return self._begin_rescue(now)
        self._deadlines.waits(index)
        # For those behind it another server may be ready, or there may be something else to give.
        others = self._several_servers or (reason == "breaker" and self.rescues.offered)
        if reason != "limit" and others and self._line.deferred < _MOST_DEFERRED:
            self._line.defer(min(at, self._deadlines.of(index)), index)
            self._deferred_for = reason
            return _ANOTHER
        if self._line.put_back(index):
            self._wake_by(self._line.due)
        else:
            self._held = index
        self._wake_by(at)
        return WAIT

    def _save(self, now: float, stop: Stop) -> int:
        """Start nobody who is not paid for: wait for those who are, or end the run."""
        if self._held < 0 and (self._line.is_empty() or self._at_pilot):
            return self._nothing_to_start()
        waiting = self._held < 0 and self._purse.enough_for_one_of_the_tried
        if not self.begun and not waiting:
            self.drain(now, stop)
            return self._stand()
        # What is under way may turn out cheaper than was feared.
        self.gate.let_go()
        self.waiting_for = "budget"
        if waiting:
            self._wake_by(self._line.due_of(self._purse.tried))
        return WAIT

    def _nothing_to_start(self) -> int:
        line, hedger = self._line, self.flight.hedger
        self.wake_at = line.due
        if hedger is not None:
            self._wake_by(hedger.wake_at)
        if self._input_open and not line.holds_back:
            self.waiting_for = "input"
            return FEED
        if line.due is not None:
            self.waiting_for = "backoff" if line.backing_off else self._deferred_for
            return WAIT
        if self._at_pilot:
            self.waiting_for = "pilot"
            return WAIT
        self.waiting_for = None
        return WAIT if self.begun else DONE

    def _wake_by(self, at: float | None) -> None:
        if at is not None and (self.wake_at is None or at < self.wake_at):
            self.wake_at = at
