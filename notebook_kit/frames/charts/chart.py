"""A chart: what it shows as data, as SVG, as a matplotlib figure, as a line of text."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.frames.charts.svg import drawing, page

if TYPE_CHECKING:
    import os

    import pandas as pd
    from matplotlib.figure import Figure

    from notebook_kit.frames.charts.model import Scene

__all__ = ["Chart"]


class Chart:
    """One chart of a run; it shows itself in a notebook, without matplotlib.

    Attributes:
        data: what is plotted, as a DataFrame.
    """

    __slots__ = ("_scene", "data")

    def __init__(self, scene: Scene, data: pd.DataFrame) -> None:
        self._scene = scene
        self.data = data

    @property
    def title(self) -> str:
        """What is to be seen in the chart, in one sentence."""
        return self._scene.title

    @property
    def caption(self) -> str:
        """What has to be known to read it; may be empty."""
        return " ".join(self._scene.notes)

    def svg(self, width: float = 700.0) -> str:
        """Return the chart as an SVG document, so many pixels wide, on a white ground."""
        return str(drawing(self._scene, width))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the chart into a file and return its path.

        Args:
            path: its ending says how: ``.svg``, or ``.png`` by matplotlib; a file of that name is
                replaced.

        Raises:
            ConfigurationError: for any other ending, or for ``.png`` without matplotlib.
            StorageError: when the file cannot be written there.
        """
        target = Path(path).expanduser()
        ending = target.suffix.lower()
        if ending not in (".svg", ".png"):
            message = (
                f"path={str(path)!r} does not end in .svg or .png: write the kind of picture as "
                f"its ending, as in {target.stem or 'chart'}.svg."
            )
            raise ConfigurationError(message)
        figure = self.figure() if ending == ".png" else None
        part = target.with_name(f"{target.name}.part")
        try:
            if figure is None:
                part.write_text(self.svg(), encoding="utf-8")
            else:
                figure.savefig(part, format="png", dpi=150)
            # A file is whole or it is not there.
            part.replace(target)
        except OSError as error:
            message = (
                f"The chart cannot be written to '{target}': {error.strerror or error}. Give the "
                "path of a file in a folder that is there and can be written to."
            )
            raise StorageError(message) from error
        finally:
            with suppress(OSError):
                part.unlink()
        return target

    def figure(self) -> Figure:
        """Return the chart as a matplotlib figure that belongs to nobody: pyplot knows it not.

        Raises:
            ConfigurationError: without matplotlib.
        """
        try:
            import matplotlib as _  # noqa: F401, ICN001, PLC0415 - an extra, and slow
        except ModuleNotFoundError as error:
            message = (
                "A figure needs matplotlib: pip install 'notebook_kit[plots]'. Without it, "
                "the chart shows itself in a notebook, and save('chart.svg') writes it to a file."
            )
            raise ConfigurationError(message) from error
        from notebook_kit.frames.charts.figures import figure_of  # noqa: PLC0415 - as above

        return figure_of(self._scene)

    def __repr__(self) -> str:
        return f"{self._scene.name}: {self.title}"

    def _repr_html_(self) -> str:
        return str(page(self._scene))
