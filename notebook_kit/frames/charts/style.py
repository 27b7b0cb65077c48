"""The look of charts in a page: colours that follow the theme around them, and their width.

The colours stand in the drawing itself, so that a file of it needs no style sheet. In a page each
is mixed with the colour of the text: darker on a light ground, lighter on a dark one.
"""

from __future__ import annotations

from typing import Final

from notebook_kit.frames.charts.model import TONES
from notebook_kit.markup import NO_FORMULA, Markup, element

__all__ = ["NARROW", "NO_FORMULA", "STYLE", "WIDE"]

#: Classes of the two drawings of a chart, of which a page shows the one that fits.
WIDE: Final = "nbk-plot nbk-wide"
NARROW: Final = "nbk-plot nbk-narrow"

_MIXED: Final = "".join(
    f".nbk-plot .f-{tone}{{fill:{mix}}}.nbk-plot .s-{tone}{{stroke:{mix}}}"
    for tone, colour in TONES.items()
    if tone not in ("grey", "ink")
    for mix in [f"color-mix(in srgb,{colour} 84%,var(--nbk-ink))"]
)
_SHEET: Final = """
.nbk-plots { --nbk-ink: var(--jp-ui-font-color1, currentColor); max-width: 700px;
  container-type: inline-size; min-width: min(100%, 320px); margin: 2px 0; }
.nbk-plot { display: block; max-width: 100%; height: auto; overflow: visible;
  font-family: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
  font-variant-numeric: tabular-nums; forced-color-adjust: none; }
.nbk-narrow { display: none; }
@container (max-width: 560px) { .nbk-wide { display: none; } .nbk-narrow { display: block; } }
.nbk-plot .f-ink { fill: var(--nbk-ink); }
.nbk-plot .s-ink { stroke: var(--nbk-ink); }
.nbk-plot .f-grey { fill: color-mix(in srgb, var(--nbk-ink) 45%, transparent); }
.nbk-plot .s-grey { stroke: color-mix(in srgb, var(--nbk-ink) 45%, transparent); }
.nbk-plot .f-quiet { fill: color-mix(in srgb, var(--nbk-ink) 70%, transparent); }
.nbk-plot .s-grid { stroke: color-mix(in srgb, var(--nbk-ink) 14%, transparent); }
.nbk-plot .s-edge { stroke: color-mix(in srgb, var(--nbk-ink) 45%, transparent); }
"""

#: The sheet as an element; it travels with each chart, as outputs can be removed one by one.
STYLE: Final = element("style", Markup(" ".join(_SHEET.split()) + _MIXED))
