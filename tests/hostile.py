"""Texts that would do harm if a page took them for anything but text.

Whatever of them runs, sets ``window.nbk_broken`` or asks for something of `ELSEWHERE`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ELSEWHERE", "FLAG", "HARMLESS", "HOSTILE", "MISLEADING", "as_header", "as_name"]

#: A host that nothing may be asked of.
ELSEWHERE: Final = "hostile.invalid"
#: What a script sets if it runs.
FLAG: Final = "nbk_broken"

_RUN: Final = f"window.{FLAG}=1"
_URL: Final = f"http://{ELSEWHERE}"

HOSTILE: Final[dict[str, str]] = {
    # Elements that run something, or ask for something
    "script": f"<script>{_RUN}</script>",
    "script in capitals": f"<ScRiPt >{_RUN}</sCrIpT >",
    "script from elsewhere": f"<script src={_URL}/a.js></script>",
    "script within a script": f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    "image": f"<img src=x onerror={_RUN}>",
    "image, slashes for blanks": f'<img/src="x"/onerror={_RUN}>',
    "image from elsewhere": f'<img src="{_URL}/pixel.png">',
    "svg": f"<svg onload={_RUN}>",
    "svg with a script": f"<svg><script>{_RUN}</script></svg>",
    "svg animated": f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    "math": f'<math><mtext><mglyph><style><img src onerror="{_RUN}">',
    "body": f"<body onload={_RUN} onpageshow={_RUN}>",
    "details": f"<details open ontoggle={_RUN}>",
    "input with focus": f"<input autofocus onfocus={_RUN}>",
    "video": f"<video><source onerror={_RUN}>",
    "frame of its own text": f"<iframe srcdoc='<script>parent.{FLAG}=1</script>'></iframe>",
    "frame from elsewhere": f"<iframe src={_URL}/frame></iframe>",
    "object": f'<object data="{_URL}/o"></object><embed src="{_URL}/e">',
    "template": f"<template><script>{_RUN}</script></template><noscript><p title='</noscript>'>",
    "form": f"<form action={_URL}/form><button autofocus>Press</button></form>",
    # Elements that change the page around them
    "refresh": f'<meta http-equiv="refresh" content="0;url={_URL}/away">',
    "base": f'<base href="{_URL}/">',
    "link": f'<link rel=stylesheet href="{_URL}/s.css">',
    "closing tags": "</div></pre></code></td></tr></table></bdi></span></details></textarea>",
    "unclosed tag": "<div style='position:fixed;inset:0",
    "unclosed comment": "<!-- the rest of the page is gone",
    "comment closed early": f"<!--> <img src=x onerror={_RUN}> <!-- --!><b>",
    "cdata": f"<![CDATA[<script>{_RUN}</script>]]>",
    "instruction": "<?xml-stylesheet href='x'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///x'>]>",
    # Out of an attribute
    "double quote": f'" onmouseover="{_RUN}" autofocus onfocus="{_RUN}" x="',
    "single quote": f"' onmouseover='{_RUN}' autofocus onfocus='{_RUN}' x='",
    "backtick": f"` onmouseover=`{_RUN}` autofocus onfocus=`{_RUN}`",
    "no quote": f"x onerror={_RUN} autofocus onfocus={_RUN} //",
    "quote and tag": f"\"'><img src=x onerror={_RUN}>",
    # Addresses
    "javascript address": f"javascript:{_RUN}//",
    "javascript address, hidden": f" java\tscript\n:{_RUN}",
    "data address": f"data:text/html,<script>parent.{FLAG}=1</script>",
    "vbscript address": "vbscript:msgbox(1)",
    # Out of a style sheet
    "style": f"</style><img src=x onerror={_RUN}><style>",
    "sheet": f"<style>@import '{_URL}/i.css'; body{{display:none}}</style>",
    "sheet of a value": f"red;background:url({_URL}/b.png);width:expression({_RUN})}} *{{top:0",
    "sheet of escapes": f"\\3c script\\3e {_RUN}; }}*{{background:\\75rl({_URL}/e)}}",
    # What is decoded once too often
    "entities": f"&lt;script&gt;{_RUN}&lt;/script&gt; &amp;lt;b&amp;gt; &#60;i&#62; &#x3c;u>",
    "entities, unfinished": "&lt &#60 &#x3c &quot &NewLine; &colon; &lpar; &amp",
    "percent signs": f"%3Cscript%3E{_RUN}%3C%2Fscript%3E %00 %0d%0aSet-Cookie:x=1",
    "backslashes": f"\\u003cscript\\u003e{_RUN}\\x3c/script\\x3e \\n \\' \\\"",
    "script's own end": f"';{_RUN}//\\';{_RUN}//\";{_RUN}//--></script>",
    # Formulas, marks and other languages
    "formula": r"$\href{javascript:window.nbk_broken=1}{x}$ costs $5 and $6",
    "formula, displayed": r"$$\unicode{x3c}\text{a}^2$$ \[ b^2 \] \( c \)",
    "markdown": f"[press](javascript:{_RUN}) ![i]({_URL}/m.png) **bold** `code` <{_URL}> # head",
    "template language": "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {x} {0.__class__} %s %(a)s",
    "table of a spreadsheet": '=HYPERLINK("http://hostile.invalid/","press")',
    # Characters
    "null": f"a\x00b <scr\x00ipt>{_RUN}</scr\x00ipt>",
    "control characters": "a\x01\x07\x08\x0b\x0c\x0e\x1f\x7f\x80\x85\x9b\x9fb",
    "terminal": f"\x1b[31mred\x1b[2J\x1b[1;1H\x1b]0;title\x07\x1b]8;;{_URL}\x07press\x1b]8;;\x07",
    "terminal, eight bits": "\x9b31mred\x9b2J\x9d0;title\x9c",
    "terminal, over the line": "good news\rbad\b\b\b   ",
    "direction turned": "abc\u202edrowssap\u202c \u2066isolated\u2067 never ended",
    "directions, many": "\u202a\u202b\u202d\u202e\u2068" * 8 + "end",
    "zero width": "a\u200bb\u2060c\ufeffd\u00ade\u180ef",
    "separators": "one\u2028two\u2029three\x85four",
    "lone surrogates": "\ud800 and \udfff",
    "not characters": "\ufffe\uffff\ufdd0 \U0001fffe",
    "marks without end": "Z" + "\u0300\u0336\u0489\u20dd" * 60 + "algo",
    "tags of letters": "x" + "".join(chr(0xE0000 + ord(it)) for it in "hidden") + "y",
    "full width": "\uff1cscript\uff1e\uff07\uff02 \u02ba\u2032 \u2039b\u203a",
    "right to left": "\u05e9\u05dc\u05d5\u05dd <b>\u05e2\u05d5\u05dc\u05dd</b> 123 \u0645",
    "long word": "w" * 3_000,
    "long word of emoji": "\U0001f469\u200d\U0001f52c" * 300,
    "many lines": "line <b>\n" * 200,
}

#: Texts that are as different from each other in length and form, and mean nothing.
HARMLESS: Final = [
    "one",
    "two words",
    "two\nlines",
    "https://example.com/a/b?c=d",
    "long" * 700,
    '{"json": [1, "two"]}',
    "[1, 2]",
    "",
    *(f"text {at}" for at in range(60)),
]

#: Characters that command a terminal, turn the direction of the writing or are not seen.
MISLEADING: Final = frozenset(
    [chr(it) for it in (*range(9), 11, 12, *range(14, 32), *range(127, 160))]
    + list("\u200b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)


def as_name(text: str) -> str:
    """Return a text as the name of a class or function, which holds no null and no surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def as_header(text: str) -> str:
    """Return as much of a text as can stand in a header."""
    return "".join(it for it in text if " " <= it <= "~" or "\xa0" <= it <= "\xff").strip()
