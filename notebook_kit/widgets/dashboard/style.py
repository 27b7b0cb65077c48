"""The look of the monitor, beside the panel's: a table that becomes a list where it is narrow."""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import Markup, element

__all__ = ["STYLE"]

#: Lines between rows are shadows: VS Code allows the cells of tables no borders.
_SHEET: Final = """
.nbk-open { container-type: inline-size; padding-bottom: 12px; }
.nbk-open .nbk-sockets { font-size: 15px; }
.nbk-open .nbk-sockets b { font-size: 20px; margin-right: 2px; }
.nbk-open .nbk-sockets .nbk-quiet { font-size: 13px; }
.nbk-open .nbk-bar { margin: 7px 0 6px; }
.nbk-open .nbk-used { background: radial-gradient(circle at 3px 3px, var(--nbk-busy) 1.6px,
  color-mix(in srgb, var(--nbk-busy) 45%, transparent) 1.9px) 0 0 / 6px 6px; }
.nbk-open .nbk-idle { background: repeating-linear-gradient(45deg, var(--nbk-good) 0 3px,
  color-mix(in srgb, var(--nbk-good) 45%, transparent) 3px 6px); }
.nbk-open .nbk-serving { background: repeating-linear-gradient(0deg, var(--nbk-gone) 0 2px,
  var(--nbk-track) 2px 4px); }
.nbk-open table.nbk-table { width: 100%; margin: 12px 0 0; border-collapse: collapse; border: 0;
  table-layout: fixed; font-size: 13px; color: inherit; background: none; }
.nbk-open .nbk-table thead { border: 0; background: none; }
.nbk-open .nbk-table th, .nbk-open .nbk-table td { padding: 7px 12px 7px 0; border: 0;
  box-shadow: inset 0 1px 0 var(--nbk-edge); text-align: left; vertical-align: top;
  font-weight: 400; background: none; white-space: normal; overflow-wrap: anywhere;
  color: inherit; max-width: none; }
.nbk-open .nbk-table tr { background: none !important; }
.nbk-open .nbk-table thead th { padding: 0 12px 4px 0; box-shadow: none; color: var(--nbk-quiet);
  font-size: 11.5px; }
.nbk-open .nbk-table td:last-child, .nbk-open .nbk-table th:last-child { padding-right: 0; }
.nbk-open .nbk-table .nbk-held { width: 62px; font-size: 15px; line-height: 1.25; }
.nbk-open .nbk-table thead .nbk-held { font-size: 11.5px; }
.nbk-open .nbk-held b { display: inline-block; min-width: 26px; padding: 0 7px; border-radius: 9px;
  text-align: center; background: color-mix(in srgb, var(--nbk-busy) 22%, transparent); }
.nbk-open .nbk-held span { display: inline-block; min-width: 26px; text-align: center; }
.nbk-open .nbk-holds { width: 27%; }
.nbk-open .nbk-since { width: 18.5%; }
.nbk-open .nbk-uses { width: 17.5%; }
.nbk-open .nbk-table td > div + div { color: var(--nbk-quiet); }
.nbk-open .nbk-number { display: inline-block; min-width: 20px; margin-right: 4px; padding: 0 4px;
  border-radius: 4px; text-align: center; font-size: 12px; background: var(--nbk-track); }
.nbk-open .nbk-what { overflow: hidden; text-overflow: ellipsis; }
.nbk-open .nbk-thing { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  overflow: hidden; }
.nbk-open .nbk-meter { display: flex; margin: 5px 0 2px; max-width: 190px; }
.nbk-open .nbk-meter div { height: 100%; min-width: 0; }
.nbk-open .nbk-meter .nbk-failed { min-width: 4px; }
.nbk-open .nbk-apartment th { padding-top: 14px; color: var(--nbk-quiet); font-size: 11.5px; }
.nbk-open .nbk-foot { margin-top: 3px; padding-top: 8px; border-top: 1px solid var(--nbk-edge);
  color: var(--nbk-quiet); font-size: 12px; }
.nbk-open .nbk-foot code { padding: 0 3px; background: var(--nbk-track); color: inherit;
  font: 12px/1.45 var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace); }
.nbk-open .nbk-hint { margin-top: 6px; color: var(--nbk-quiet); }
@container (max-width: 640px) {
  .nbk-open .nbk-table, .nbk-open .nbk-table tbody { display: block; }
  .nbk-open .nbk-table thead { display: none; }
  .nbk-open .nbk-table tr { display: grid; grid-template-columns: 44px minmax(0, 1fr);
    column-gap: 8px; padding: 7px 0; box-shadow: inset 0 1px 0 var(--nbk-edge); }
  .nbk-open .nbk-table th, .nbk-open .nbk-table td { display: block; width: auto !important;
    padding: 0; box-shadow: none; grid-column: 2; }
  .nbk-open .nbk-table td.nbk-held { grid-column: 1; grid-row: 1 / span 4; }
  .nbk-open .nbk-table .nbk-apartment { display: block; padding: 12px 0 5px; }
  .nbk-open .nbk-table .nbk-apartment th { padding: 0; }
  .nbk-open .nbk-table td > div { display: inline; }
  .nbk-open .nbk-table td > div + div::before { content: " · "; }
  .nbk-open .nbk-table td.nbk-what > div { display: block; }
  .nbk-open .nbk-table td.nbk-what > div::before { content: none; }
  .nbk-open .nbk-right { margin-left: 0; width: 100%; font-size: 13px; }
  .nbk-open .nbk-table td > div.nbk-meter { display: flex; }
  .nbk-open .nbk-table td > div.nbk-meter::before { content: none; }
  .nbk-open .nbk-table td.nbk-since, .nbk-open .nbk-table td.nbk-uses {
    color: var(--nbk-quiet); font-size: 12px; }
}
"""

#: The sheet as an element, on one line: it travels with every update.
STYLE: Final = element("style", Markup(" ".join(_SHEET.split())))
