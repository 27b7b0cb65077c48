"""Execute the quickstart notebook against the embedded demo API and keep what it showed."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "01_quickstart.ipynb"
OUTPUT = ROOT / "build" / "demo"
CELL_TIMEOUT_S = 120


def main() -> int:
    """Run the notebook; its outputs are written even when a cell fails."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        # The kernel warns that it talks without encryption; it does so on loopback only.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
    )
    failure: CellExecutionError | None = None
    try:
        client.execute()
    except CellExecutionError as error:
        failure = error
    page = _write(notebook)
    if failure is not None:
        print(failure, file=sys.stderr)
        return 1
    print(_summary(notebook))
    print(f"\nThe whole notebook, as it ran: {page.relative_to(ROOT)}")
    return 0


def _write(notebook: nbformat.NotebookNode) -> Path:
    """Write the executed notebook and its page; give the page's path."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    executed = OUTPUT / NOTEBOOK.name
    nbformat.write(notebook, executed)
    body, _ = HTMLExporter().from_notebook_node(notebook)
    page = executed.with_suffix(".html")
    page.write_text(body, encoding="utf-8")
    return page


def _summary(notebook: nbformat.NotebookNode) -> str:
    """Give the text that the cell tagged `summary` showed."""
    for cell in notebook.cells:
        if "summary" in cell.metadata.get("tags", []):
            return "\n".join(filter(None, map(_text, cell.outputs))).strip()
    raise SystemExit(f"{NOTEBOOK.name} has no cell tagged 'summary': tag the one to print here.")


def _text(output: nbformat.NotebookNode) -> str:
    """Give one output as plain text, whichever kind it is."""
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))


if __name__ == "__main__":
    sys.exit(main())
