"""The locks of what decorated functions share between threads.

Held for microseconds, and never while anybody's function runs. A coroutine that is collected ends
in the middle of anything, perhaps of what holds a lock in the very same thread. So they can be
taken twice, and whoever takes one of them may only take those that come after it: `line_lock`, then
the one of the meters; after `state_lock`, none. What is still left to do for a collected coroutine
where a lock of others is needed is done later, by the next who passes.
"""

from __future__ import annotations

import os
import threading
from typing import Final

__all__ = ["line_lock", "state_lock"]

#: Held by turnstiles while they ask the meters.
line_lock: Final = threading.RLock()
#: Held by everything else.
state_lock: Final = threading.RLock()

if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no fork on Windows
    for lock in (state_lock, line_lock):
        # Held across a fork, so that no child inherits it from a thread that it does not have.
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
