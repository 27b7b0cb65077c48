"""Fixtures for pytest: ``pytest_plugins = ["notebook_kit.testing.pytest"]`` in a ``conftest.py``.

`fake_api`, `fault_server`, `manual_clock`, `nothing_left_open`, and `tape`, which replays what was
recorded when pytest was last run with ``--record-tapes``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.tapes.tape import record, replay
from notebook_kit.testing.clock import ManualClock
from notebook_kit.testing.fake import FakeAPI
from notebook_kit.testing.nothing_open import nothing_left_open as nothing_left
from notebook_kit.testing.server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.policies import Duration

__all__ = [
    "fake_api",
    "fault_server",
    "manual_clock",
    "nothing_left_open",
    "open_within",
    "pytest_addoption",
    "tape",
    "tape_path",
]

_OPTION = "--record-tapes"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that has tapes recorded."""
    parser.addoption(
        _OPTION,
        action="store_true",
        help="record the tapes of the fixture `tape` anew, by asking the real API",
    )


@pytest.fixture
def fake_api() -> Iterator[FakeAPI]:
    """A `FakeAPI`; what it was asked and did not expect fails the test at its end."""
    with FakeAPI() as fake:
        yield fake


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A `FaultServer` that is running."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def manual_clock() -> Iterator[ManualClock]:
    """A `ManualClock` in force, which stands still; ``manual_clock.autojump = True`` lets it go."""
    with ManualClock() as clock:
        yield clock


@pytest.fixture
def open_within() -> Duration:
    """How long `nothing_left_open` waits for what is being closed; may be overridden."""
    return "10 s"


@pytest.fixture
def nothing_left_open(open_within: Duration) -> Iterator[None]:
    """Fail a test that leaves something of the package open; ask for it before other fixtures."""
    with nothing_left(within=open_within):
        yield


@pytest.fixture
def tape_path(request: pytest.FixtureRequest) -> Path:
    """Where the tape of a test lies: ``tapes/<module>/<test>.db`` beside it; may be overridden."""
    name = re.sub(r"[^\w.-]+", "_", request.node.name).strip("_")
    return Path(request.path.parent, "tapes", request.path.stem, f"{name}.db")


@pytest.fixture
def tape(request: pytest.FixtureRequest, tape_path: Path) -> Iterator[Any]:
    """Replay a tape of what a real API answered: no network is needed, and no key.

    What the tape does not hold fails the test. With ``--record-tapes`` it is recorded instead; what
    was sent as a credential is not in the file.
    """
    if request.config.getoption(_OPTION):
        tape_path.parent.mkdir(parents=True, exist_ok=True)
        with record(tape_path) as recording:
            yield recording
        return
    if not tape_path.exists():
        message = (
            f"there is no tape {tape_path.name!r} in {tape_path.parent}: record it where the API "
            f"is, with `pytest {_OPTION} {request.path.name}`, and keep it with the test."
        )
        pytest.fail(message, pytrace=False)
    with replay(tape_path) as playing:
        yield playing
        missing = playing.stats().missing
    if missing:
        message = (
            f"{missing:,} of the requests are not on the tape {tape_path.name!r}: record it anew "
            f"with `pytest {_OPTION} {request.path.name}`, or see what has changed."
        )
        pytest.fail(message, pytrace=False)
