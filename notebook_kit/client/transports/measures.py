"""What a transport measures: where a request's time went, and how many connections there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["CAME", "PHASES", "SENT", "ConnectionCounts", "RequestPhases", "TransportStatistics"]

#: The key of a response's extensions under which its `RequestPhases` lie.
PHASES = "nk_phases"
#: The key of a request's extensions under which lies a function that gives the answer, or raises
#: the error, that has come for it already: it is not sent then.
CAME = "nk_came"
#: The key of a request's extensions under which lies a function that is called, without arguments,
#: when the connection is there and the head is about to be written; or None.
SENT = "nk_sent"


class RequestPhases(NamedTuple):
    """Where the time of one request went, in seconds, up to the head of its answer.

    Attributes:
        pool_wait_s: waiting for one of the transport's connections to be free.
        dns_s: looking up the host's addresses; 0 on a reused connection or a cached lookup.
        connect_s: the rest of connecting: TCP, the proxy's tunnel, TLS; 0 on a reused connection.
        wait_s: from the first byte sent to the head of the answer.
        reused: whether the request went over a connection that an earlier one had opened.

    >>> RequestPhases(0.0, 0.002, 0.03, 0.25, reused=False)._replace(reused=True).reused
    True
    """

    pool_wait_s: float
    dns_s: float
    connect_s: float
    wait_s: float
    reused: bool


class ConnectionCounts(NamedTuple):
    """How many connections there are, and how many of them no request uses."""

    open: int
    idle: int


@dataclass(frozen=True, slots=True)
class TransportStatistics:
    """Counts of a transport's connections at one moment.

    Attributes:
        open: connections that are there: in use, or kept for the next request.
        idle: those of them that no request uses.
        opened_total: how many were opened since the transport was made.
        reused_total: how many requests found one that was open already.
    """

    open: int
    idle: int
    opened_total: int
    reused_total: int = 0
