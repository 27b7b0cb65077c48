"""The look of the panel: one style sheet, scoped by a class, that follows the theme around it.

JupyterLab and Notebook 7 say their colours in variables. VS Code, Colab and exported pages do not,
so every colour falls back on the text colour around the panel or on a middle tone that can be told
from a light and from a dark background alike. No part is told from another by its hue alone: each
has a pattern, and each has its number beside it.

A page that nbconvert makes is like JupyterLab, but takes padding and border from the column of the
prompt where that is empty, so that what is displayed begins left of all else: a face makes up for
it. The sheet of its classic template hides the triangles of what can be unfolded.
"""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import NO_FORMULA, Markup, element

__all__ = ["FRAME", "NO_FORMULA", "STYLE"]

#: The classes of the outermost element of a face.
FRAME: Final = f"nbk {NO_FORMULA}"

_COLOURS: Final = """
.nbk {
  --nbk-text: var(--jp-ui-font-color1, currentColor);
  --nbk-quiet: color-mix(in srgb, var(--nbk-text) 68%, transparent);
  --nbk-edge: color-mix(in srgb, var(--nbk-text) 18%, transparent);
  --nbk-track: color-mix(in srgb, var(--nbk-text) 13%, transparent);
  --nbk-good: var(--jp-success-color1, #2f9e5f);
  --nbk-bad: var(--jp-error-color1, #d9413b);
  --nbk-slow: var(--jp-warn-color1, #d97706);
  --nbk-busy: var(--jp-brand-color1, #2b7de9);
  --nbk-gone: color-mix(in srgb, var(--nbk-text) 45%, transparent);
}
"""

_FRAME: Final = """
.nbk {
  box-sizing: border-box; max-width: 960px; margin: 2px 0; padding: 12px 16px 14px;
  border: 1px solid var(--nbk-edge); border-radius: 6px; color: var(--nbk-text);
  font: 13px/1.45 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
  font-variant-numeric: tabular-nums; text-align: left; overflow: clip;
}
body.jp-Notebook .jp-OutputArea-prompt:empty + .jp-OutputArea-output .nbk {
  margin-left: calc(2 * var(--jp-code-padding, 5px) + 2 * var(--jp-border-width, 1px)); }
.nbk *, .nbk *::before { box-sizing: border-box; }
.nbk summary { display: list-item; }
.nbk b { font-weight: 600; }
.nbk-quiet { color: var(--nbk-quiet); }
.nbk-apart { display: none; }
.nbk-row { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 12px; }
.nbk-right { margin-left: auto; }
.nbk-state { display: inline-flex; align-items: baseline; gap: 6px; flex: none; font-size: 14px; }
.nbk-state svg { position: relative; top: 2px; width: 14px; height: 14px; flex: none; }
.nbk-name {
  flex: 0 1 auto; min-width: 0; max-width: 100%; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap;
}
.nbk-amount { margin-top: 6px; font-size: 15px; }
"""

_BAR: Final = """
.nbk-bar {
  display: flex; height: 12px; margin: 5px 0 8px; overflow: hidden; border-radius: 4px;
  background: var(--nbk-track); forced-color-adjust: none; print-color-adjust: exact;
  -webkit-print-color-adjust: exact;
}
.nbk-part { flex: 0 1 0; min-width: 3px; }
.nbk-part + .nbk-part { box-shadow: inset 1px 0 0 var(--jp-layout-color0, rgba(127,127,127,.35)); }
.nbk-bar > .nbk-todo, .nbk-bar > .nbk-open { min-width: 0; box-shadow: none; }
.nbk-bar > .nbk-open {
  background: repeating-linear-gradient(90deg, var(--nbk-edge) 0 5px, transparent 5px 10px);
}
.nbk-keys { display: flex; flex-wrap: wrap; gap: 2px 16px; }
.nbk-key { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
.nbk-swatch {
  display: inline-block; width: 12px; height: 12px; border-radius: 3px; flex: none;
  forced-color-adjust: none; print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
.nbk-ok { background: var(--nbk-good); }
.nbk-reused { background: repeating-linear-gradient(90deg, var(--nbk-good) 0 2px,
  color-mix(in srgb, var(--nbk-good) 40%, transparent) 2px 4px); }
.nbk-failed { background: repeating-linear-gradient(45deg, var(--nbk-bad) 0 4px,
  color-mix(in srgb, var(--nbk-bad) 50%, transparent) 4px 6px); }
.nbk-timeout { background: repeating-linear-gradient(-45deg, var(--nbk-slow) 0 3px,
  color-mix(in srgb, var(--nbk-slow) 35%, transparent) 3px 6px); }
.nbk-cancelled { background: var(--nbk-gone); }
.nbk-skipped { background: repeating-linear-gradient(0deg, var(--nbk-gone) 0 2px,
  var(--nbk-track) 2px 4px); }
.nbk-flight { background: radial-gradient(circle at 3px 3px, var(--nbk-busy) 1.6px,
  color-mix(in srgb, var(--nbk-busy) 28%, transparent) 1.9px) 0 0 / 6px 6px; }
.nbk-retry { border: 2px dotted var(--nbk-slow); }
.nbk-swatch.nbk-todo { border: 1px solid var(--nbk-gone); background: var(--nbk-track); }
"""

