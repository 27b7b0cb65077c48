"""The look of the inspector, beside that of the panel."""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import Markup, element
from notebook_kit.widgets.style import STYLE

__all__ = ["SHEETS"]

_PARTS: Final = """
.nbk-line { margin-top: 6px; overflow-wrap: anywhere; }
.nbk .nbk-content pre.nbk-block, .nbk-tree, .nbk .nbk-content .nbk-tries, .nbk-pairs {
  font: 12px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace);
}
.nbk-part-of { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 12px; padding-top: 10px;
  border-top: 1px solid var(--nbk-edge); }
.nbk-part-of > .nbk-title { flex: 0 0 76px; color: var(--nbk-quiet); }
.nbk-part-of > .nbk-content { flex: 1 1 300px; min-width: 0; overflow-wrap: anywhere; }
.nbk-content > * + * { margin-top: 6px; }
.nbk .nbk-content pre.nbk-block { margin: 6px 0 0; padding: 6px 8px; max-height: 300px;
  overflow: auto;
  border-radius: 4px; background: color-mix(in srgb, var(--nbk-text) 6%, transparent);
  color: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.nbk-hurts { padding-left: 10px; border-left: 3px solid var(--nbk-bad); }
.nbk-image { display: block; max-width: min(100%, 480px); max-height: 320px; margin-top: 6px;
  border: 1px solid var(--nbk-edge); border-radius: 4px; object-fit: contain; }
"""

_TREE: Final = """
.nbk-tree { max-height: 420px; overflow: auto; }
.nbk-tree summary, .nbk-fold > summary { cursor: pointer; width: fit-content; max-width: 100%; }
.nbk-nest { margin-left: 5px; padding-left: 14px; border-left: 1px solid var(--nbk-edge); }
.nbk-leaf { padding-left: 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
.nbk-nest > details { padding-left: 0; }
.nbk-k { color: var(--nbk-quiet); }
.nbk-v.nbk-is-number { color: var(--nbk-busy); }
.nbk-v.nbk-is-hidden { letter-spacing: 1px; color: var(--nbk-quiet); }
.nbk-pairs { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: 1px 12px;
  margin-top: 4px; }
.nbk-pairs > * { min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
"""

_TRIES: Final = """
.nbk-lane { display: block; width: 100%; overflow: hidden; border-radius: 3px;
  background: color-mix(in srgb, var(--nbk-text) 7%, transparent); forced-color-adjust: none;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.nbk-wait { fill: var(--nbk-gone); opacity: .55; }
.nbk-took { fill: var(--nbk-bad); }
.nbk-took.nbk-is-answered { fill: var(--nbk-good); }
.nbk-took.nbk-is-fallback, .nbk-took.nbk-is-under { fill: var(--nbk-busy); }
.nbk-took.nbk-is-cut, .nbk-took.nbk-is-overtaken { fill: var(--nbk-gone); }
.nbk-scroll { overflow-x: auto; container-type: inline-size; }
.nbk .nbk-tries { width: 100%; margin: 0; border: 0; border-collapse: collapse;
  table-layout: auto; color: inherit; }
.nbk .nbk-tries thead, .nbk .nbk-tries tbody tr:nth-child(n) { border: 0; background: none; }
.nbk .nbk-tries th, .nbk .nbk-tries td { padding: 2px 14px 2px 0; border: 0; text-align: left;
  vertical-align: baseline; white-space: nowrap; background: none; color: inherit;
  line-height: 1.5; }
.nbk .nbk-tries th { color: var(--nbk-quiet); font-weight: 400; }
.nbk .nbk-tries td:nth-child(4) { width: 100%; min-width: 130px; white-space: normal; }
.nbk .nbk-tries td:last-child, .nbk .nbk-tries th:last-child { padding-right: 0; }
.nbk .nbk-tries td:nth-child(2):last-child { width: 100%; }
@container (max-width: 440px) {
  .nbk .nbk-tries, .nbk .nbk-tries tbody { display: block; }
  .nbk .nbk-tries thead { display: none; }
  .nbk .nbk-tries tr { display: grid; grid-template-columns: auto minmax(0, 1fr);
    column-gap: 10px; padding: 3px 0; }
  .nbk .nbk-tries td:nth-child(n) { display: block; grid-column: 2; width: auto; min-width: 0;
    padding: 0; white-space: normal; overflow-wrap: anywhere; }
  .nbk .nbk-tries td:first-child { grid-column: 1; grid-row: 1 / span 4; }
  .nbk .nbk-tries td:nth-child(n + 3)::before { color: var(--nbk-quiet); }
  .nbk .nbk-tries td:nth-child(3)::before { content: "took "; }
  .nbk .nbk-tries td:nth-child(4)::before { content: "waited before "; }
  .nbk .nbk-tries td:nth-child(5)::before { content: "started, UTC "; }
}
"""


def _squeeze(sheet: str) -> str:
    """Return the sheet on one line: it travels with every update."""
    return " ".join(sheet.split())


#: The panel's sheet and the inspector's, as elements.
SHEETS: Final = (STYLE, element("style", Markup(_squeeze(_PARTS + _TREE + _TRIES))))
