"""What other processes put into queues."""

from __future__ import annotations

from typing import Any

from notebook_kit.frames.queues import END


def produce(queue: Any, count: int) -> None:
    """Put so many numbers and the end into a queue."""
    for number in range(count):
        queue.put(number)
    queue.put(END)
