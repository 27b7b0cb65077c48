"""The one verb: map calls over data. Here the rooms are joined into a run."""

from __future__ import annotations

import atexit
import warnings
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, Unpack

from notebook_kit import frames, widgets
from notebook_kit.decorators.kept_map import kept_function, kept_work
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution import Run, RunKeywords, RunOptions, View, Work, running_loop
from notebook_kit.execution.functions import FunctionWork, name_of
from notebook_kit.execution.holding import keep_run, put_in_place_of
from notebook_kit.execution.relay import Relay
from notebook_kit.execution.reruns import tell_of_earlier
from notebook_kit.journals import journal_of
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.decorators.kept_map import MapCache
    from notebook_kit.execution.inspection import Inspection
    from notebook_kit.scheduling import Plan

__all__ = ["forget", "last_run", "live_runs", "map", "refusals", "start_run"]

_last: Run | None = None
#: Runs that may be under way when the interpreter exits.
_live: weakref.WeakSet[Run] = weakref.WeakSet()
#: Asked when a run is made; if one says so, the run is cancelled before it has done anything.
refusals: list[Callable[[], bool]] = []


class _Check(Protocol):
    def __call__(self, columns: Sequence[object], /) -> None: ...


class _Widgets:
    """The room of widgets, as a run wants it."""

    def show(self, run: Run) -> View | None:
        return widgets.show(run, run.options.progress)

    def redisplay(self, run: Run) -> None:
        widgets.redisplay(run)

    def inspect(self, inspection: Inspection) -> None:
        widgets.show_inspection(inspection)

    def inspection_text(self, inspection: Inspection) -> str:
        return widgets.inspection_text(inspection.picture(), called=widgets.called(inspection.run))


def start_run(
    items: Any,
    make_work: Callable[[], Work],
    options: RunOptions,
    *,
    name: str,
    check: _Check | None = None,
    notices: Sequence[str] = (),
) -> Run:
    """Plan, start and show a run: every way to start one ends here.

    Args:
        items: any input that `frames.plan_of` takes.
        make_work: gives what is done with an item; called again for each `Run.retry_failed`.
        options: checked options.
        name: what the work is called if the user gave it no name.
        check: given the columns of a DataFrame, refuses what cannot work.
        notices: what the user should know from the start.

    Raises:
        ConfigurationError: before anything is started.
    """
    plan = frames.plan_of(items, name=options.name or name)
    if options.join is not None:
        frames.check_joinable(plan)
    columns = getattr(plan.source, "columns", None)
    if columns is not None:
        options.check_columns(columns)
        if check is not None:
            check(columns)
    return _start(plan, make_work, options, notices)


def _start(
    plan: Plan, make_work: Callable[[], Work], options: RunOptions, notices: Sequence[str] = ()
) -> Run:
    global _last  # noqa: PLW0603 - the run that `last_run` returns
    work = make_work()
    about = frames.about_run(plan.name, work, options)
    journal = journal_of(plan, work, options, about)
    _read_at_home(plan, work)

    def again(positions: list[int], present: RunOptions) -> Run:
        # What failed is to be tried once more, also where failures count as settled.
        reuse = "ok" if present.reuse == "settled" else present.reuse
        some = frames.subset(plan, positions)
        some.positions = [plan.position(at) for at in positions]
        # So is what was repaired in the meantime, and what was done stays done.
        on_change = "keep" if present.on_change == "error" else present.on_change
        return _start(some, make_work, replace(present, reuse=reuse, on_change=on_change))

    try:
        run = Run(
            plan,
            work,
            options,
            frames=frames.RunFrames(about, options.join),
            presenter=_Widgets(),
            again=again,
            journal=journal,
            identify=frames.identify,
        )
    except BaseException:
        # Its file cannot be read to the end, or somebody did not want to wait for that.
        if journal is not None:
            journal.close("failed")
        raise
    for notice in notices:
        run.notice(notice)
    if journal is not None:
        journal.listen(partial(run.notice, warns=True), run.notice)
    _keep_no_longer()
    _last = run
    keep_run(run, {"Forget": forget, "Retry failed": _retry_last, "Save": _save_last})
    refused = any(refuses() for refuses in refusals)
    if refused:
        # A run can be cancelled when it has started, and nothing of it is to start.
        run.pause()
    tell_of_earlier(run, live_runs())
    run.start()
    _live.add(run)
    if refused:
        run.notice("Nothing was started, because the process is about to end.")
        run.cancel()
    return run


def _read_at_home(plan: Plan, work: Work) -> None:
    """Let an async generator go on where it was made, when the run lives on the kit's loop."""
    if not isinstance(plan.source, AsyncIterator) or not work.on_io_loop:
        return
    # A queue of threads or processes can be read from any loop.
    if not getattr(plan.source, "has_home", True):
        return
    # Made where no loop runs, it has no home yet, and any loop will do.
    if (home := running_loop()) is not None:
        plan.source = Relay(plan.source, home)


