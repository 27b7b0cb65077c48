"""From a click to what can be seen of it, in milliseconds of the page's own clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.browser.lab import LabNotebook

__all__ = ["ACTIONS", "Moment", "click", "stop"]

#: What is done, by which button, and what the face says when it has been done.
ACTIONS: Final = {
    "Pause": ("Pause", r"Paused"),
    "Resume": ("Resume", r"Running"),
    "+": ("More attempts at once", r"of 5 at once"),
    "\N{MINUS SIGN}": ("Fewer attempts at once", r"of 4 at once"),
    "Cancel": ("Cancel", r"Cancelled"),
}
_PATIENCE_MS: Final = 3_000

_SEEN: Final = """
    const cell = document.querySelectorAll('.jp-NotebookPanel .jp-Cell')[index];
    const seen = () => new RegExp(pattern).test(
        cell.querySelector('.jp-Cell-outputArea')?.innerText ?? '');
    const wait = async began => {
        while (performance.now() - began < patience) {
            if (seen()) { return performance.now() - began; }
            await new Promise(resolve => setTimeout(resolve, 5));
        }
        return -1;
    };
"""
_CLICK: Final = f"""async ([index, name, pattern, patience]) => {{
    {_SEEN}
    const find = () => [...document.querySelectorAll('.jp-OutputArea button.jupyter-button')].find(
        it => !it.disabled && (it.title.startsWith(name) || it.textContent.trim() === name));
    // A button gets its new name a turn of the panel after the face.
    const until = performance.now() + 1000;
    while (!find() && performance.now() < until) {{
        await new Promise(resolve => setTimeout(resolve, 5));
    }}
    const button = find();
    if (!button) {{ return null; }}
    const began = performance.now();
    button.click();
    return await wait(began);
}}"""
_STOP: Final = f"""async ([index, pattern, patience]) => {{
    {_SEEN}
    const began = performance.now();
    window.jupyterapp.commands.execute('notebook:interrupt-kernel');
    return await wait(began);
}}"""


@dataclass
class Moment:
    """What was measured while a cell waited, or after it had returned.

    Attributes:
        clicks: seconds from each click to its effect; None where the button was off.
        stop: seconds from the stop button to the end of the run, or None where nothing runs.
    """

    clicks: dict[str, float | None] = field(default_factory=dict)
    stop: float | None = None


def click(lab: LabNotebook, index: int, action: str) -> float | None:
    """Click, and return the seconds until the face shows it; None where the button is off."""
    name, pattern = ACTIONS[action]
    took = lab.page.evaluate(_CLICK, [index, name, pattern, _PATIENCE_MS])
    assert took != -1, f"{action} had no effect within {_PATIENCE_MS} ms"
    return None if took is None else took / 1000


def stop(lab: LabNotebook, index: int) -> float:
    """Press the stop button, and return the seconds until the run has ended."""
    took: float = lab.page.evaluate(_STOP, [index, r"Cancelled", _PATIENCE_MS])
    assert took != -1, f"the stop button had no effect within {_PATIENCE_MS} ms"
    return took / 1000
