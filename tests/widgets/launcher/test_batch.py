from __future__ import annotations

import notebook_kit as nk
from notebook_kit.widgets.launcher.batch import Batch
from notebook_kit.widgets.launcher.code import Code

CODE = Code("nk.map", ("f", "items"), "frame")


def test_what_was_done_is_written_down() -> None:
    """The code grows by what is done with the frame, and stays one that runs as a whole."""
    run = nk.map(str, [1], progress=False)
    run.result()
    batch = Batch(CODE, run, {"run": 1})
    assert batch.text == "frame = await nk.map(f, items)"
    batch.saved('frame.to_csv("a.csv")')
    batch.saved('frame.to_csv("a.csv")')
    assert batch.text == 'frame = await nk.map(f, items)\nframe.to_csv("a.csv")'
    batch.retried(run)
    assert batch.text == (
        "run_2 = nk.map(f, items)\n"
        "frame = await run_2\n"
        "run_2 = run_2.retry_failed()\n"
        'frame.iloc[(frame["status"] != "ok").to_numpy()] = await run_2'
    )
