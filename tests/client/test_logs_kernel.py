"""In a notebook a line stands under the cell that asked for what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.widgets.kernels import running_kernel

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.demo import DemoServer


@pytest.mark.kernel
@pytest.mark.slow
def test_lines_of_a_run_stand_under_its_cell_while_others_are_executed(
    demo: DemoServer, tmp_path: Path
) -> None:
    """The I/O thread writes for a cell that is over, while another one awaits a call of its own."""
    with running_kernel(tmp_path) as kernel:
        setting_up = kernel.execute(
            f"""
            import notebook_kit as nk
            client = nk.Client({demo.url!r}, logging=nk.LoggingConfig("debug"))
            _ = await client.get("/airports/ZRH")
            """
        )
        starting = kernel.execute(
            """
            run = client.map("/airports/{iata}", ["GVA"] * 8, rate="10/s", max_concurrency=1,
                             progress=False)
            """
        )
        waiting = kernel.execute(
            """
            _ = await client.get("/airports/BSL")
            await run
            del client, run
            """
        )
    first, second, third = (
        next(it["parent_header"]["msg_id"] for it in came if it["msg_type"] == "execute_input")
        for came in (setting_up, starting, waiting)
    )
    lines: dict[str, list[str]] = {first: [], second: [], third: []}
    for message in kernel.messages:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stderr":
            cell = message["parent_header"]["msg_id"]
            lines[cell] += message["content"]["text"].splitlines()
    assert any("client 1 made" in line for line in lines[first])
    assert any("/airports/ZRH answered" in line for line in lines[first])
    assert sum(", row " in line and "200 OK" in line for line in lines[second]) == 8
    assert any("ended, 8 rows" in line for line in lines[second])
    assert any("/airports/BSL answered" in line for line in lines[third])
    for cell, foreign in ((first, "row"), (second, "BSL"), (third, "row"), (third, "GVA")):
        assert not any(foreign in line for line in lines[cell]), lines[cell]
