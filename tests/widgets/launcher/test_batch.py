from __future__ import annotations

import notebook_kit as nk
from notebook_kit.widgets.launcher.batch import Batch
from notebook_kit.widgets.launcher.choice import Names
from notebook_kit.widgets.launcher.code import Code

CODE = Code("nk.map", ("f", "items"), "frame")
AGAIN = "frame = frame.calls.merge(await nk.last_run().retry_failed())"


def batch_of(names: Names) -> Batch:
    run = nk.map(str, [1], progress=False)
    run.result()
    return Batch(CODE, run, names)


def test_what_was_done_is_written_down() -> None:
    """The code grows by what is done with the frame, and names no variable but that."""
    batch = batch_of(Names("f"))
    assert batch.text == "frame = await nk.map(f, items)"
    batch.saved("nk.frames.export_frame(frame)")
    batch.saved("nk.frames.export_frame(frame)")
    assert batch.text == "frame = await nk.map(f, items)\nnk.frames.export_frame(frame)"
    batch.retried(batch.runs[0])
    assert batch.text == f"frame = await nk.map(f, items)\n{AGAIN}"
    batch.retried(batch.runs[0])
    assert batch.text == f"frame = await nk.map(f, items)\n{AGAIN}\n{AGAIN}"


def test_what_follows_imports_what_it_needs() -> None:
    """Where the package has no name in the notebook, the lines that use it say the import first."""
    batch = batch_of(Names("f", imported=False))
    assert batch.text == "frame = await nk.map(f, items)"
    batch.retried(batch.runs[0])
    assert batch.text == f"import notebook_kit as nk\nframe = await nk.map(f, items)\n{AGAIN}"
