"""The journal of a run that keeps a checkpoint: what is done is told to the room that stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.execution import RunOptions, Work
    from notebook_kit.scheduling import Plan
    from notebook_kit.storage import CheckpointJournal

__all__ = ["journal_of"]


def journal_of(
    plan: Plan, work: Work, options: RunOptions, about: Mapping[str, Any]
) -> CheckpointJournal | None:
    """Return the journal of a run, or None where it keeps no checkpoint.

    Args:
        plan: the items.
        work: what is done with them.
        options: of the run.
        about: what is kept of the run itself, as in ``frame.attrs``.

    Raises:
        StorageError: when the file cannot be used, or holds answers of work that has changed.
        ConfigurationError: for what is no path, and where ``key=`` has nothing for an item.
    """
    if options.checkpoint is None:
        return None
    # SQLite is loaded for those who keep a checkpoint.
    from notebook_kit.storage import Keys, Pace, open_journal  # noqa: PLC0415

    keyed, keys = {}, None
    if options.key is not None:
        keyed = {"key": options.key}
        keys = Keys(plan, options.key, work.part, joins=options.dedupe)
        keys.check()
    journal = open_journal(
        options.checkpoint,
        {**work.describe(), "version": options.version, **keyed},
        plan,
        reuse=options.reuse,
        on_change=options.on_change,
        part=work.part,
        as_read=getattr(work, "gives_json", False),
        key=options.key,
        settings=about,
        pace=Pace(options.flush_every_s, options.durable),
    )
    if keys is not None:
        journal.look_at(keys)
    # Work whose answers are objects keeps them as plain data.
    if (keep := getattr(work, "keep", None)) is not None:
        keep(journal)
    return journal
