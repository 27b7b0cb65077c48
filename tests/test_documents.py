"""The code in the documents runs as it stands."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import warnings
from pathlib import Path

import pytest

import notebook_kit as nk
from tests.ports import kept_port

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: The number of the port that a page names, so that what it keeps in files goes on with it.
PORT = re.compile(r"(?<=serve\(port=)\d+")

#: Documents, and how many of their blocks run; those after that need a server of the reader's.
DOCUMENTS = {
    "README.md": 1,
    "docs/caching.md": 99,
    "docs/checkpoints.md": 99,
    "docs/frames.md": 99,
    "docs/httpx.md": 99,
    "docs/inspector.md": 99,
    "docs/launcher.md": 99,
    "docs/lifetime.md": 99,
    "docs/logging.md": 99,
    "docs/monitor.md": 99,
    "docs/openapi.md": 99,
    "docs/policies.md": 99,
    "docs/replay.md": 99,
    "docs/resilience.md": 99,
    "docs/resources.md": 99,
    "docs/secrets.md": 99,
    "docs/streaming.md": 99,
    "docs/testing.md": 99,
}


def blocks_of(name: str) -> list[str]:
    """Return the blocks that run, with what a page has once for all of them."""
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))[: DOCUMENTS[name]]


async def run_as_cells(blocks: list[str], name: str, *, port: int) -> None:
    """Run blocks one after the other as a notebook does: one set of names, await at top level.

    A server that has a port in the page gets this one: two tests may run at once.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        cell = PORT.sub(str(port), block)
        code = compile(cell, f"{name}, block {number + 1}", "exec", flags=flags)
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
        with kept_port() as port:
            asyncio.run(run_as_cells(blocks, name, port=port))
    finally:
        nk.close_all()
        nk.forget()


@pytest.mark.parametrize("name", ["docs/caching.md", "docs/checkpoints.md", "docs/replay.md"])
def test_it_runs_again_in_the_next_kernel(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same folder: what a page has kept in files goes on, and nothing warns of anything."""
    monkeypatch.chdir(tmp_path)
    with kept_port() as port, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", RuntimeWarning)
        for _ in range(2):
            try:
                asyncio.run(run_as_cells(blocks_of(name), name, port=port))
            finally:
                nk.close_all()
                nk.forget()
    assert [str(it.message) for it in told if it.category is RuntimeWarning] == []


def test_each_page_has_a_port_of_its_own() -> None:
    """So that two of them may be open at once."""
    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    ports = [port for page in pages for port in set(PORT.findall(page))]
    assert len(set(ports)) == len(ports) >= 4
