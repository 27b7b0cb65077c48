"""Who is calling."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING

from notebook_kit.execution import running_loop

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["caller"]


def caller() -> Hashable:
    """Return what stands for the task that runs here, or the number of the thread.

    The task is not kept alive: with its loop gone, what it holds would stay held for ever.

    >>> import threading
    >>> caller() == threading.get_ident()
    True
    """
    loop = running_loop()
    if loop is None:
        return threading.get_ident()
    task = asyncio.current_task()
    return loop, task if task is None else weakref.ref(task)
