"""A notebook open in JupyterLab, as the browser tests see and steer it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import TimeoutError  # noqa: A004 - it is no TimeoutError of Python's

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psutil
    from playwright.sync_api import ConsoleMessage, Locator, Page

# Console errors that are not the kit's: a pattern, and why it may be there.
ALLOWED_CONSOLE_ERRORS = {
    "Could not restore the debugger state: Canceled future": (
        "JupyterLab asks each new kernel for its debugger, and is cut short when that kernel dies"
    ),
    r"(?s)null \(reading 'kernel'\).*extensions/@jupyter-widgets/jupyterlab-manager": (
        "ipywidgets looks for the kernel of a notebook that is open without one"
    ),
    r"(?s)reading 'schema'.*static/notebook/notebook_core": (
        "Notebook 7 says so of its own settings when a page is opened, whatever is on it"
    ),
    r"403 \(Forbidden\) \(.*static/notebook/\w+\.woff2\)": (
        "Notebook 7 now and then refuses a font of its own to itself"
    ),
}

READY_S = 60
CELL_S = 60

_PANEL = "window.jupyterapp.shell.currentWidget"


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab: where it is, the folder it serves, the process that is it."""

    url: str
    folder: Path
    process: psutil.Process


@dataclass
class LabNotebook:
    """One notebook in a workspace of its own; cells are numbered from 0."""

    page: Page
    server: LabServer
    name: str
    messages: list[str] = field(default_factory=list)
    _prompts_before: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.messages.append(f"uncaught: {error.stack}"))

    # --- opening ---

    @property
    def path(self) -> Path:
        """The notebook's file."""
        return self.server.folder / f"{self.name}.ipynb"

    def open(
        self, cells: Sequence[str], *, kernel: str = "python3", notebook7: bool = False
    ) -> None:
        """Write a notebook of these code cells and open it with a fresh, idle kernel.

        Args:
            cells: their sources.
            kernel: the name of the kernel.
            notebook7: whether Notebook 7 shows it, in the place of JupyterLab.
        """
        notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {
            "name": kernel,
            "display_name": kernel,
            "language": "python",
        }
        nbformat.write(notebook, self.path)
        if notebook7:
            self._show_in_notebook7()
        else:
            self._show(with_kernel=True)
        self._wait_for(f"{_PANEL}.sessionContext.session?.kernel?.status === 'idle'")

    def reopen_without_kernel(self) -> None:
        """Save, end the kernel, and look at the saved file as one who only reads it."""
        self.save()
        self.close()
        self._show(with_kernel=False)

    def reload(self) -> None:
        """Load the page again, as the browser's button does; the kernel goes on."""
        self.page.reload()
        self.page.wait_for_function("window.jupyterapp?.restored", timeout=READY_S * 1000)
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()

    def _show_in_notebook7(self) -> None:
        self.page.goto(f"{self.server.url}notebooks/{quote(self.path.name)}")
        self.page.wait_for_function("window.jupyterapp?.restored", timeout=READY_S * 1000)
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        self._prompts_before.clear()

    def _show(self, *, with_kernel: bool) -> None:
        self.page.goto(f"{self.server.url}lab/workspaces/{quote(self.name)}?reset")
        self.page.wait_for_function("window.jupyterapp?.restored", timeout=READY_S * 1000)
        preference = {} if with_kernel else {"shouldStart": False, "autoStartDefault": False}
        self.page.evaluate(
            """async ([path, kernelPreference]) => {
                const app = window.jupyterapp;
                await app.restored;
                const panel = await app.commands.execute(
                    'docmanager:open', {path, kernelPreference});
                await panel.context.ready;
                await panel.revealed;
            }""",
            [self.path.name, preference],
        )
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        self._prompts_before.clear()

    # --- running ---

    def run_all(self) -> None:
        """Start all cells from the top; returns at once."""
        for index in range(self._cells().count()):
            self._prompts_before[index] = self._prompt(index)
        self._command("notebook:run-all-cells")

    def run_cell(self, index: int) -> None:
        """Start one cell; returns at once."""
        self._prompts_before[index] = self._prompt(index)
        self.page.evaluate(f"index => {{ {_PANEL}.content.activeCellIndex = index; }}", index)
        self._command("notebook:run-cell")

    def wait_cell(self, index: int, timeout_s: float = CELL_S) -> None:
        """Wait until a started cell has ended: its prompt shows a number that it did not show."""
        self.page.wait_for_function(
            """([index, before]) => {
                const cells = document.querySelectorAll('.jp-NotebookPanel .jp-Cell');
                const prompt = cells[index].querySelector('.jp-InputPrompt').textContent;
                return /\\[\\d+\\]/.test(prompt) && prompt !== before;
            }""",
            arg=[index, self._prompts_before.get(index, "")],
            timeout=timeout_s * 1000,
        )

    def wait_output(self, index: int, text: str, timeout_s: float = CELL_S) -> None:
        """Wait until a cell's output, finished or not, contains a text."""
        output = self._outputs(index).filter(has_text=text).first
        try:
            output.wait_for(timeout=timeout_s * 1000)
        except TimeoutError:
            message = f"{text!r} did not come in cell {index}, but:\n{self.output_text(index)}"
            raise AssertionError(message) from None

    def interrupt(self) -> None:
        """Do what the stop button does."""
        self._command("notebook:interrupt-kernel", wait=True)

    def kill_kernel(self) -> None:
        """End the kernel's process as a crash would, and wait until the page has noticed."""
        kernel_id = self.page.evaluate(f"{_PANEL}.sessionContext.session.kernel.id")
        for child in self.server.process.children(recursive=True):
            if any(kernel_id in part for part in child.cmdline()):
                child.kill()
        # JupyterLab tells the user that it starts another one.
        dialog = self.page.locator(".jp-Dialog")
        dialog.wait_for(timeout=CELL_S * 1000)
        dialog.get_by_role("button", name="Ok").click()

    def close(self) -> None:
        """Leave the page, then end every kernel of the server."""
        self.page.goto("about:blank")
        sessions = self.page.request.get(f"{self.server.url}api/sessions").json()
        for session in sessions:
            self.page.request.delete(f"{self.server.url}api/sessions/{session['id']}")

    # --- looking and clicking ---

    def output_text(self, index: int) -> str:
        """The text of a cell's outputs as a reader sees it."""
        return "\n".join(self._outputs(index).all_inner_texts())

    def output_html(self, index: int) -> str:
        """The HTML of a cell's outputs."""
        return "\n".join(
            self._outputs(index).evaluate_all("nodes => nodes.map(node => node.innerHTML)")
        )

    def click_button(self, text: str) -> None:
        """Click the widget button of this name, or of this tooltip."""
        self._button(text).click()

    def wait_button(self, text: str) -> None:
        """Wait until the widget button of this name, or of this tooltip, can be seen."""
        self._button(text).wait_for()

    def save(self) -> None:
        """Save, and wait until the file is written."""
        self._command("docmanager:save", wait=True)

    def set_theme(self, *, dark: bool) -> None:
        """Change JupyterLab's theme."""
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self._wait_for(f"document.body.dataset.jpThemeLight === '{str(not dark).lower()}'")

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the page, for a person to look at."""
        # Given a path, Playwright starts a thread to write it, which would count as left behind.
        path.write_bytes(self.page.screenshot())

    @property
    def console_errors(self) -> list[str]:
        """What the page complained of, less what is known to be none of the kit's doing."""
        return [
            message
            for message in self.messages
            if not any(re.search(pattern, message) for pattern in ALLOWED_CONSOLE_ERRORS)
        ]

    # --- inside ---

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.messages.append(f"{message.text} ({message.location.get('url', '')})")

    def _cells(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel .jp-Cell")

    def _outputs(self, index: int) -> Locator:
        return self._cells().nth(index).locator(".jp-Cell-outputArea .jp-OutputArea-output")

    def _button(self, text: str) -> Locator:
        buttons = self.page.locator(".jp-OutputArea button.jupyter-button")
        return buttons.and_(self.page.get_by_title(text).or_(self.page.get_by_text(text)))

    def _prompt(self, index: int) -> str:
        return self._cells().nth(index).locator(".jp-InputPrompt").inner_text()

    def _command(self, name: str, *, wait: bool = False, **arguments: Any) -> None:
        self.page.evaluate(
            """async ([name, wait, args]) => {
                const done = window.jupyterapp.commands.execute(name, args);
                if (wait) { await done; }
            }""",
            [name, wait, arguments],
        )

    def _wait_for(self, expression: str) -> None:
        self.page.wait_for_function(expression, timeout=READY_S * 1000)
