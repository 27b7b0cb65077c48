"""A notebook that was executed and saved holds no secret, nor does the page made of it."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Final

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.secrets.planted import PLANTED, found_in, troubled_server, with_userinfo
from tests.widgets.kernels import of_type, running_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Read from the environment, as what a cell says is saved with it.
_SET_UP: Final = """
    import logging
    import os
    import notebook_kit as nk

    logging.basicConfig(level="DEBUG")
    mode = os.environ["PLANTED_MODE"]
    headers = {"x-api-key": os.environ["PLANTED_HEADER"]}
    if mode == "bearer":
        headers["authorization"] = nk.Secret.from_env("PLANTED_BEARER").bearer()
    client = nk.Client(
        os.environ["PLANTED_URL"],
        headers=headers,
        params={"api_key": os.environ["PLANTED_PARAMETER"]},
        cookies={"session": os.environ["PLANTED_COOKIE"]},
        logging=nk.LoggingConfig("debug"),
        retry=nk.Retry(max_attempts=2, base_delay="1 ms"),
    )
    del headers

    def refuse(request):
        raise ValueError("refused by a function")
"""
#: Cells that fail are marked so; the rest must not.
_CELLS: Final = (
    "%xmode Verbose",
    "client",
    "print(vars(client)); client.cookies",
    "answer = await client.get('/ok'); answer",
    "answer.request, answer.request.headers, answer.url, vars(answer)['_request']",
    "client.get('/ok')",
    "run = client.map('/{path}', ['ok', '404', 'half', 'json', 'loop']); frame = await run; frame",
    "run.inspect()",
    "run.errors, run.timings, run",
    "client.launcher('/{path}')",
    "nk.dashboard()",
    "await client.get('/404')",
    "client.get('/reset').result()",
    "await client.map('/{path}', ['404'], on_error='raise')",
    "[line async for line in client.stream('/half').lines()]",
    "client.get('/ok', timeout=-1)",
    "client.event_hooks",
    "await nk.Client('http://127.0.0.1:9', event_hooks={'request': [refuse]}).get('/x')",
    "(await client.get('/json')).json()",
    "nk.Secret.ask()",
    "nk.Secret.from_env('PLANTED_NOTHING')",
    "await client.close()",
)
_FAILING: Final = 10
#: What shows widgets where there is a front end.
_SHOWING: Final = (
    "run = client.map('/{path}', ['ok', '404', 'half', 'json', 'loop']); frame = await run; frame",
    "run.inspect()",
    "client.launcher('/{path}')",
    "nk.dashboard()",
)


@pytest.fixture(params=["bearer", "userinfo"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server, and the environment of a kernel that is to ask it with all secrets."""
    mode = str(request.param)
    with troubled_server() as server:
        for name, value in PLANTED.items():
            monkeypatch.setenv(f"PLANTED_{name.upper()}", value)
        monkeypatch.setenv("PLANTED_MODE", mode)
        url = with_userinfo(server.url) if mode == "userinfo" else server.url
        monkeypatch.setenv("PLANTED_URL", url)
        yield mode
        sent = found_in(b"".join(request.head for request in server.requests))
    assert sent == {"header", "parameter", "cookie", mode}


@pytest.mark.kernel
@pytest.mark.usefixtures("mode")
def test_an_executed_notebook(tmp_path: Path) -> None:
    """Neither its outputs nor a page made of it, also of cells that failed with %xmode Verbose."""
    cells = [textwrap.dedent(cell).strip() for cell in (_SET_UP, *_CELLS)]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, allow_errors=True, resources=where).execute()
    failed = [
        cell.source
        for cell in notebook.cells
        if any(output.output_type == "error" for output in cell.outputs)
    ]
    assert len(failed) == _FAILING, failed
    for cell in notebook.cells:
        assert not found_in(str(cell.outputs)), cell.source
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert not found_in(nbformat.writes(notebook))
    assert not found_in(page)


@pytest.mark.kernel
@pytest.mark.usefixtures("mode")
def test_widgets_and_all_else_that_a_front_end_is_sent(tmp_path: Path) -> None:
    """The state of panels, controls, forms and inspectors, and what they are updated with."""
    with running_kernel(tmp_path) as kernel:
        kernel.execute(_SET_UP)
        for cell in _SHOWING:
            kernel.execute(cell)
        said = json.dumps(kernel.messages, default=str)
    assert of_type(kernel.messages, "comm_open")
    assert not found_in(said)
