"""Values of any sort as HTML and as text: trees, texts, bytes, images."""

from __future__ import annotations

import base64
from typing import Any, Final

from notebook_kit.markup import Markup, element, void
from notebook_kit.numbers import count, size
from notebook_kit.redact import text_of
from notebook_kit.widgets.inspector.images import image_of
from notebook_kit.widgets.inspector.legible import legible
from notebook_kit.widgets.inspector.nodes import Node, nodes_of

__all__ = ["value_html", "value_text"]

_TEXT_LIMIT: Final = 6_000
_REPR_LIMIT: Final = 4_000
_HEX_ROWS: Final = 6
_HEX_WIDTH: Final = 16
#: Bytes of an image that is put into the page, and pixels that a browser has to make of them.
_MOST_BYTES: Final = 2_000_000
_MOST_PIXELS: Final = 40_000_000
#: Kinds whose repr is no news, and whose members are.
_PLAIN: Final = (dict, list, tuple, set, frozenset, int, float, type(None))


def value_html(value: Any, *, is_answer: bool = False) -> Markup:
    """Return a value as HTML of bounded length.

    Args:
        value: anything.
        is_answer: whether it came from an API.
    """
    # Asked of the class: an object may lie about it, and may raise when it is asked itself.
    kind = type(value)
    if issubclass(kind, str):
        return _text(legible(str.__str__(value), _TEXT_LIMIT)) if value else _quiet("empty text")
    if issubclass(kind, (bytes, bytearray)):
        return _bytes(bytes(value))
    root = nodes_of(value, is_answer=is_answer)
    if root.kind == "branch":
        return element("div", _branch(root), class_="nbk-tree")
    return _text(root.text if issubclass(kind, _PLAIN) else _repr(value))


def value_text(value: Any, *, is_answer: bool = False) -> str:
    """Return a value as text of bounded length, on as many lines as it takes."""
    kind = type(value)
    if issubclass(kind, str):
        return legible(str.__str__(value), _TEXT_LIMIT // 4)
    if issubclass(kind, (bytes, bytearray)):
        image = image_of(bytes(value))
        what = "" if image is None else f", {image.media_type}, {_pixels(image)}"
        return f"{size(len(value))}{what}"
    root = nodes_of(value, is_answer=is_answer, briefly=True)
    if root.kind == "branch":
        return "\n".join(_lines(root, 0))
    return root.text if issubclass(kind, _PLAIN) else _repr(value)


def _branch(node: Node) -> Markup:
    key = [element("span", node.key, class_="nbk-k"), ": "] if node.key is not None else []
    if node.kind != "branch":
        look = f"nbk-v nbk-is-{node.kind}"
        return element("div", *key, element("span", node.text, class_=look), class_="nbk-leaf")
    what = element("span", node.text, class_="nbk-quiet")
    if not node.members and not node.more:
        return element("div", *key, what, class_="nbk-leaf")
    rest = element("div", node.rest, class_="nbk-leaf nbk-quiet") if node.rest else None
    members = element("div", *map(_branch, node.members), rest, class_="nbk-nest")
    return element("details", element("summary", *key, what), members, open=node.is_open)


def _lines(node: Node, depth: int) -> list[str]:
    indent = "  " * depth
    key = "" if node.key is None else f"{node.key}: "
    text = node.text.replace("\n", f"\n{indent}  ")
    own = [f"{indent}{key}{text}"]
    below = [line for member in node.members for line in _lines(member, depth + 1)]
    return own + below + ([f"{indent}  {node.rest}"] if node.rest else [])


def _repr(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as broken:  # noqa: BLE001 - a user's __repr__ may raise anything
        text = f"({type(value).__name__} that cannot be shown: {text_of(broken)})"
    return legible(text, _REPR_LIMIT, fields=True)


def _text(text: str) -> Markup:
    return element("pre", text, class_="nbk-block", tabindex=0)


def _quiet(text: str) -> Markup:
    return element("div", text, class_="nbk-quiet")


def _pixels(image: Any) -> str:
    return f"{count(image.width)} \N{MULTIPLICATION SIGN} {count(image.height)}"


def _bytes(data: bytes) -> Markup:
    image = image_of(data)
    if image is None:
        return element("div", _quiet(size(len(data))), _text(_hex(data)) if data else None)
    what = _quiet(f"{image.media_type} · {_pixels(image)} · {size(len(data))}")
    if len(data) > _MOST_BYTES or image.width * image.height > _MOST_PIXELS:
        return element("div", what, _quiet("Too large to be shown here."))
    source = f"data:{image.media_type};base64,{base64.b64encode(data).decode('ascii')}"
    picture = void("img", src=source, alt=f"An image, {_pixels(image)}", class_="nbk-image")
    return element("div", what, picture)


def _hex(data: bytes) -> str:
    rows = []
    for at in range(0, min(len(data), _HEX_ROWS * _HEX_WIDTH), _HEX_WIDTH):
        row = data[at : at + _HEX_WIDTH]
        letters = "".join(chr(it) if 32 <= it < 127 else "." for it in row)  # noqa: PLR2004 - ASCII
        rows.append(f"{at:04x}  {row.hex(' '):<{3 * _HEX_WIDTH}} {letters}")
    rest = len(data) - _HEX_ROWS * _HEX_WIDTH
    return "\n".join([*rows, f"… {count(rest)} more"] if rest > 0 else rows)
