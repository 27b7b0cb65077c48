"""The transports: what carries a client's requests, and which one a client gets."""

from __future__ import annotations

from notebook_kit.client.transports.measures import (
    PHASES,
    SENT,
    ConnectionCounts,
    RequestPhases,
    TransportStatistics,
)
from notebook_kit.client.transports.select import TransportOptions, make_transport

__all__ = [
    "PHASES",
    "SENT",
    "ConnectionCounts",
    "RequestPhases",
    "TransportOptions",
    "TransportStatistics",
    "make_transport",
]
