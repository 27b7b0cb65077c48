"""A local server that misbehaves on purpose, for tests of code that calls HTTP APIs.

>>> from notebook_kit.testing import FaultServer, answer, reset_before_headers
>>> with FaultServer() as api:
...     api.when("/flaky", reset_before_headers(), answer(b"second time lucky"))
...     url = api.url + "/flaky"
"""

from __future__ import annotations

from notebook_kit.testing.behaviours import (
    Behaviour,
    HangUp,
    Reaction,
    Reset,
    Send,
    Silence,
    Step,
    StopReading,
    Wait,
    answer,
    answer_chunked,
    answer_with_leftover,
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    never_answer,
    never_read,
    reset_after_headers,
    reset_before_headers,
    reset_within_body,
    reset_within_headers,
    stall_mid_body,
    with_continue,
)
from notebook_kit.testing.records import Connections, ReceivedRequest
from notebook_kit.testing.server import FaultServer

__all__ = [
    "Behaviour",
    "Connections",
    "FaultServer",
    "HangUp",
    "Reaction",
    "ReceivedRequest",
    "Reset",
    "Send",
    "Silence",
    "Step",
    "StopReading",
    "Wait",
    "answer",
    "answer_chunked",
    "answer_with_leftover",
    "close_without_answer",
    "garbage",
    "half_body",
    "half_chunk",
    "never_answer",
    "never_read",
    "reset_after_headers",
    "reset_before_headers",
    "reset_within_body",
    "reset_within_headers",
    "stall_mid_body",
    "with_continue",
]
