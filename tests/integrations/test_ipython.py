"""The extension for IPython, in a real shell."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import notebook_kit as nk
from notebook_kit.integrations.ipython import Overview, overview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.demo import DemoServer

EXTENSION = "notebook_kit.integrations.ipython"


@pytest.fixture
def shell() -> Iterator[Any]:
    """A shell with the extension, without a history on disk."""
    nk.forget()
    config = Config()
    config.HistoryManager.enabled = False
    make_shell: Any = InteractiveShell  # has no types
    shell = make_shell(config=config)
    shell.run_line_magic("load_ext", EXTENSION)
    yield shell
    shell.run_line_magic("unload_ext", EXTENSION)
    shell.history_manager.end_session()
    shell.restore_sys_module_state()
    nk.forget()


def _in_time(condition: Callable[[], bool]) -> bool:
    """Look for some seconds: a server sees a connection end a moment after its client."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _run(shell: Any, cell: str) -> Any:
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


def test_says_when_there_is_nothing(shell: Any) -> None:
    """With nothing open and no run, %nk says so."""
    assert repr(_run(shell, "%nk")) == "Nothing is open.\nLast run: none"
    assert repr(_run(shell, "%nk close")) == "Nothing was open.\nLast run: none"


def test_lists_what_is_open_and_the_last_run(shell: Any, demo: DemoServer) -> None:
    """%nk lists each client with the line that made it, and the status line of the last run."""
    shell.user_ns["url"] = demo.url
    _run(shell, "import notebook_kit as nk; client = nk.Client(url)")
    _run(shell, "client.map('/airports/{iata}', ['ZRH', 'XXX'], retry=0, progress=False).result()")
    shown = _run(shell, "%nk")
    assert isinstance(shown, Overview)
    assert shown.heading == "1 open:"
    (line,) = shown.resources
    assert line.startswith(f"client {demo.url}: open for")
    assert line.endswith("used 2 times")
    assert shown.run == "<Run GET /airports/{iata}: done, 2 of 2 done, 1 failed>"
    _run(shell, "%nk close")


def test_close_closes_everything(shell: Any, demo: DemoServer) -> None:
    """`%nk close` closes clients and says which; the server sees their connections go."""
    shell.user_ns["url"] = demo.url
    _run(shell, "import notebook_kit as nk; client = nk.Client(url)")
    _run(shell, "client.get('/airports/ZRH').result()")
    assert demo.stats().connections_open == 1
    shown = _run(shell, "%nk close")
    assert shown.heading == "Closed 1:"
    assert demo.url in repr(shown)
    assert _in_time(lambda: demo.stats().connections_open == 0)
    assert nk.open_resources() == []
    assert overview().heading == "Nothing is open."


def test_keeps_nothing_alive(shell: Any) -> None:
    """What is shown, and stays in Out, is words: it holds neither clients nor the run."""
    shown = shell.run_cell("%nk", store_history=True).result
    assert shell.user_ns["Out"] == {1: shown}
    assert {type(getattr(shown, name)) for name in shown.__slots__} <= {str, tuple, type(None)}


def test_html_escapes_what_it_shows() -> None:
    """Names that come from outside cannot become elements of the page."""
    shown = Overview("1 open:", ("client <script>",), "<Run <b>x</b>: done>")
    page = shown._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>x</b>" not in page


def test_names_hide_credentials(shell: Any) -> None:
    """The user part of a URL and known secrets are not shown."""
    key = nk.Secret("sk-0123456789abcdef")
    client = nk.Client("https://me:pw@api.example.com")
    nk.map(str, [], name=f"work with {key.reveal()}", progress=False).result()
    shown = repr(_run(shell, "%nk"))
    client.close()
    assert "https://****@api.example.com" in shown
    assert "work with ****" in shown
    assert "sk-0" not in shown


def test_another_word_is_a_usage_error(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What %nk does not know it refuses in a line, and says what it knows."""
    result = shell.run_cell("%nk clsoe")
    assert not result.success
    assert "UsageError: %nk clsoe is not known: %nk lists" in capsys.readouterr().err


def test_can_be_unloaded(shell: Any) -> None:
    """%unload_ext takes the magic away, and %load_ext brings it back."""
    shell.run_line_magic("unload_ext", EXTENSION)
    assert shell.find_line_magic("nk") is None
    shell.run_line_magic("load_ext", EXTENSION)
    assert shell.find_line_magic("nk") is not None


def test_ipython_is_not_imported_by_it() -> None:
    """Importing the extension, as tools do that look for modules, does not import IPython."""
    code = f"import sys, {EXTENSION}; sys.exit('IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
