"""What the accessor `calls` does with a frame, also with one that comes from a file."""

from __future__ import annotations