_CELLS: Final = """
.nbk-cells {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 185px), 1fr));
  gap: 14px 20px; margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--nbk-edge);
}
.nbk-four { grid-template-columns: repeat(auto-fit,
  minmax(min(100%, max(185px, min(50% - 10px, (800px - 100%) * 999))), 1fr)); }
.nbk-cell { min-width: 0; overflow-wrap: anywhere; }
.nbk-label { color: var(--nbk-quiet); font-size: 11.5px; }
.nbk-chart { display: block; width: 100%; height: 36px; margin-top: 5px; overflow: hidden;
  border-bottom: 1px solid var(--nbk-edge); }
.nbk-chart path, .nbk-chart rect { vector-effect: non-scaling-stroke; }
.nbk-why { min-height: 2.9em; }
.nbk-room { height: 60px; }
.nbk-area { fill: color-mix(in srgb, var(--nbk-busy) 20%, transparent); }
.nbk-line { fill: none; stroke: var(--nbk-busy); stroke-width: 1.5px; stroke-linejoin: round; }
.nbk-column { fill: color-mix(in srgb, var(--nbk-busy) 62%, transparent); }
.nbk-mark { fill: none; stroke: var(--nbk-text); stroke-width: 1px; stroke-dasharray: 3 2; }
.nbk-meter { height: 6px; margin: 8px 0 5px; overflow: hidden; border-radius: 3px;
  background: var(--nbk-track); forced-color-adjust: none; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
.nbk-spent { height: 100%; border-radius: 3px; background: var(--nbk-busy); }
.nbk-nearly { background: var(--nbk-slow); }
.nbk-axis { display: flex; justify-content: space-between; gap: 12px; color: var(--nbk-quiet);
  font-size: 11.5px; }
"""

_LISTS: Final = """
.nbk-list { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 8px 10px;
  align-items: baseline; margin-top: 12px; padding-top: 10px;
  border-top: 1px solid var(--nbk-edge); }
.nbk-entry { display: contents; }
.nbk-count { min-width: 40px; padding: 0 8px; border-radius: 9px; text-align: center;
  font-weight: 600; background: color-mix(in srgb, var(--nbk-bad) 20%, transparent); }
.nbk-waits { background: color-mix(in srgb, var(--nbk-slow) 26%, transparent); }
.nbk-sign { width: 18px; height: 18px; margin: 0 11px; border-radius: 9px; text-align: center;
  font-size: 12px; line-height: 18px; background: var(--nbk-track); }
.nbk-urgent { font-weight: 600; background: color-mix(in srgb, var(--nbk-slow) 30%, transparent); }
.nbk-body { min-width: 0; overflow-wrap: anywhere; }
.nbk-example { color: var(--nbk-quiet); overflow-wrap: anywhere; }
.nbk-example, .nbk-code {
  font: 12px/1.45 var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace); }
"""


def _squeeze(sheet: str) -> str:
    """Return the sheet on one line: it travels with every update."""
    return " ".join(sheet.split())


#: The whole sheet as an element.
STYLE: Final = element("style", Markup(_squeeze(_COLOURS + _FRAME + _BAR + _CELLS + _LISTS)))
