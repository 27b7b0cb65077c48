"""Exports: a frame as a file or as a table of another library, and a frame read back."""

from __future__ import annotations

from notebook_kit.frames.exports.arrow import arrow_backed, to_arrow, to_polars
from notebook_kit.frames.exports.reading import read_frame
from notebook_kit.frames.exports.writing import export_frame

__all__ = ["arrow_backed", "export_frame", "read_frame", "to_arrow", "to_polars"]
