"""What a row of a checkpoint is recognised by: a digest of the item, alike in every process."""

from __future__ import annotations

from notebook_kit.canonical import NotPlain, digest

__all__ = ["NotPlain", "digest"]
