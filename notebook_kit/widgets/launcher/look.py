"""The look of the launcher's face, and of the words in its form."""

from __future__ import annotations

from typing import Final

from notebook_kit.markup import Markup, element

__all__ = ["FORM_SHEET", "SHEET"]

_FACE: Final = """
.nbk.nbk-launcher .nbk-box {
  overflow-x: auto; border: 0; border-radius: 4px; color: inherit; white-space: pre-wrap;
  overflow-wrap: anywhere; word-break: normal; user-select: text;
  font: 12.5px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace);
}
.nbk.nbk-launcher .nbk-box code { padding: 0; background: none; color: inherit; font: inherit; }
.nbk.nbk-launcher pre.nbk-code {
  margin: 8px 0 0; padding: 8px 10px;
  background: color-mix(in srgb, var(--nbk-busy) 9%, transparent);
  border-left: 3px solid var(--nbk-busy);
}
.nbk-launcher .nbk-none { margin-top: 8px; }
.nbk-launcher .nbk-preview { margin-top: 12px; }
.nbk.nbk-launcher pre.nbk-first {
  margin: 4px 0 0; padding: 8px 10px; max-height: 320px; overflow-y: auto;
  background: color-mix(in srgb, var(--nbk-text) 5%, transparent);
}
.nbk-launcher .nbk-result { font-weight: 600; }
.nbk-launcher .nbk-foot { margin-top: 10px; }
"""

#: Words in the form stand outside of any face, so their colours are said anew. ipywidgets draws the
#: arrow of a list black on whatever ground; this grey is seen on a light and on a dark one. Where
#: there is little room each label stands above its field.
_FORM: Final = """
.nbk-form { container-type: inline-size; --jp-widgets-dropdown-arrow: url("data:image/svg+xml,\
%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E%3Cpath d='M5.5 7.5 9 11l3.5-3.5' \
fill='none' stroke='%23888' stroke-width='1.8' stroke-linecap='round'/%3E%3C/svg%3E"); }
@container (max-width: 320px) {
  .nbk-form .widget-inline-hbox { flex-direction: column; align-items: stretch; height: auto; }
  .nbk-form .widget-inline-hbox > .widget-label { width: auto !important; height: 22px;
    line-height: 22px; margin: 0; text-align: left; }
  .nbk-form .widget-inline-hbox > :is(input, select) { flex: none; width: 100%; height: 28px; }
  .nbk-form .widget-vbox { flex-grow: 1 !important; }
  .nbk-form .widget-html { margin-left: 0 !important; }
}
.nbk-form-title { white-space: nowrap;
  font: 600 12px/1.6 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color2, currentColor); }
.nbk-form-wrong, .nbk-form-warn { padding-left: 8px; overflow-wrap: anywhere;
  font: 12px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, currentColor); }
.nbk-form-wrong { border-left: 3px solid var(--jp-error-color1, #d9413b); }
.nbk-form-warn { border-left: 3px solid var(--jp-warn-color1, #d97706); }
"""


def _squeeze(sheet: str) -> Markup:
    return element("style", Markup(" ".join(sheet.split())))


#: The sheet of the face.
SHEET: Final = _squeeze(_FACE)
#: The sheet of the form.
FORM_SHEET: Final = _squeeze(_FORM)
