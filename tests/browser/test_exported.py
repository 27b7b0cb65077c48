"""What is left in a saved notebook, as nbconvert makes pages of it for Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

import notebook_kit as nk
from notebook_kit.widgets.inspector.view import inspector_bundle
from notebook_kit.widgets.panel import bundle
from tests.widgets.inspector.runs import ended_run
from tests.widgets.states import DONE_WITH_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

#: What is the left edge of the first cell's code, where all that is displayed should begin.
EDITOR = {"lab": ".jp-InputArea-editor", "classic": ".output_stdout pre"}


def _outputs() -> list[Any]:
    answer = nk.Response(
        200, json={"iata": "ZRH"}, request=httpx.Request("GET", "https://api.example.com/ZRH")
    )
    picture = ended_run().inspect(1).picture()
    return [
        new_output("stream", name="stdout", text="printed\n"),
        new_output("display_data", data=dict(bundle(DONE_WITH_ERRORS))),
        new_output("display_data", data=inspector_bundle(picture)),
        new_output(
            "execute_result",
            data={"text/html": answer._repr_html_(), "text/plain": repr(answer)},
            execution_count=1,
        ),
    ]


@pytest.fixture(scope="module")
def notebook() -> Any:
    """A notebook whose one cell has been executed."""
    cell = new_code_cell("run", execution_count=1, outputs=_outputs())
    made = new_notebook(cells=[cell])
    nbformat.validate(made)
    return made


@pytest.fixture(params=["lab", "classic"])
def template(request: pytest.FixtureRequest, notebook: Any, page: Page) -> Iterator[str]:
    """The name of a template, whose page is shown; nothing is loaded for it."""
    text, _ = HTMLExporter(template_name=request.param).from_notebook_node(notebook)
    page.route("**/*", lambda route: route.abort())
    page.set_viewport_size({"width": 1_000, "height": 1_200})
    page.set_content(text, wait_until="domcontentloaded")
    yield str(request.param)
    page.unroute_all()


def _left(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"]


def test_faces_begin_where_the_cell_does(template: str, page: Page) -> None:
    """The panel and the inspector stand under the code, and not left of it."""
    editor = _left(page, EDITOR[template])
    faces = page.locator(".nbk").all()
    assert len(faces) == 2
    for face in faces:
        box = face.bounding_box()
        assert box is not None
        assert abs(box["x"] - editor) <= 1
        assert box["x"] + box["width"] <= 1_000


def test_what_can_be_unfolded_shows_it(template: str, page: Page) -> None:
    """The triangle is there, whatever the template's own sheet does with it."""
    del template
    folds = page.locator(".nbk summary")
    shown = folds.evaluate_all("them => them.map(it => getComputedStyle(it).display)")
    assert shown
    assert set(shown) == {"list-item"}


def test_the_body_of_an_answer_is_monospaced(template: str, page: Page) -> None:
    """JSON is read by its indentation."""
    del template
    body = page.locator("pre", has_text='"iata": "ZRH"').last
    assert "monospace" in body.evaluate("it => getComputedStyle(it).fontFamily")
