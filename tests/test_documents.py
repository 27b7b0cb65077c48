"""The code in the documents runs as it stands."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path

import pytest

import notebook_kit as nk

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

#: Documents, and how many of their blocks run; those after that need a server of the reader's.
DOCUMENTS = {
    "README.md": 1,
    "docs/frames.md": 99,
    "docs/httpx.md": 99,
    "docs/inspector.md": 99,
    "docs/launcher.md": 99,
    "docs/logging.md": 99,
    "docs/monitor.md": 99,
    "docs/openapi.md": 99,
    "docs/policies.md": 99,
    "docs/resilience.md": 99,
    "docs/resources.md": 99,
    "docs/streaming.md": 99,
}


def blocks_of(name: str) -> list[str]:
    """Return the blocks that run, with what a page has once for all of them."""
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))[: DOCUMENTS[name]]


async def run_as_cells(blocks: list[str], name: str) -> None:
    """Run blocks one after the other as a notebook does: one set of names, await at top level."""
    names: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(block, f"{name}, block {number + 1}", "exec", flags=flags)
        made = eval(code, names)  # noqa: S307 - our own documents
        if inspect.isawaitable(made):
            await made
    server = names["server"]
    assert isinstance(server, nk.demo.DemoServer)
    server.close()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_code_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Block after block, in one set of names, as in a notebook; files land in its folder."""
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of(name)
    assert blocks
    try:
        asyncio.run(run_as_cells(blocks, name))
    finally:
        nk.close_all()
        nk.forget()
