"""Opening a checkpoint for a run: the work is recognised, and the run gets its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.storage.failures import writable
from notebook_kit.storage.file import (
    checkpoint_path,
    checkpoint_salt,
    open_checkpoint,
    storage_errors,
)
from notebook_kit.storage.fingerprints import fingerprint
from notebook_kit.storage.journal import CheckpointJournal
from notebook_kit.storage.run_rows import begin_run, index_facts
from notebook_kit.storage.works import find_work
from notebook_kit.storage.writing import Pace

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from notebook_kit.scheduling import Plan
    from notebook_kit.storage.earlier import Reuse
    from notebook_kit.storage.works import OnChange

__all__ = ["open_journal"]


def open_journal(
    checkpoint: str | os.PathLike[str],
    description: Mapping[str, Any],
    plan: Plan,
    *,
    reuse: Reuse = "ok",
    part: Callable[[Any], Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    pace: Pace = Pace(),  # noqa: B008 - it never changes
    on_change: OnChange = "error",
    key: Callable[[Any], Any] | None = None,
    as_read: bool = False,
) -> CheckpointJournal:
    """Open a checkpoint for one run, making the file if it is not there.

    Outcomes belong to what the work is: changed work begins anew, beside what was there before. So
    that this never happens unnoticed, work whose name is in the file with answers of other work is
    refused, unless ``reuse`` is ``"none"``, ``on_change`` says otherwise, or the description has a
    version that the other work has not: then the user has said that it is other work.

    Args:
        checkpoint: path of the file.
        description: what the answers depend on; see `fingerprint`.
        plan: has the items, and the name of the work.
        reuse: which outcomes are looked up: ``"ok"`` ones, all ``"settled"`` ones, or ``"none"``.
        part: gives what of an item it is recognised by; None for all of it.
        settings: what the run is, as plain data without secrets.
        pace: how long outcomes may wait to be on disk.
        on_change: what becomes of the answers of work that has changed: an error says in what,
            they are left for the ``"new"`` ones, or it is to ``"keep"`` them.
        key: the user's own function in the place of ``part``.
        as_read: whether answers are as they were read from JSON, which is faster to write.

    Raises:
        ConfigurationError: for what is no path.
        CheckpointMismatch: when the work has changed, saying in what.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it cannot be read and written, or is of another version.
    """
    path = checkpoint_path(checkpoint)
    name = writable(plan.name)
    connection = open_checkpoint(path)
    try:
        with storage_errors(path):
            work = fingerprint(description, salt=checkpoint_salt(connection, path))
            asked = None if reuse == "none" else on_change
            found = find_work(connection, path, work, name=name, on_change=asked)
            told = {**(settings or {}), "index": index_facts(plan), "items": plan.keep_items}
            run = begin_run(connection, found.number, name=name, total=plan.length, settings=told)
            journal = CheckpointJournal(
                path,
                connection,
                plan,
                run=run,
                work=found.number,
                reuse=reuse,
                part=part,
                key=key,
                pace=pace,
                keeps=found.keeps,
            )
            journal.as_read = as_read
    except BaseException:
        connection.close()
        raise
    for notice in found.notices:
        journal.problems.add(notice)
    for unread in work.unreadable:
        journal.problems.add(
            f"The checkpoint does not notice changes in {unread}, which cannot be read: write "
            "version='1' after one, '2' after the next and so on; each begins anew."
        )
    for left_out in work.left_out:
        journal.problems.add(
            f"The checkpoint does not compare {left_out}: where its value matters, give it as "
            "version=."
        )
    return journal
