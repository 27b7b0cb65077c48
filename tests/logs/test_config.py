"""What a logging configuration changes, for how long, and what it leaves alone."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
from contextlib import ExitStack, redirect_stderr
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = logging.getLogger("notebook_kit")
LOG = kit_logger("notebook_kit.client")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """A test that ends with the log other than it was has failed."""
    before = (ROOT.level, list(ROOT.handlers), list(logging.getLogger().handlers))
    yield
    assert (ROOT.level, list(ROOT.handlers)) == before[:2]


@pytest.mark.parametrize("level", ["debug", "DEBUG", "Debug", logging.DEBUG])
def test_a_level_is_a_word_or_a_number(level: str | int) -> None:
    """Words in any case, and the numbers of `logging`, mean the same level."""
    assert nk.LoggingConfig(level).number == logging.DEBUG


@pytest.mark.parametrize("level", ["debgu", "", "notset", 0, -1, True, None, 10.5, b"debug"])
def test_a_level_that_does_not_exist_is_refused(level: Any) -> None:
    """The refusal names what there is; no level at all would be somebody else's level."""
    with pytest.raises(nk.ConfigurationError, match="'debug', 'info', 'warning'"):
        nk.LoggingConfig(level)


@pytest.mark.parametrize("console", ["stderr", None, 1, sys])
def test_a_console_is_a_switch_or_a_stream(console: Any) -> None:
    """What cannot be written to is refused when the configuration is made."""
    with pytest.raises(nk.ConfigurationError, match="a text stream to write to"):
        nk.LoggingConfig("info", console=console)


def test_a_block_shows_lines_on_the_standard_error() -> None:
    """Inside the block lines of the level and above are shown with time, level and logger."""
    with redirect_stderr(io.StringIO()) as shown, nk.LoggingConfig("info"):
        LOG.info("seen")
        LOG.debug("not seen")
    LOG.warning("over")
    (line,) = shown.getvalue().splitlines()
    assert line[2] == line[5] == ":"
    assert line.endswith(" INFO    notebook_kit.client: seen")


def test_applying_twice_shows_lines_once() -> None:
    """The same configuration, or another in its place, never doubles a line."""
    with redirect_stderr(io.StringIO()) as shown:
        first = nk.LoggingConfig("debug").apply().apply()
        second = nk.LoggingConfig("info").apply()
        LOG.info("once")
        LOG.debug("the second holds now")
        first.remove()
        LOG.info("twice")
        second.remove()
        LOG.info("over")
    assert [line.split(": ")[1] for line in shown.getvalue().splitlines()] == ["once", "twice"]


def test_the_finest_level_of_those_that_hold_counts() -> None:
    """A block inside another adds to it and takes away only what it has added."""
    with redirect_stderr(io.StringIO()) as shown, nk.LoggingConfig("warning"):
        with nk.LoggingConfig("debug"), nk.LoggingConfig("error"):
            LOG.debug("inside")
        LOG.debug("outside")
        LOG.warning("still")
    assert [line.split(": ")[1] for line in shown.getvalue().splitlines()] == ["inside", "still"]


def test_each_console_has_its_own_level() -> None:
    """Two streams show what was asked for each of them."""
    coarse, fine = io.StringIO(), io.StringIO()
    with nk.LoggingConfig("warning", console=coarse), nk.LoggingConfig("debug", console=fine):
        LOG.debug("fine")
        LOG.warning("both")
    assert coarse.getvalue().count("\n") == 1
    assert fine.getvalue().count("\n") == 2


def test_without_a_console_lines_go_to_the_users_handlers(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """``console=False`` sets the level, and shows nothing itself."""
    with nk.LoggingConfig("debug", console=False):
        LOG.debug("for you")
    assert [record.getMessage() for record in caplog.records] == ["for you"]
    assert capsys.readouterr().err == ""


def test_a_line_that_the_root_shows_is_not_shown_twice() -> None:
    """Where the user's root handler writes to the same stream, its line is the one that stands."""
    root = logging.getLogger()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    try:
        with nk.LoggingConfig("debug", console=stream):
            LOG.debug("once")
            handler.setLevel(logging.WARNING)
            LOG.debug("and once")
    finally:
        root.removeHandler(handler)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "once"
    assert lines[1].endswith("notebook_kit.client: and once")
    assert len(lines) == 2


def test_the_root_logger_is_never_touched() -> None:
    """Neither level nor handlers of the root change."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with nk.LoggingConfig("debug"):
        assert (root.level, list(root.handlers)) == before


def test_a_level_that_the_user_sets_meanwhile_stays() -> None:
    """What was set before comes back at the end, unless somebody has set something else."""
    ROOT.setLevel(logging.ERROR)
    try:
        with nk.LoggingConfig("debug", console=False):
            pass
        assert ROOT.level == logging.ERROR
        with nk.LoggingConfig("debug", console=False):
            ROOT.setLevel(logging.CRITICAL)
        assert ROOT.level == logging.CRITICAL
    finally:
        ROOT.setLevel(logging.NOTSET)


def test_from_many_threads_nothing_is_left() -> None:
    """Blocks of many threads at once leave the log as it was."""
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait(10)
        for _ in range(50):
            with nk.LoggingConfig("debug", console=False):
                LOG.debug("x")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_a_stream_that_is_gone_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A console that raises, or a process without a standard error, costs the line and no more."""
    closed = io.StringIO()
    closed.close()
    with nk.LoggingConfig("debug", console=closed):
        LOG.debug("lost")
    assert "ValueError" in capsys.readouterr().err
    with ExitStack() as stack:
        stack.enter_context(redirect_stderr(None))
        stack.enter_context(nk.LoggingConfig("debug"))
        LOG.debug("lost")


def test_the_repr_says_what_was_asked_for() -> None:
    """Level and console are shown as they were given."""
    assert repr(nk.LoggingConfig("debug")) == "LoggingConfig(level='debug', console=True)"


def test_importing_is_silent() -> None:
    """Without a configuration warnings print nothing, not even by `logging`'s last resort."""
    code = (
        "import logging, notebook_kit as nk;"
        "logging.getLogger('notebook_kit.request').warning('x');"
        "assert logging.getLogger().handlers == [];"
        "assert logging.getLogger('notebook_kit').level == 0"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_misspelt_option_names_the_one_meant() -> None:
    """An option that does not exist is explained, and so is one too many."""
    with pytest.raises(nk.ConfigurationError, match=r"^nk\.LoggingConfig .* mean 'console'\?"):
        nk.LoggingConfig("info", consol=False)  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match="takes only level and console without a name"):
        nk.LoggingConfig("info", False, "x")  # type: ignore[call-arg]  # noqa: FBT003 - the mistake
