"""The dashboard in a real JupyterLab: sockets seen, closed by a click, and a face that stays."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

SETUP = """
import asyncio
import notebook_kit as nk
server = nk.demo.serve()
client = nk.Client(server.url)
await asyncio.gather(*[client.get(f"/airports/{code}") for code in ("ZRH", "GVA", "BSL")])
print(server.url)
"""


def _connections(url: str) -> int:
    with urllib.request.urlopen(f"{url}/_demo/stats", timeout=5) as answer:  # noqa: S310 - ours
        # The one that asks is counted as well.
        return int(json.load(answer)["connections_open"]) - 1


@pytest.mark.slow
def test_sockets_are_seen_closed_and_stay_as_they_were_read(lab: LabNotebook) -> None:
    """A client's connections are in the face until its button is clicked; the face outlives all."""
    lab.open([SETUP, "nk.dashboard()"])
    lab.run_cell(0)
    lab.wait_cell(0)
    url = lab.output_text(0).strip()
    lab.run_cell(1)
    lab.wait_cell(1)
    lab.wait_output(1, "of 100 connections")
    opened = _connections(url)
    assert opened > 0
    assert f"{opened} of 100 connections, {opened} idle" in lab.output_text(1)
    lab.click_button("Close client 1")
    lab.wait_output(1, "1 socket open")
    assert "of 100 connections" not in lab.output_text(1)
    assert _connections(url) == 0
    lab.run_cell(1)
    lab.wait_cell(1)
    lab.click_button("Close demo server")
    lab.wait_output(1, "Nothing is open.")
    lab.reopen_without_kernel()
    text = lab.output_text(1)
    assert "Nothing is open." in text
    assert "Error displaying widget" not in text
