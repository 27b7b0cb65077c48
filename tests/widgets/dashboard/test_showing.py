"""Where the dashboard is shown, and that there is one at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ipywidgets.widgets import widget as widget_module

import notebook_kit as nk
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets.dashboard import showing
from notebook_kit.widgets.dashboard.board import Board
from notebook_kit.widgets.refresher import Refresher, refresher
from tests.widgets.dashboard.things import Client

if TYPE_CHECKING:
    import pytest

    from tests.widgets.fakes import FakeShell


def settle() -> None:
    """Wait until the I/O loop has done what it was asked to do so far."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


def living() -> list[Any]:
    """The dashboards that are drawn."""
    return [view for view in refresher._due if isinstance(view, Board)]


def test_in_a_notebook_it_lives(watched: FakeShell, comm_messages: list[tuple[str, Any]]) -> None:
    """It is drawn by the refresher of all views, and returns nothing that a cell would show."""
    client = Client()
    shown: object = nk.dashboard()  # type: ignore[func-returns-value]
    assert shown is None
    settle()
    assert len(living()) == 1
    client.close()
    watched.display_pub.wait_for(lambda it: it.data.get("text/plain") == "Nothing is open.")
    living()[0].end("Enough.")
    settle()
    assert living() == []
    assert refresher.is_idle


def test_running_the_cell_again_replaces_the_older(
    watched: FakeShell, comm_messages: list[tuple[str, Any]]
) -> None:
    """However often: one is drawn, and one has buttons."""
    for cell in range(5):
        watched.cell = f"cell-{cell}"
        nk.dashboard()
    settle()
    assert len(living()) == 1
    messages = watched.display_pub.messages
    rows = {it.display_id for it in messages if str(it.display_id).endswith("-buttons")}
    emptied = {it.display_id for it in messages if not any(it.data.values())}
    assert (len(rows), len(emptied)) == (5, 4)
    faces = [it for it in messages if "taken its place" in it.data.get("text/html", "")]
    assert len(faces) == 4
    living()[0].end("Enough.")
    settle()
    assert refresher.is_idle
    assert not widget_module._instances


def test_headless_it_is_the_same_every_time(watched: FakeShell) -> None:
    """A program that executes notebooks gets kinds and counts, once, and no widgets."""
    watched.allow_stdin = False
    client = Client("http://127.0.0.1:12345")
    nk.dashboard()
    (message,) = watched.display_pub.messages
    assert message.data["text/plain"] == "Open: 1 client."
    assert "12345" not in message.data["text/html"]
    assert message.display_id is None
    assert living() == []
    client.close()


def test_without_a_front_end_it_is_printed(
    no_shell: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text form, once, to standard output."""
    client = Client()
    nk.dashboard()
    assert capsys.readouterr().out == f"{nk.open_resources()}\n"
    client.close()
    nk.dashboard()
    assert capsys.readouterr().out == "Nothing is open.\n"


def test_where_it_cannot_be_shown_it_is_printed(
    watched: FakeShell, capsys: pytest.CaptureFixture[str], comm_messages: list[tuple[str, Any]]
) -> None:
    """A front end that fails costs the buttons, and not the answer."""
    watched.display_pub.broken = OSError("the socket is gone")
    nk.dashboard()
    assert capsys.readouterr().out == "Nothing is open.\n"
    assert living() == []
    assert not showing._living
    watched.display_pub.broken = None


def test_the_refresher_is_that_of_all_views() -> None:
    """No thread and no timer of its own."""
    own: object = vars(showing)["refresher"]
    assert isinstance(own, Refresher)
    assert own is refresher
