"""Writing a frame into a file, as code."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown
from notebook_kit.widgets.launcher.words import literal

__all__ = ["save_line"]

_WRITERS: Final = {
    ".csv": "{frame}.to_csv({file})",
    ".parquet": "{frame}.to_parquet({file})",
    ".jsonl": '{frame}.to_json({file}, orient="records", lines=True, date_format="iso")',
    ".ndjson": '{frame}.to_json({file}, orient="records", lines=True, date_format="iso")',
}


def save_line(frame: str, file: str) -> str:
    """Return the line that writes a frame.

    Raises:
        ConfigurationError: for a name whose ending does not say what to write.

    >>> save_line("frame", "answers.csv")
    'frame.to_csv("answers.csv")'
    """
    file = file.strip()
    writer = _WRITERS.get(PurePath(file).suffix.lower())
    if writer is None:
        message = (
            f"{shown(file)} does not say what to write: end the name with .csv, .parquet or .jsonl."
        )
        raise ConfigurationError(message)
    return writer.format(frame=frame, file=literal(file))
