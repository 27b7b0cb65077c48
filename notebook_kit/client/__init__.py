"""The client: the only room that knows httpx and aiohttp."""

from __future__ import annotations

from notebook_kit.client.call import Call, UnsentCallWarning
from notebook_kit.client.client import Client
from notebook_kit.client.columns import col
from notebook_kit.client.response import Response
from notebook_kit.client.streaming import ServerSentEvent, Stream
from notebook_kit.client.sync_face import SyncClient

__all__ = [
    "Call",
    "Client",
    "Response",
    "ServerSentEvent",
    "Stream",
    "SyncClient",
    "UnsentCallWarning",
    "col",
]
