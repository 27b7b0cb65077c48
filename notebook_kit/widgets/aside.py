"""Work that takes long, begun by a click: neither the kernel nor the user shall wait for it."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["aside"]


def aside(work: Callable[[], object]) -> None:
    """Do the work in a thread of its own, in the caller's context; it must not raise."""
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(work,), name="notebook_kit-aside", daemon=True
    ).start()
