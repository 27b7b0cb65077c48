"""The numbers of a tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import notebook_kit as nk
from notebook_kit.markup import Markup
from notebook_kit.tapes.stats import TapeStats
from notebook_kit.testing import FaultServer, answer
from tests.tapes.taping import client_of

if TYPE_CHECKING:
    from pathlib import Path


def test_they_are_shown_in_a_line_and_as_a_table() -> None:
    """What did not happen is left out of the line; the table has each number once."""
    least = str(TapeStats(1, 1, 5)).replace("\xa0", " ")
    assert least == "1 exchange, 1 different request, 5 bytes"
    stats = TapeStats(3_000, 2, 4_200, 5, 6, 7, 8, 9)
    assert repr(stats).replace("\xa0", " ") == (
        "<TapeStats: 3,000 exchanges, 2 different requests, 4.2 kB, 5 recorded, 6 replayed, "
        "7 repeated, 8 failed, 9 missing>"
    )
    html = stats._repr_html_()
    assert isinstance(html, Markup)
    assert "<caption>what is on the tape</caption>" in html
    assert "<tr><th>exchanges</th><td>3,000</td></tr>" in html
    assert "<tr><th>missing</th><td>9</td></tr>" in html
    assert html.count("<tr>") == 8


def test_a_tape_tells_them(tmp_path: Path) -> None:
    """As `tape.stats()` is what a cell ends with."""
    with FaultServer() as server, nk.record(tmp_path / "tape.db") as tape:
        server.when("/x", answer(b"abc"))
        client_of(server.url).get("/x").result()
    said = str(tape.stats()).replace("\xa0", " ")
    assert said == "1 exchange, 1 different request, 3 bytes, 1 recorded"
