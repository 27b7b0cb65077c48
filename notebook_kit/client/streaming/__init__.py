"""Streams: answers that are read while they come, in `async for` and in `for`."""

from __future__ import annotations

from notebook_kit.client.streaming.keywords import StreamKeywords
from notebook_kit.client.streaming.opened import OpenStream
from notebook_kit.client.streaming.sse import ServerSentEvent
from notebook_kit.client.streaming.stream import Stream, make_stream
from notebook_kit.client.streaming.views import Reading

__all__ = [
    "OpenStream",
    "Reading",
    "ServerSentEvent",
    "Stream",
    "StreamKeywords",
    "make_stream",
]
