"""JSON or YAML as plain data; nothing of it is ever executed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read"]

_MOST_LEVELS: Final = 500
_EXTRA: Final = "pip install 'notebook_kit[openapi]'"
_WHOLE: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})")
_REAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read(content: bytes, *, name: str) -> Any:
    """Return what a document holds.

    Args:
        content: the document as it came.
        name: what it is called in errors.

    Raises:
        ConfigurationError: when it is neither JSON nor YAML, naming the line; or when it is YAML
            and PyYAML is not there.

    >>> read(b"openapi: 3.1.0", name="a text")
    {'openapi': '3.1.0'}
    """
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:100]
    if start.startswith((b"{", b"[")):
        try:
            return json.loads(content)
        except RecursionError:
            message = f"{name} is nested deeper than any OpenAPI document is."
            raise ConfigurationError(message) from None
        except ValueError as error:
            # What is no JSON may still be YAML, which has braces too.
            return _yaml_or(content, name, error)
    if start.startswith(b"<"):
        message = (
            f"{name} is a web page ({scrub(shorten(start.decode('latin-1'), 40))!r}) and no "
            "OpenAPI document: give the URL of the document itself, which often ends in "
            "/openapi.json."
        )
        raise ConfigurationError(message)
    return _yaml(content, name)


def _yaml_or(content: bytes, name: str, error: ValueError) -> Any:
    try:
        return _yaml(content, name)
    except ConfigurationError:
        message = f"{name} is no JSON: {scrub(shorten(str(error), 200))}"
        raise ConfigurationError(message) from None


def _yaml(content: bytes, name: str) -> Any:
    try:
        import yaml  # noqa: PLC0415 - of an extra, and needed for YAML only
    except ImportError:
        message = f"{name} is YAML, and PyYAML, which reads it, is not installed: {_EXTRA}."
        raise ConfigurationError(message) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _built(yaml.parse(content, Loader=loader))
    except yaml.YAMLError as error:
        message = f"{name} is neither JSON nor YAML: {scrub(shorten(str(error), 300))}"
        raise ConfigurationError(message) from None
    except (_NotPlainError, UnicodeDecodeError) as error:
        message = f"{name} cannot be read: {scrub(shorten(str(error), 300))}"
        raise ConfigurationError(message) from None


class _NotPlainError(ValueError):
    """YAML that is no plain data."""


class _Open:
    """A list or a mapping that is not whole yet."""

    __slots__ = ("anchor", "key", "made", "merged")

    def __init__(self, made: Any, anchor: str | None) -> None:
        self.made = made
        self.anchor = anchor
        self.key: Any = _NO_KEY
        self.merged: list[Any] = []

    def add(self, value: Any) -> None:
        if isinstance(self.made, list):
            self.made.append(value)
        elif self.key is _NO_KEY:
            if isinstance(value, (dict, list)):
                message = "the name of a field is a list or a mapping"
                raise _NotPlainError(message)
            self.key = _name(value)
        elif self.key == "<<" and isinstance(value, (dict, list)):
            self.merged += value if isinstance(value, list) else [value]
            self.key = _NO_KEY
        else:
            self.made[self.key] = value
            self.key = _NO_KEY

    def whole(self) -> Any:
        for other in self.merged:
            if isinstance(other, dict):
                for name, value in other.items():
                    self.made.setdefault(name, value)
        return self.made


_NO_KEY: Final = object()


def _name(value: Any) -> str:
    """Return the name of a field as JSON would have it: ``200:`` is the name "200"."""
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _built(events: Iterator[Any]) -> Any:
    """Return the data of YAML, read as JSON's kinds of values (YAML 1.2, section 10.2).

    Made from the events and not by a loader, which knows dates, would take ``no`` for a truth
    value, and overflows the stack on data that is nested without end.
    """
    stack = [_Open([], None)]
    anchors: dict[str, Any] = {}
    for event in events:
        kind = type(event).__name__
        anchor = getattr(event, "anchor", None)
        if kind == "AliasEvent":
            if anchor not in anchors:
                message = f"the alias *{anchor} refers to what holds it, or to nothing"
                raise _NotPlainError(message)
            stack[-1].add(anchors[anchor])
        elif kind == "ScalarEvent":
            value = _scalar(event)
            if anchor is not None:
                anchors[anchor] = value
            stack[-1].add(value)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            stack.append(_Open({} if kind[0] == "M" else [], anchor))
            if len(stack) > _MOST_LEVELS:
                message = "it is nested deeper than any OpenAPI document is"
                raise _NotPlainError(message)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            closed = stack.pop()
            made = closed.whole()
            if closed.anchor is not None:
                anchors[closed.anchor] = made
            stack[-1].add(made)
    documents = stack[0].made
    return documents[0] if documents else None


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text
