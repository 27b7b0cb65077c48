"""The launcher in a real JupyterLab: clicked together, run, and left in the saved notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

SETUP = """
import pandas as pd
import notebook_kit as nk
server = nk.demo.serve(latency="2 ms")
client = nk.Client(server.url)
airports = pd.DataFrame({"code": ["ZRH", "GVA", "XXX"] * 20, "lang": ["en"] * 60})
"""
TELL = "print(frame['status'].eq('ok').sum(), len(frame))"


def test_a_batch_by_clicking(lab: LabNotebook) -> None:
    """Data, columns and options are chosen, the preview follows, Run fills the variable."""
    page = lab.page
    lab.open([SETUP, 'client.launcher("/airports/{iata}")', TELL])
    for index in (0, 1):
        lab.run_cell(index)
        lab.wait_cell(index)
    lab.wait_output(1, "The code appears here")
    assert page.locator("button.jupyter-button", has_text="Run").is_disabled()
    page.get_by_label("{iata}").select_option(label="column code")
    lab.wait_output(1, 'await client.map("/airports/{code}", airports)')
    lab.wait_output(1, "/airports/ZRH")
    page.get_by_label("rate").fill("fast")
    lab.wait_output(1, "rate='fast' cannot be read")
    page.get_by_label("rate").fill("500/s")
    page.get_by_role("button", name="Add parameter").click()
    page.get_by_label("name", exact=True).fill("lang")
    page.get_by_label("from", exact=True).select_option(label="column lang")
    lab.wait_output(1, "/airports/ZRH?lang=en")
    lab.click_button("Run")
    lab.wait_output(1, "frame: 60 rows, 20 not ok")
    lab.wait_output(1, "Done, with errors")
    lab.run_cell(2)
    lab.wait_cell(2)
    assert lab.output_text(2).strip() == "40 60"
    page.get_by_role("button", name="Close", exact=True).click()
    lab.wait_output(1, "The form is closed")
    lab.reopen_without_kernel()
    lab.wait_output(1, 'params={"lang": nk.col("lang")}')
    text = lab.output_text(1)
    assert "frame: 60 rows, 20 not ok" in text
    assert "Done, with errors" in text
    assert "Error displaying widget" not in text
    assert page.locator(".jupyter-widgets").count() == 0


def test_a_cell_that_is_run_again(lab: LabNotebook) -> None:
    """What was typed is there again, and the run that goes on: its panel, its buttons, its end."""
    page = lab.page
    lab.open([SETUP, 'client.launcher("/airports/{code}", rate="20/s")', TELL])
    for index in (0, 1):
        lab.run_cell(index)
        lab.wait_cell(index)
    page.get_by_label("frame variable").fill("answers")
    lab.wait_output(1, "answers = await client.map(")
    lab.click_button("Run")
    lab.wait_output(1, "of 60")
    lab.run_cell(1)
    lab.wait_cell(1)
    lab.wait_output(1, "of 60")
    assert page.get_by_label("frame variable").input_value() == "answers"
    page.locator("button.jupyter-button", has_text="Pause").click()
    lab.wait_output(1, "Paused")
    page.locator("button.jupyter-button", has_text="Resume").click()
    lab.wait_output(1, "answers: 60 rows, 20 not ok")
    lab.click_button("Save")
    lab.wait_output(1, "Wrote answers to frame.csv")
    lab.wait_output(1, 'nk.frames.export_frame(answers, "frame.csv", name="answers")')


@pytest.mark.slow
def test_what_stands_at_the_right_ends_on_one_line(lab: LabNotebook) -> None:
    """Refresh and Remove end where the fields end, and Remove stays beside what it removes."""
    page = lab.page
    lab.open([SETUP, 'client.launcher("/airports/{code}", params={"lang": "en"})'])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    lab.run_all()
    lab.wait_output(1, "First of 60 requests")
    for width in (1200, 620):
        page.set_viewport_size({"width": width, "height": 1200})
        ends = []
        for it in (
            page.locator("button.jupyter-button", has_text="Refresh"),
            page.locator("button.jupyter-button", has_text="Remove"),
            page.get_by_label("path", exact=True),
        ):
            box = it.bounding_box()
            assert box is not None
            ends.append((round(box["x"] + box["width"]), round(box["y"])))
        assert len({x for x, _ in ends}) == 1, ends
        name = page.get_by_label("name", exact=True).bounding_box()
        assert name is not None
        assert abs(ends[1][1] - name["y"]) < 3


#: For each element: its right end, and whether what is in it is cut.
ENDS = """them => them.map(it => {
    const box = it.getBoundingClientRect();
    return [Math.round(box.right), it.scrollWidth > it.clientWidth + 1];
})"""


def test_the_form_ends_where_the_face_does(lab: LabNotebook) -> None:
    """At any width, with lists whose arrows can be seen on a dark ground; no label is cut."""
    page = lab.page
    lab.open([SETUP, 'client.launcher("/airports/{code}", params={"lang": "en"})'])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    lab.set_theme(dark=True)
    lab.run_all()
    lab.wait_output(1, "First of 60 requests")
    form = page.locator(".nbk-form")
    arrows = form.locator("select").evaluate_all(
        "them => them.map(it => getComputedStyle(it).backgroundImage)"
    )
    assert len(arrows) == 4
    assert all("stroke='%23888'" in it for it in arrows)
    for width in (1_600, 800, 400):
        page.set_viewport_size({"width": width, "height": 1_600})
        page.evaluate("() => new Promise(requestAnimationFrame)")
        ((face, _),) = page.locator(".nbk-launcher").evaluate_all(ENDS)
        fields = form.get_by_label("path", exact=True).evaluate_all(ENDS)
        buttons = form.locator("button", has_text="Refresh").evaluate_all(ENDS)
        assert [end for end, _ in (*fields, *buttons)] == [face, face], width
        labels = form.locator(".widget-label").evaluate_all(ENDS)
        assert len(labels) > 9
        assert not any(cut for _, cut in labels), width
        assert max(end for end, _ in labels) <= face


@pytest.mark.slow
def test_the_keyboard_reaches_all_of_it(lab: LabNotebook) -> None:
    """From the first field, Tab leads to each further one and to Run, which Enter starts."""
    page = lab.page
    lab.open([SETUP, 'client.launcher("/airports/{code}")'])
    lab.run_all()
    lab.wait_output(1, "First of 60 requests")
    page.get_by_label("data", exact=True).focus()
    seen: list[str] = []
    while "Run" not in seen and len(seen) < 30:
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => {
                const it = document.activeElement;
                const label = it.labels && it.labels.length ? it.labels[0].textContent : '';
                return (label || it.textContent || '').trim();
            }"""
        )
        seen.append(str(name))
    assert {"method", "path", "{code}", "max_concurrency", "rate", "retry", "checkpoint"} <= {*seen}
    page.keyboard.press("Enter")
    lab.wait_output(1, "frame: 60 rows")


@pytest.mark.slow
def test_narrow_cells_have_one_column(lab: LabNotebook) -> None:
    """In a narrow cell fields stand below each other, and nothing sticks out."""
    page = lab.page
    page.set_viewport_size({"width": 560, "height": 1200})
    lab.open([SETUP, 'client.launcher("/airports/{code}")'])
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    lab.run_all()
    lab.wait_output(1, "First of 60 requests")
    places = [
        page.get_by_label(label, exact=True).bounding_box()
        for label in ("method", "path", "rate", "retry")
    ]
    assert all(place is not None for place in places)
    assert len({round(place["x"]) for place in places if place is not None}) == 1
    widths = page.locator(".jp-Cell-outputArea").last.evaluate(
        "node => [node.scrollWidth, node.clientWidth]"
    )
    assert widths[0] <= widths[1]
