"""Writing a frame into a file, as a run exports its own; and the line of code that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.widgets.launcher.words import literal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["save", "save_line"]


def save(kit: Any, frame: Any, file: str, *, name: str) -> Path:
    """Write the frame and return the path.

    The rooms above this one have what writes it, so it is taken from the package.

    Raises:
        ConfigurationError: for a name whose ending does not say what to write.
        StorageError: when the file cannot be written there.
    """
    path: Path = kit.frames.export_frame(frame, file, name=name)
    return path


def save_line(kit: str, frame: str, file: str) -> str:
    """Return the line that does so.

    >>> save_line("nk", "frame", "answers.csv")
    'nk.frames.export_frame(frame, "answers.csv", name="frame")'
    """
    return f"{kit}.frames.export_frame({frame}, {literal(file)}, name={literal(frame)})"
