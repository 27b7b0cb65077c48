"""What tests of code that calls HTTP APIs need: a fake API, a server that misbehaves, a clock.

>>> from notebook_kit.testing import FaultServer, answer, reset_before_headers
>>> with FaultServer() as api:
...     api.when("/flaky", reset_before_headers(), answer(b"second time lucky"))
...     url = api.url + "/flaky"
"""

from __future__ import annotations

from notebook_kit.testing.behaviours import (
    answer,
    answer_chunked,
    answer_with_leftover,
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    half_headers,
    never_answer,
    never_read,
    reset_after_answer,
    reset_after_headers,
    reset_before_headers,
    reset_before_request_body,
    reset_within_body,
    reset_within_headers,
    stall_mid_body,
    stall_mid_headers,
    with_continue,
)
from notebook_kit.testing.clock import ManualClock
from notebook_kit.testing.fake import FakeAPI
from notebook_kit.testing.fake_answers import (
    FakeAnswer,
    FakeFailure,
    fake_answer,
    fake_failure,
)
from notebook_kit.testing.fake_requests import FakeRequest
from notebook_kit.testing.fake_routes import FakeRoute
from notebook_kit.testing.fake_words import UnexpectedRequest
from notebook_kit.testing.faults import FAULTS, Fault, fault
from notebook_kit.testing.nothing_open import assert_nothing_open, nothing_left_open
from notebook_kit.testing.records import Connections, ReceivedRequest
from notebook_kit.testing.server import FaultServer
from notebook_kit.testing.steps import (
    Behaviour,
    Drip,
    HangUp,
    Reaction,
    Repeat,
    Reset,
    Send,
    Silence,
    Step,
    StopReading,
    Wait,
)

__all__ = [
    "FAULTS",
    "Behaviour",
    "Connections",
    "Drip",
    "FakeAPI",
    "FakeAnswer",
    "FakeFailure",
    "FakeRequest",
    "FakeRoute",
    "Fault",
    "FaultServer",
    "HangUp",
    "ManualClock",
    "Reaction",
    "ReceivedRequest",
    "Repeat",
    "Reset",
    "Send",
    "Silence",
    "Step",
    "StopReading",
    "UnexpectedRequest",
    "Wait",
    "answer",
    "answer_chunked",
    "answer_with_leftover",
    "assert_nothing_open",
    "close_without_answer",
    "fake_answer",
    "fake_failure",
    "fault",
    "garbage",
    "half_body",
    "half_chunk",
    "half_headers",
    "never_answer",
    "never_read",
    "nothing_left_open",
    "reset_after_answer",
    "reset_after_headers",
    "reset_before_headers",
    "reset_before_request_body",
    "reset_within_body",
    "reset_within_headers",
    "stall_mid_body",
    "stall_mid_headers",
    "with_continue",
]
