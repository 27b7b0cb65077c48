"""The gate of a run: what has to agree before an attempt may start, limits and the server."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.policies.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.policies import Failure, Limits
    from notebook_kit.policies.hints import RateHint

__all__ = ["Gate"]

#: Seconds between two looks at a circuit whose one probe is under way, perhaps in another run.
_LOOK_S: Final = 0.25
#: Up to so many times what is between two attempts is no wait but their pace.
_PACED: Final = 2.0
#: Answers that a pace that is begun late is told of, so that it knows what the server bore.
_REMEMBERED: Final = 2_000


@dataclass(slots=True)
class _Permit:
    """What one attempt took of limits, and whether it has left since."""

    limits: Limits
    grants: list[Any]
    has_left: bool = False


class Gate:
    """Lets attempts start as far as limits and the server's state allow.

    Attributes:
        limits: the rates that hold; any thread may replace them.
        reason: why the last one was not let through: ``"limit"``, ``"server"`` or ``"breaker"``.
        probed: whether the last attempt that failed was the probe of an open breaker.
        refused: attempts of this run that a server has turned away because there were too many.
        told: called with the limits and what each attempt uses of them, or None.

    >>> from notebook_kit.policies import Limits, Rate
    >>> gate = Gate(Limits([Rate(10, per="s")]))
    >>> gate.admit(0, now=0.0), round(gate.admit(1, now=0.0), 2)
    (0.0, 0.1)
    """

    def __init__(
        self,
        limits: Limits,
        *,
        weigh: Callable[[int], Sequence[float]] | None = None,
        server_of: Callable[[int], Server] | None = None,
        tells_sent: bool = False,
    ) -> None:
        self.limits = limits
        self.reason = "limit"
        self.probed = False
        self.refused = 0
        self.told: Callable[[Limits, Sequence[float]], None] | None = None
        self._weigh = weigh
        self._server_of = server_of
        self._tells_sent = tells_sent
        self._server: Server | None = None
        #: Which item was weighed last, by what limits, and what it weighs.
        self._weighed: tuple[int, Limits, Sequence[float]] = (-1, limits, ())
        #: Stands for this run where it shares a rate with others.
        self._ticket = object()
        #: What the attempts under way took of limits, where more is told of it later: when they
        #: were really sent, or what their answers say was used. An item may be under way twice.
        self._permits: dict[int, list[_Permit]] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is nothing that could hold anybody up."""
        return not self.limits and self._server_of is None

    @property
    def is_told(self) -> bool:
        """Whether it has to be told what becomes of those who were let through."""
        return self._server_of is not None or bool(self.limits) or bool(self._permits)

    def admit(self, index: int, now: float) -> float:
        """Let the item through and return ``now``, or return when to ask again.

        Raises:
            Exception: whatever weighing the item raises.
        """
        server = self._server = None if self._server_of is None else self._server_of(index)
        if server is not None:
            at, self.reason = server.earliest(now)
            if at > now:
                # Others who share a limit must not wait for one who waits for a server.
                self.let_go()
                return now + _LOOK_S if math.isinf(at) else at
        # Of limits that were taken away, the place in the line has to be given up.
        if self.limits or self._weighed[1]:
            limits, weights = self._weights_of(index)
            at = self._take(index, now, limits, weights, self._ticket)
            if at > now:
                self.reason = "limit"
                return at
            self._weighed = (-1, limits, ())
        if server is not None:
            server.started(now)
        return now

    def lets_through(self, index: int, now: float) -> bool:
        """Let the item through if it has to ask its server only, and that holds up nobody.

        None of the user's functions is asked. Where it returns False, `admit` tells why.
        """
        if self._server_of is None or self.limits or self._weighed[1]:
            return False
        try:
            server = self._server = self._server_of(index)
            if server.earliest(now)[0] > now:
                return False
        except Exception:  # noqa: BLE001 - raised again by `admit`
            return False
        server.started(now)
        return True

    def admit_once_more(self, index: int, now: float) -> float:
        """Let a second attempt of the item through and return ``now``, or return when to ask again.

        It takes no place in any line, and never probes a server: that is for others to do. Then
        nobody can tell when to ask again, and the time is infinite.

        Raises:
            Exception: whatever weighing the item raises.
        """
        server = None if self._server_of is None else self._server_of(index)
        if server is not None:
            at = server.spare(now)
            if at > now:
                return at
        if self.limits:
            limits, weights = self._weigh_now(index)
            at = self._take(index, now, limits, weights)
            if at > now:
                return at
        if server is not None:
            server.started(now)
        return now

    def _take(
        self,
        index: int,
        now: float,
        limits: Limits,
        weights: Sequence[float],
        ticket: object = None,
    ) -> float:
        grants: list[Any] | None = [] if limits.adjustable or self._tells_sent else None
        at = limits.take_or_wait(now, weights, ticket, grants, unsent=self._tells_sent)
        if self.told is not None and at <= now:
            self.told(limits, weights)
        if grants:
            self._permits.setdefault(index, []).append(_Permit(limits, grants))
        return at

    def _weights_of(self, index: int) -> tuple[Limits, Sequence[float]]:
        weighed, by, weights = self._weighed
        if weighed == index and by is self.limits:
            return by, weights
        by.leave(self._ticket)
        limits, weights = self._weigh_now(index)
        self._weighed = (index, limits, weights)
        return limits, weights

    def _weigh_now(self, index: int) -> tuple[Limits, Sequence[float]]:
        while True:
            limits = self.limits
            weights = self._weigh(index) if self._weigh else limits.weights(None)
            # They may be replaced in the meantime, and others need other weights.
            if limits is self.limits:
                return limits, weights

    def let_go(self) -> None:
        """Give up the place in the line of a shared limit."""
        self._weighed[1].leave(self._ticket)

    # What became of those who were let through

    def succeeded(self, index: int, now: float, *, sent: float, hint: RateHint | None) -> None:
        """Note that an attempt gave an answer."""
        if self._server_of is not None:
            self._server_of(index).succeeded(now, sent=sent, hint=hint)

    def failed(self, index: int, now: float, failure: Failure, *, sent: float) -> None:
        """Note that an attempt failed."""
        server = None if self._server_of is None else self._server_of(index)
        self.probed = server is not None and server.failed(now, failure, sent=sent)
        self.refused += failure.refused

    def released(self, index: int, now: float, *, sent: float) -> None:
        """Note that an attempt was cut off."""
        if self._server_of is not None:
            self._server_of(index).released(now, sent=sent)

    def sent(self, index: int, now: float) -> None:
        """Note that an attempt that was let through leaves only now, after other preparations."""
        for permit in self._permits.get(index, ()):
            if not permit.has_left:
                permit.has_left = True
                permit.limits.sent(now, permit.grants)
                return

    def used(self, index: int, now: float, value: Any) -> None:
        """Correct what was taken of weighted limits by what the answer says was used.

        Raises:
            Exception: whatever the ``usage`` function of a rate raises.
        """
        if index not in self._permits:
            return
        permits = self._end(index)
        # Of two attempts only one is answered, and nobody knows which: by the later stamp no window
        # is overfilled. What the other used is as estimated.
        for permit in permits[-1:]:
            permit.limits.used(now, permit.grants, value)

    def awaits_sending(self, index: int) -> bool:
        """Tell whether it makes a difference when an attempt of the item really leaves."""
        return index in self._permits

    def keep_estimate(self, index: int) -> None:
        """Leave it at what was taken of limits, as nobody will tell more of it."""
        self._end(index)

    def _end(self, index: int) -> list[_Permit]:
        permits = self._permits.pop(index, [])
        for permit in permits:
            permit.limits.ended(permit.grants)
        return permits

    def mind_the_server(self, *, admitted: int, since: float, now: float) -> None:
        """Begin to keep the pace of a server that nobody has spoken of before.

        It is told of so many answers since that time, as if they had come evenly.
        """
        if self._server_of is not None:
            return
        server = Server()
        told = min(admitted, _REMEMBERED)
        begin = now - (now - since) * (told / admitted) if admitted else now
        for number in range(told):
            at = begin + (now - begin) * number / told
            server.started(at)
            server.succeeded(at, sent=at)
        self._server = server
        self._server_of = lambda _index: server

    def describe(self, now: float) -> str | None:
        """Return in words what holds up the server of the last item that was let through."""
        server = self._server
        return None if server is None else server.describe(now)

    def wait_s(self, now: float) -> float | None:
        """Return the seconds for which that server is left alone, or None.

        None if it is not, if nobody can tell, or if it is just the time from one attempt to the
        next at the pace that it bears.
        """
        server = self._server
        if server is None:
            return None
        left = server.earliest(now)[0] - now
        rate = server.pace.rate
        paced = 0.0 if rate is None else _PACED / rate
        # While somebody probes it the time is infinite.
        return left if paced < left < math.inf else None

    def learnt(self) -> str | None:
        """Return in words what the run has learnt of the server once it has ended, or None."""
        if not self.refused:
            return None
        times = "once" if self.refused == 1 else f"{self.refused:,} times"
        return f"slowed down: the server refused {times}"
