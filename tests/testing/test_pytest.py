"""The fixtures for pytest, in a test suite of somebody else's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

CONFTEST = 'pytest_plugins = ["notebook_kit.testing.pytest"]\n'
TAPED = """
import notebook_kit as nk
from notebook_kit.testing import FakeAPI

def test_taped(tape, fake_api):
    fake_api.get("/users/7").answers({"name": "Ada"})
    key = nk.Secret("planted-secret-value")
    with nk.Client(fake_api.url, transport=fake_api, headers={"x-api-key": key}) as api:
        assert api.get("/users/7").json() == {"name": "Ada"}
    assert len(fake_api.requests) == ASKED
"""


def run_inside(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    """Run one small test module with the plugin alone, in a fresh process."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_inside=test)
    quiet = ("-p", "no:playwright", "-p", "no:nbval", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(*quiet, *options, timeout=100)


def test_the_fixtures(pytester: pytest.Pytester) -> None:
    """Each gives what it says, and fails a test that leaves something wrong."""
    result = run_inside(
        pytester,
        """
import notebook_kit as nk
import pytest

kept = []

@pytest.fixture
def open_within():
    return 0.1

def test_fake(fake_api):
    fake_api.get("/x").answers(1)
    with nk.Client(fake_api.url, transport=fake_api) as api:
        assert api.get("/x").json() == 1

def test_unexpected(fake_api):
    with nk.Client(fake_api.url, transport=fake_api) as api:
        api.map("/x", [1], progress=False)

def test_clock(fake_api, manual_clock):
    fake_api.get("/x").answers(1, after="30 s")
    manual_clock.autojump = True
    with nk.Client(fake_api.url, transport=fake_api) as api:
        api.get("/x")
    assert manual_clock.elapsed_s >= 30

def test_server(fault_server):
    with nk.Client(fault_server.url) as api, pytest.raises(nk.APIError):
        api.get("/x", retry=0)

def test_leaves(nothing_left_open):
    kept.append(nk.Client("http://fake.test"))

def test_leaves_nothing(nothing_left_open):
    pass
""",
    )
    result.assert_outcomes(passed=6, errors=2)
    result.stdout.fnmatch_lines(["*UnexpectedRequest: GET http://fake.test/x was not expected*"])
    result.stdout.fnmatch_lines(
        ["*still open after 0.1 s:*", "*client http://fake.test: open for*"]
    )


def test_a_tape_is_recorded_and_replayed(pytester: pytest.Pytester) -> None:
    """Asked for it is recorded, without the key that was sent; else it is replayed, unsent."""
    recorded = run_inside(pytester, TAPED.replace("ASKED", "1"), "--record-tapes")
    recorded.assert_outcomes(passed=1)
    tape: Path = pytester.path / "tapes" / "test_inside" / "test_taped.db"
    assert b"Ada" in tape.read_bytes()
    assert b"planted" not in tape.read_bytes()
    if os.name == "posix":
        assert tape.stat().st_mode & 0o077 == 0
    run_inside(pytester, TAPED.replace("ASKED", "0")).assert_outcomes(passed=1)


def test_a_tape_that_lacks_something_fails_its_test(pytester: pytest.Pytester) -> None:
    """It says how to record it: where there is none, and where what is asked is not on it."""
    absent = run_inside(pytester, TAPED)
    absent.assert_outcomes(errors=1)
    absent.stdout.fnmatch_lines(["*there is no tape 'test_taped.db'*pytest --record-tapes *"])
    run_inside(pytester, TAPED.replace("ASKED", "1"), "--record-tapes").assert_outcomes(passed=1)
    other = """
import notebook_kit as nk

def test_taped(tape):
    with nk.Client("http://fake.test") as api:
        api.map("/users/{id}", [8], progress=False)
"""
    missing = run_inside(pytester, other)
    missing.assert_outcomes(passed=1, errors=1)
    missing.stdout.fnmatch_lines(["*1 of the requests are not on the tape 'test_taped.db'*"])
