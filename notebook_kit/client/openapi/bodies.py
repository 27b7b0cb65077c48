"""The body of an operation: its fields as parameters, or the whole of it as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.parameters import doc_of
from notebook_kit.client.openapi.schema import annotation, kinds_of, properties_of, required_of
from notebook_kit.client.resources.spec import ParameterSpec
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.resources.spec import Where

__all__ = ["BodyOf", "body_of"]

_JSON: Final = re.compile(r"application/([^;]+\+)?json")
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_MEDIA_TYPE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_STYLES: Final = ("form", "spaceDelimited", "pipeDelimited", "deepObject")


@dataclass(frozen=True, slots=True)
class BodyOf:
    """What an operation takes as its body.

    Attributes:
        media_type: what is sent, in small letters.
        fields: the parameters that are its fields; none if it is given as a whole only.
        whole: the parameter that is the whole of it.
        required: whether there must be one.
    """

    media_type: str
    fields: tuple[ParameterSpec, ...]
    whole: ParameterSpec | None
    required: bool

    @property
    def is_multipart(self) -> bool:
        """Whether each field is a part of its own."""
        return self.media_type == _MULTIPART

    @property
    def header(self) -> str | None:
        """The content type, where the kit would not send it by itself."""
        is_plain = self.media_type in ("application/json", _FORM, _MULTIPART)
        return None if is_plain or not self.fields else self.media_type


def body_of(operation: Operation) -> BodyOf | None:
    """Return the body of an operation; None without one.

    Raises:
        Broken: for a reference that leads to nothing.
    """
    body = operation.node.child("requestBody")
    kinds = {
        media_type.partition(";")[0].strip().lower(): entry.followed()
        for media_type, entry in body.child("content").children()
    }
    if not kinds:
        return None
    media_type = min(kinds, key=_rank)
    content = kinds[media_type]
    required = bool(body.flag("required"))
    fields = _fields(media_type, content, required=required)
    whole = _whole(media_type, content, body, required=required)
    if not fields and whole is None:
        # A form of fields that nobody knows: any mapping.
        whole = _whole("application/octet-stream", content, body, required=required)
    return BodyOf(media_type, tuple(fields), whole, required)


def _rank(media_type: str) -> tuple[int, str]:
    """Return what comes first of several media types: JSON, forms, and then the rest."""
    if media_type == "application/json":
        return 0, ""
    order = (_JSON.fullmatch(media_type) is not None, media_type == _FORM, media_type == _MULTIPART)
    place = next((place for place, it in enumerate(order, 1) if it), len(order) + 1)
    return (place, media_type) if "*" not in media_type else (place + 1, media_type)


def _fields(media_type: str, content: Node, *, required: bool) -> list[ParameterSpec]:
    is_json = _JSON.fullmatch(media_type) is not None
    if not is_json and media_type not in (_FORM, _MULTIPART):
        return []
    schema = content.quiet("schema")
    try:
        properties, must = properties_of(schema), required_of(schema)
    except Broken:
        return []
    if properties is None:
        return []
    made = []
    for name, entry in properties.items():
        if entry.flag("readOnly"):
            continue
        where, style, explode = _place(media_type, name, entry, content)
        made.append(
            ParameterSpec(
                name="",
                wire_name=name,
                where=where,
                required=required and name in must,
                annotation=_kind(entry, where),
                doc=doc_of(entry, entry),
                style=style,
                explode=explode,
            )
        )
    return made


def _kind(entry: Node, where: Where) -> Any:
    # A file may be bytes, a path, an open file, or a pair with its name.
    return Any if where == "file" else annotation(entry)


def _place(
    media_type: str, name: str, entry: Node, content: Node
) -> tuple[Where, str | None, bool | None]:
    if _JSON.fullmatch(media_type):
        return "body", None, None
    if media_type == _MULTIPART and _is_file(entry):
        return "file", None, None
    encoding = content.quiet("encoding").quiet(name)
    style = encoding.text("style")
    if style in _STYLES:
        return "form", style, encoding.flag("explode")
    inner = entry.quiet("items") if "array" in kinds_of(entry) else entry
    is_object = "object" in kinds_of(inner)
    return "form", "json" if is_object and media_type == _MULTIPART else None, None


def _is_file(schema: Node) -> bool:
    if "array" in kinds_of(schema):
        schema = schema.quiet("items")
    if schema.text("format") == "binary" or schema.text("contentMediaType"):
        return not schema.text("contentEncoding")
    return False


def _whole(media_type: str, content: Node, body: Node, *, required: bool) -> ParameterSpec | None:
    """Return the parameter that is the whole body; None for a form."""
    if media_type in (_FORM, _MULTIPART):
        return None
    is_json = _JSON.fullmatch(media_type) is not None
    style = None if media_type == "application/json" else media_type
    if style is not None and not _MEDIA_TYPE.fullmatch(style):
        style = "application/octet-stream"
    if style is not None and "*" in style:
        style = "text/plain" if style.startswith("text/") else "application/octet-stream"
    schema = content.quiet("schema")
    kind = annotation(schema) if is_json else str if media_type.startswith("text/") else bytes
    said = shorten(body.told("description") or schema.told("description"), 300)
    return ParameterSpec(
        name="body" if is_json else "content",
        wire_name="body",
        where="body",
        required=required,
        annotation=kind,
        doc=said or f"The body, {media_type}.",
        style=style,
        keyword_only=not required,
    )