def map(  # noqa: A001 - the verb of this package, used as nk.map
    function: Callable[..., Any],
    items: Any,
    *,
    loop: Literal["caller", "kit"] = "caller",
    cache: MapCache = None,
    **options: Unpack[RunKeywords],
) -> Run:
    """Call a function with every item and return the run, which has started already.

    Await the run for its frame: one row per item, in order, errors as rows.

    Args:
        function: async, called on the caller's loop; or synchronous, called in threads. Rows of a
            DataFrame become keyword arguments, or the whole row where it takes one parameter.
        items: a DataFrame, Series, list, dict, generator or async generator; or a queue that is
            still being filled, until `END` is taken from it or it is shut down. Items that are no
            rows of a DataFrame are given to the function as they are, dictionaries and tuples too.
        loop: ``"kit"`` calls an async function on the package's own loop, which goes on while a
            cell blocks.
        cache: for how long answers are given again, a duration, or an `nk.Cache`, which may name a
            file: rows that are known are not called for, and take no permit of a rate. They are
            those of this function, whatever map they are from.
        **options: ``max_concurrency`` (10, or ``"auto"``), ``rate`` (``"50/s"``, a `Rate` or
            several), ``retry`` (2 further tries, or a `Retry`), ``breaker``, ``hedge``,
            ``attempt_timeout``, ``item_timeout``, ``batch_timeout``, ``priority`` and ``order``,
            ``dedupe`` and ``key``, ``on_error`` (``"collect"``, ``"raise"`` or a function of each
            failed `Outcome`), ``on_outcome``, ``fail_fast``, ``max_errors``, ``cost`` and
            ``max_cost``, ``pilot`` (so many items first), ``progress`` (True, False, ``"text"`` or
            a function of a `Snapshot`), ``checkpoint`` (a path), ``reuse`` (``"ok"``, ``"settled"``
            or ``"none"``), ``on_change`` (``"error"``, ``"new"`` or ``"keep"``) and ``version`` of
            the function, ``flush_every`` (0.2 s) and ``durable``, ``join`` (``"left"`` puts the
            columns of the input first), ``name``.
            What each one means stands in `nk.RunKeywords`.

    Raises:
        ConfigurationError: before anything is called, for what cannot work.

    >>> async def double(number):
    ...     return 2 * number
    >>> map(double, [1, 2, 3], progress=False).result()["result"].tolist()
    [2, 4, 6]
    """
    with brief:
        checked = RunOptions.of(options)
        FunctionWork(function, loop=loop).close()
        columns: list[Sequence[object] | None] = [None]

        kept = kept_function(function, cache)

        def make_work() -> Work:
            work = FunctionWork(function if kept is None else kept.called, loop=loop)
            work.bind(columns[0])
            return (
                work if kept is None else kept_work(work, function, kept, columns[0], checked.retry)
            )

        def check(found: Sequence[object]) -> None:
            columns[0] = found
            FunctionWork(function, loop=loop).bind(found)

        return start_run(items, make_work, checked, name=name_of(function), check=check)


def last_run() -> Run | None:
    """Return the run that was started last, interrupted or not; None if there is none."""
    return _last


def live_runs() -> list[Run]:
    """Return the runs that are under way; from any thread."""
    while True:
        try:
            return [run for run in list(_live) if not run.state.ended]
        except RuntimeError:  # another thread has started one meanwhile
            continue


def forget(*given: object) -> None:
    """Let go of the last run, so that its answers can be collected.

    Buttons under it as it ended go as well, because they keep it; what is shown of it stays.

    Raises:
        ConfigurationError: when it is given anything, as a checkpoint, which it does not concern.
    """
    if given:
        message = (
            f"nk.forget() takes nothing, and was given {shown(given[0])}: it lets go of the last "
            "run, which is kept in memory. To be rid of a checkpoint delete its file, "
            "pathlib.Path('runs.db').unlink(); to begin anew in it give the map reuse='none'; "
            "answers that a client keeps are forgotten by client.cache.clear()."
        )
        raise ConfigurationError(message)
    run = _last
    _keep_no_longer()
    if run is not None:
        widgets.let_go(run)


def _keep_no_longer() -> None:
    """Let go of the last run, but for the buttons that somebody may still want to click."""
    global _last
    run, _last = _last, None
    if run is not None:
        keep_run(run, None)


def _retry_last() -> str:
    if (older := _last) is None:
        return ""
    put_in_place_of(older, older.retry_failed())
    return "The rows that failed are tried again."


def _save_last() -> str:
    return "" if _last is None else f"The rows are saved in {_last.export()}."


def _tell_of_runs_cut_off() -> None:
    """Say at exit which runs are cut off, if nobody has waited for them: that is easily missed."""
    for run in list(_live):
        if not run.done and not run.waited_for and not run.state.ended:
            warnings.warn(
                f"{run!r} was still under way when the interpreter exited, and is cut off: "
                "await it, or call .result().",
                RuntimeWarning,
                stacklevel=1,
            )


atexit.register(_tell_of_runs_cut_off)
