"""What belongs to libraries that may not be imported: data can only be theirs if they are."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["is_a"]


def is_a(data: Any, library: str, name: str) -> bool:
    """Tell whether data is of a class of a library, without importing it.

    >>> is_a({}, "builtins", "dict"), is_a({}, "no_such_library", "Table")
    (True, False)
    """
    # A library that another thread is just importing is there without its classes.
    kind = getattr(sys.modules.get(library), name, None)
    return isinstance(kind, type) and isinstance(data, kind)
