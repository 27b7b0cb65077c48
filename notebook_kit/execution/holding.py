"""What runs and executors hold, as the monitor tells it; the notes hold neither."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.lifetime import Holding, caller_origin, note
from notebook_kit.numbers import count, plural
from notebook_kit.scheduling import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.execution.desk import Desk
    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.run import Run
    from notebook_kit.lifetime import Note
    from notebook_kit.scheduling import Snapshot

__all__ = ["keep_run", "note_executor", "note_run", "put_in_place_of"]

#: What is offered for a run of which something did not end well, by who keeps it.
_MENDING: Final = ("Retry failed", "Save")


def note_run(engine: Engine, *, name: str, checkpoint: Any) -> Note:
    """Take note of a run, and of the checkpoint that it holds open."""
    made_at = caller_origin()
    if checkpoint is not None:
        # It closes with its run, which loses nothing that is done.
        note(
            engine,
            kind="checkpoint",
            name=os.path.basename(os.fspath(checkpoint)),  # noqa: PTH119 - a path of any kind
            look=_checkpoint_holding,
            acts={"Cancel": lambda it: it.cancel()},
            made_at=made_at,
        )
    return note(
        engine,
        kind="run",
        name=name,
        look=_run_holding,
        acts={
            "Cancel": lambda it: it.cancel(),
            "Pause": _pause,
            "Resume": _resume,
            # What stands at its pilot goes on by the same step, and its panel says so.
            "Go on": _resume,
        },
        made_at=made_at,
    )


def keep_run(run: Run, keeper: Mapping[str, Callable[[], object]] | None) -> None:
    """Have a run told of when it has ended too, because somebody keeps it; None: nobody does.

    Args:
        run: the run.
        keeper: what to offer then, by the name of a button; it must not hold the run.
    """
    run._engine.entry.keeper = keeper  # noqa: SLF001 - what is noted of a run is its engine


def put_in_place_of(older: Run, run: Run) -> None:
    """Tell of a run that it was made where an older one was: a button has begun it."""
    run._engine.entry.made_at = older._engine.entry.made_at  # noqa: SLF001 - as above


def _pause(engine: Engine) -> None:
    engine.paused = True


def _resume(engine: Engine) -> None:
    engine.paused = False


def _run_holding(engine: Engine) -> Holding | None:
    kept = engine.completed.done()
    if engine.lost or (kept and not engine.entry.keeper):
        return None
    now = engine.snapshot()
    unwell = now.failed + now.timeout
    facts = [_amount(now), f"{count(unwell)} failed" if unwell else ""]
    if kept:
        facts.append(now.state.value if now.state is not RunState.DONE else "ended")
        acts: tuple[str, ...] = ("Forget", *(_MENDING if unwell + now.cancelled else ()))
    else:
        stands, way_on = _standing(now)
        facts += [f"{count(now.in_flight)} in flight", stands]
        acts = ("Cancel", way_on)
    return Holding(
        ", ".join(fact for fact in facts if fact),
        uses=now.attempts,
        last_used=engine.entry.opened + now.elapsed_s + now.stood_s,
        busy=not kept,
        kept=kept,
        acts=acts,
        meter=None if now.total is None else (now.done - now.cancelled, 0, now.total),
        failed=unwell,
    )


def _standing(now: Snapshot) -> tuple[str, str]:
    """Return why a live run starts nothing, or nothing, and what its button offers."""
    if now.state is not RunState.PAUSED:
        return "", "Pause"
    return ("pilot done", "Go on") if now.waiting_for == "pilot" else ("paused", "Resume")


def _amount(now: Snapshot) -> str:
    total = "?" if now.total is None else count(now.total)
    return f"{count(now.done - now.cancelled)} of {total} done"


def _checkpoint_holding(engine: Engine) -> Holding | None:
    if engine.lost or engine.completed.done():
        return None
    now = engine.snapshot()
    text = f"open, {plural(now.done - now.cancelled - now.skipped, 'row')} in it from this run"
    # What ends it is the run's own button.
    return Holding(text, uses=now.done, busy=True, acts=("Cancel",))


def note_executor(desk: Desk, *, most: int) -> Note:
    """Take note of an executor at work."""
    return note(
        desk,
        kind="executor",
        name=f"of up to {plural(most, 'call')} at once",
        look=_desk_holding,
        acts={"Close": lambda it: it.close_from_afar()},
    )


def _desk_holding(desk: Desk) -> Holding | None:
    if not desk.is_at_work or desk.ended:
        return None
    given, done, flying = desk.amounts()
    waiting = max(0, given - done - flying)
    parts = [
        f"{count(done)} of {count(given)} done" if given else "nothing submitted yet",
        f"{count(flying)} in flight" if flying else "",
        f"{count(waiting)} waiting" if waiting else "",
        "takes nothing more" if desk.closed else "",
    ]
    busy = given > done
    return Holding(", ".join(filter(None, parts)), uses=given, busy=busy, meter=(done, 0, given))
