"""The tape that is in force in this process, if any: one name to look at before each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.tapes.player import Player
    from notebook_kit.tapes.recorder import Recorder

__all__ = ["tape"]

#: Read by whoever sends; changed by `notebook_kit.tapes.tape` alone.
tape: Recorder | Player | None = None
