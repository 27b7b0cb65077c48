"""Faults of TLS: certificates that do not hold, and what is no TLS."""

from __future__ import annotations

from typing import Final

from notebook_kit.testing.behaviours import answer, half_body
from notebook_kit.testing.faults.fault import Fault
from notebook_kit.testing.steps import Behaviour, HangUp, Send, Silence

__all__ = ["TLS"]

_GROUP: Final = "TLS"


def _plain_port() -> Behaviour:
    return Behaviour([Send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), HangUp()])


TLS: Final = (
    Fault(
        name="wrong-name",
        says="The certificate is for another host.",
        group=_GROUP,
        certificate="wrong name",
        reaction=answer("whole"),
    ),
    Fault(
        name="expired-certificate",
        says="The certificate expired in 2020.",
        group=_GROUP,
        certificate="expired",
        reaction=answer("whole"),
    ),
    Fault(
        name="unknown-authority",
        says="The certificate is of an authority that nobody trusts.",
        group=_GROUP,
        certificate="untrusted",
        reaction=answer("whole"),
    ),
    Fault(
        name="half-body-over-tls",
        says="The connection is closed in the middle of a body that came over TLS.",
        group=_GROUP,
        certificate="good",
        reaction=half_body(),
    ),
    Fault(
        name="no-tls",
        says="A server without TLS is asked by https.",
        group=_GROUP,
        greeting=_plain_port(),
        speaks="https",
    ),
    Fault(
        name="hang-in-handshake",
        says="Nothing comes while TLS is being agreed on.",
        group=_GROUP,
        greeting=Behaviour([Silence()]),
        speaks="https",
        never_ends=True,
    ),
)
