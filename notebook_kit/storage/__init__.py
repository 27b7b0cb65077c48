"""Storage: checkpoints, so that no row is done twice."""

from __future__ import annotations

from notebook_kit.storage.failures import EarlierFailure
from notebook_kit.storage.journal import CheckpointJournal, Reuse, open_journal

__all__ = ["CheckpointJournal", "EarlierFailure", "Reuse", "open_journal"]
