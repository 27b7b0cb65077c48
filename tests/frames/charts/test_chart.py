from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.frames import charts
from tests.frames.charts import runs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def chart() -> charts.Chart:
    """A chart with something in it."""
    return charts.failures(*runs.mixed())


def test_it_is_written_as_svg_or_png(chart: charts.Chart, tmp_path: Path) -> None:
    """The ending says which; nothing else is left in the folder."""
    assert chart.save(tmp_path / "a.svg").read_text(encoding="utf-8") == chart.svg()
    assert chart.save(str(tmp_path / "a.PNG")).read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PNG", "a.svg"]


def test_other_endings_are_refused(chart: charts.Chart, tmp_path: Path) -> None:
    """The message says what to write instead."""
    with pytest.raises(ConfigurationError, match=r"does not end in \.svg or \.png.*chart\.svg"):
        chart.save(tmp_path / "chart.pdf")


def test_a_folder_that_is_not_there_is_said(chart: charts.Chart, tmp_path: Path) -> None:
    """It is the place that is wrong, not the chart."""
    with pytest.raises(StorageError, match="cannot be written to"):
        chart.save(tmp_path / "missing" / "chart.svg")


def test_without_matplotlib_a_figure_says_what_to_install(
    chart: charts.Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture in the page and the file of it need nothing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'notebook_kit\[plots\]'"):
        chart.figure()
    with pytest.raises(ConfigurationError, match="plots"):
        chart.save(tmp_path / "chart.png")
    assert not list(tmp_path.iterdir())
    assert chart.save(tmp_path / "chart.svg").exists()


def test_a_page_has_a_drawing_for_a_wide_and_for_a_narrow_place(chart: charts.Chart) -> None:
    """Without its style sheet only one of them is shown, and its colours follow the theme."""
    page = chart._repr_html_()
    assert page.count("<svg") == 2
    assert page.count('display="none"') == 1
    assert "var(--jp-ui-font-color1, currentColor)" in page


def test_a_file_stands_on_its_own(chart: charts.Chart) -> None:
    """It has a ground and colours, and needs no style sheet; its width is what was asked for."""
    svg = chart.svg(400)
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert 'fill="#ffffff"' in svg
    assert "<style" not in svg
    assert 'width="400"' in svg


def test_a_caption_says_what_has_to_be_known(chart: charts.Chart) -> None:
    """The notes of the picture are there as text."""
    assert chart.caption.startswith("Each column is")
    assert chart.caption in chart.svg(2_000)


def test_a_tilde_is_the_home_folder(
    chart: charts.Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a run is exported to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert chart.save("~/chart.svg") == tmp_path / "chart.svg"
    assert (tmp_path / "chart.svg").is_file()
