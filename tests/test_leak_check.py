"""The check that every test runs under: a test that leaves something behind fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SHORT_DEADLINE = """
import socket, sys, threading, weakref
import pytest

@pytest.fixture(scope="session")
def leak_deadline_s():
    return 0.1

kept = []
"""


def run_inside(pytester: pytest.Pytester, test: str) -> pytest.RunResult:
    """Run one small test module under the project's own fixtures, in a fresh process."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(SHORT_DEADLINE + test)
    return pytester.runpytest_subprocess("-p", "no:playwright", "-p", "no:nbval", timeout=60)


def test_leaks_fail_and_are_named(pytester: pytest.Pytester) -> None:
    """A thread, a socket and a switch interval left behind each fail their test by name."""
    result = run_inside(
        pytester,
        """
def test_thread():
    wake = threading.Event()
    thread = threading.Thread(target=wake.wait, name="forgotten", daemon=True)
    thread.start()
    kept.append(wake)

def test_socket():
    listener = socket.create_server(("127.0.0.1", 0))
    kept.append(listener)

def test_switch_interval():
    sys.setswitchinterval(0.25)

def test_switch_interval_is_put_back():
    assert sys.getswitchinterval() != 0.25
""",
    )
    result.assert_outcomes(passed=4, errors=3)
    result.stdout.fnmatch_lines(
        ["*thread 'forgotten'*", "*socket bound to ('127.0.0.1'*", "*switch interval of 0.25 s*"]
    )


def test_what_goes_away_is_no_leak(pytester: pytest.Pytester) -> None:
    """What ends by itself or is collected, and the kit's own I/O thread, are not leaks."""
    result = run_inside(
        pytester,
        """
class Owner:
    def __init__(self):
        self.itself = self
        listener = socket.create_server(("127.0.0.1", 0))
        weakref.finalize(self, listener.close)

def test_collected():
    Owner()

def test_io_thread():
    wake = threading.Event()
    threading.Thread(target=wake.wait, name="notebook_kit-io", daemon=True).start()
    kept.append(wake)

def test_closed():
    with socket.create_server(("127.0.0.1", 0)):
        pass
""",
    )
    result.assert_outcomes(passed=3)


def test_failure_is_told_once(pytester: pytest.Pytester) -> None:
    """A test that has failed already is not failed again for what its traceback keeps alive."""
    result = run_inside(
        pytester,
        """
def test_fails():
    kept.append(socket.create_server(("127.0.0.1", 0)))
    assert False
""",
    )
    result.assert_outcomes(failed=1)
