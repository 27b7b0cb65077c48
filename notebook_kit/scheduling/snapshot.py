"""What a view shows of a run: numbers at one moment, never the run itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_kit.scheduling.run_state import RunState
from notebook_kit.scheduling.time_left import seconds_left

if TYPE_CHECKING:
    from notebook_kit.scheduling.forecast import Forecast

__all__ = ["ErrorGroup", "RunState", "Snapshot"]


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Failures of one kind.

    Attributes:
        kind: class name of the error, with the status code where there is one.
        count: how many items ended so.
        example: the text of the first one, secrets removed; not escaped.
        position: position in the input of the first one.
    """

    kind: str
    count: int
    example: str
    position: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The numbers of a run at one moment.

    Attributes:
        state: where the run stands.
        total: items in all, or None as long as the input has no known end.
        ok: items answered, reused ones included.
        failed: items that ended in an error.
        timeout: items that ended at a time limit.
        cancelled: items that were not finished when the run was cancelled.
        skipped: items that were left out on purpose.
        reused: items answered without sending anything.
        in_flight: attempts under way.
        backing_off: items waiting for another try.
        attempts: attempts finished.
        max_concurrency: how many attempts may be under way at once.
        auto: whether that number is being found.
        rate: the limits in words, as ``"50/s"``, or None.
        waiting_for: why nothing more is started: ``"limit"``, ``"backoff"``, ``"input"``,
            ``"pause"``, ``"pilot"`` (it is done, and somebody has to say how to go on),
            ``"server"`` (it said to wait, or bears no more), ``"breaker"``, ``"budget"`` or None.
        server: in words what holds up who calls the server, at the end what was learnt of it, or
            None.
        wait_s: seconds for which the server is still left alone, while the run waits for that and
            it is known: it said so, or is tried again then; else None.
        spent: what the items have cost so far, or None where nobody counts.
        max_cost: what they may cost in all, or None.
        elapsed_s: seconds since the start, until the end; less those in which it was paused or
            stood at a pilot.
        stood_s: seconds in which it was or did so.
        rate_now: items a second over the last seconds.
        throughput: items ended in each of the last intervals, oldest first.
        interval_s: length of one such interval in seconds.
        latency_s: seconds an attempt took: 50th and 95th hundredth and the longest, or None.
        latency_counts: a histogram of the seconds per attempt, between ``latency_edges``.
        latency_edges: bounds of the histogram, one more than counts, in seconds.
        errors: failures by kind, most frequent first.
        trying: the same of items that have failed but wait for another try, by their last error.
        notices: what the user should know, oldest first.
        warnings: those of the notices that tell of something lost, as rows that are not kept.
        forecast: what the rest will most likely take, while the run stands at its pilot; or None.
        name: what the work is called.
        called: what to write for the run in code; only views know better than ``run``.
    """

    state: RunState
    total: int | None
    ok: int = 0
    failed: int = 0
    timeout: int = 0
    cancelled: int = 0
    skipped: int = 0
    reused: int = 0
    in_flight: int = 0
    backing_off: int = 0
    attempts: int = 0
    max_concurrency: int = 1
    auto: bool = False
    rate: str | None = None
    waiting_for: str | None = None
    server: str | None = None
    wait_s: float | None = None
    spent: float | None = None
    max_cost: float | None = None
    elapsed_s: float = 0.0
    stood_s: float = 0.0
    rate_now: float = 0.0
    throughput: tuple[int, ...] = ()
    interval_s: float = 1.0
    latency_s: tuple[float, float, float] | None = None
    latency_counts: tuple[int, ...] = ()
    latency_edges: tuple[float, ...] = ()
    errors: tuple[ErrorGroup, ...] = ()
    trying: tuple[ErrorGroup, ...] = ()
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    forecast: Forecast | None = None
    name: str = ""
    called: str = "run"

    @property
    def done(self) -> int:
        """Items that have ended, however."""
        return self.ok + self.failed + self.timeout + self.cancelled + self.skipped

    @property
    def to_do(self) -> int | None:
        """Items that have not ended, those in flight included; None if the total is unknown."""
        return None if self.total is None else max(0, self.total - self.done)

    @property
    def eta_s(self) -> float | None:
        """Seconds to the end at the pace of the last seconds, or None where nobody can tell.

        One figure, which jumps where that pace does; `eta_range_s` says how sure it is.
        """
        if self.state is not RunState.RUNNING or self.to_do is None or self.rate_now <= 0:
            return None
        return self.to_do / self.rate_now

    @property
    def eta_range_s(self) -> tuple[float, float] | None:
        """Between what the seconds to the end most likely are, or None where nobody can tell.

        It is what panel and terminal go by. A wait for the server is in it where `wait_s` says how
        long that is; any other comes on top.

        >>> half = Snapshot(RunState.RUNNING, 6_000, ok=3_000, elapsed_s=60.0, rate_now=50.0)
        >>> [round(bound) for bound in half.eta_range_s or ()]
        [58, 62]
        """
        left = seconds_left(self)
        return None if left is None else (left.low, left.high)
