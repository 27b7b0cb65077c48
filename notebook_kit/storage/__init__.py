"""Storage: checkpoints, so that no row is done twice."""

from __future__ import annotations

from notebook_kit.storage.earlier import Reuse
from notebook_kit.storage.failures import EarlierFailure
from notebook_kit.storage.journal import CheckpointJournal
from notebook_kit.storage.keys import Keys
from notebook_kit.storage.opening import open_journal
from notebook_kit.storage.writing import Pace

__all__ = ["CheckpointJournal", "EarlierFailure", "Keys", "Pace", "Reuse", "open_journal"]
