"""The keywords of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.client.keywords import RequestKeywords

if TYPE_CHECKING:
    from notebook_kit.policies.durations import Duration

__all__ = ["StreamKeywords"]


class StreamKeywords(RequestKeywords, total=False):
    """What a stream takes beside the options of every request.

    Keys:
        method: the HTTP method, GET if nothing else is said.
        cache, fresh: a stream is neither kept nor taken from what is; nothing but False and True.
        fallback: nothing stands in for a stream; nothing but False.
        max_body: how large the whole may be; any size if nothing is said. A single line or event
            may have as much as the body of a call.
        stall_timeout: how long the server may be silent while it is listened to, a duration; 30 s
            if nothing else is said, None for any time. It takes the place of the time limit for
            reading, and does not count time in which nobody reads.
    """

    method: str
    stall_timeout: Duration | None
