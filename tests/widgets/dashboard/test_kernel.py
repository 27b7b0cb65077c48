"""The dashboard in a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.widgets.kernels import Kernel, data, running_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel

SETUP = """
import time
import notebook_kit as nk
server = nk.demo.serve()

def until(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    with running_kernel(tmp_path) as kernel:
        kernel.execute(SETUP)
        kernel.messages.clear()
        yield kernel


def text_of(message: dict[str, Any]) -> str:
    return data(message).get("text/plain", "")


def description_of(message: dict[str, Any]) -> object:
    state = message["content"].get("data", {}).get("state", {})
    return state.get("description") if message["msg_type"] == "comm_open" else None


def come(kernel: Kernel, fits: Callable[[dict[str, Any]], bool]) -> None:
    """Wait for a message that fits, unless it has come already."""
    if not any(map(fits, kernel.messages)):
        kernel.read_until(fits)


def test_a_click_closes_a_client_and_the_face_follows(kernel: Kernel) -> None:
    """A client made in a later cell appears with a button; its click ends the connections."""
    kernel.execute("nk.dashboard()")
    kernel.execute("client = nk.Client(server.url); _ = client.get('/airports/ZRH').result()")
    come(kernel, lambda it: "1 of 100 connections" in text_of(it))
    come(kernel, lambda it: description_of(it) == "Close client 2")
    kernel.click("Close client 2")
    kernel.read_until(lambda it: text_of(it).startswith("Nothing is open. 1 socket open"))
    assert kernel.printed("client.is_closed") == "True"
    kernel.execute("until(lambda: server.stats().connections_open == 0)")
    assert kernel.printed("server.stats().connections_open") == "0"


def test_running_it_again_leaves_one(kernel: Kernel) -> None:
    """Of all dashboards one is drawn and one has widgets; when it ends nothing is left."""
    kernel.execute("nk.dashboard()")
    number = kernel.printed("len(__import__('ipywidgets').widgets.widget._instances)")
    for _ in range(3):
        kernel.execute("nk.dashboard()")
    kernel.execute(
        "refresher = nk.widgets.refresher.refresher; until(lambda: len(refresher._due) == 1)"
    )
    assert kernel.printed("len(refresher._due)") == "1"
    assert kernel.printed("len(__import__('ipywidgets').widgets.widget._instances)") == number
    kernel.execute("next(iter(refresher._due)).end('Enough.'); until(lambda: refresher.is_idle)")
    assert kernel.printed("refresher.is_idle") == "True"
    assert kernel.printed("len(__import__('ipywidgets').widgets.widget._instances)") == "0"
