"""An operation of a document as an endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from notebook_kit.client.openapi.answers import answer_of
from notebook_kit.client.openapi.bodies import body_of
from notebook_kit.client.openapi.described import Made
from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.paging import paging_of
from notebook_kit.client.openapi.parameters import (
    default_of,
    in_order,
    named,
    parameters_of,
    path_of,
)
from notebook_kit.client.openapi.security import Credential, needs_of
from notebook_kit.client.openapi.servers import server_of
from notebook_kit.client.resources.spec import EndpointSpec
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.client.openapi.answers import AnswerOf
    from notebook_kit.client.openapi.bodies import BodyOf
    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.resources.spec import Needs, ParameterSpec

__all__ = ["Maker", "parameters_in_order"]

_LONGEST: Final = 3_000
#: Names for the whole of a body whose fields are parameters too.
_WHOLES: Final = ("body", "json_body", "whole_body")


def parameters_in_order(
    operation: Operation, body: BodyOf | None
) -> tuple[tuple[ParameterSpec, ...], ParameterSpec | None]:
    """Return the parameters of an operation as Python has them, and the one that is its body.

    Raises:
        Broken: when they cannot be made out.
    """
    specs = parameters_of(operation)
    whole = None
    if body is not None and body.fields:
        specs = [*specs, *body.fields]
    elif body is not None:
        whole = body.whole
    made = named(specs, reserved=() if whole is None else (whole.name,))
    return in_order(made), whole


class Maker:
    """Makes endpoints of the operations of one document.

    Args:
        document: the document.
        base: what relative URLs of servers are relative to, or None.
        home: the URL of the server that the client is for.
    """

    def __init__(self, document: Node, *, base: str | None, home: str) -> None:
        self._document = document
        self._base = base
        self._home = home

    def make(self, operation: Operation, name: str) -> Made:
        """Return the endpoint of an operation.

        Raises:
            ConfigurationError: when there is none, naming the place in the document.
        """
        try:
            return self._make(operation, name)
        except Broken as broken:
            message = f"{operation.method.upper()} {operation.path} cannot be called: {broken}."
            raise ConfigurationError(message) from None

    def check(self, operation: Operation) -> None:
        """Look at what no endpoint of an operation can do without.

        Raises:
            Broken: when there is something that it cannot work with.
        """
        operation.check()
        self._server(operation)

    def _make(self, operation: Operation, name: str) -> Made:
        body = body_of(operation)
        answer = answer_of(operation)
        parameters, whole = parameters_in_order(operation, body)
        template, wired = path_of(operation, parameters)
        server = self._server(operation)
        needs = needs_of(operation, self._document)
        spec = EndpointSpec(
            name=name,
            method=operation.method.upper(),
            path=f"{server}{template}",
            parameters=tuple(wired),
            body=whole,
            answer=answer.reads,
            paging=paging_of(operation, wired, answer),
            needs=_elsewhere(needs) if self._is_elsewhere(server) else needs,
            deprecated=bool(operation.node.flag("deprecated")),
        )
        alternative = _alternative(spec, body)
        return Made(
            spec,
            doc=_doc(operation, spec, alternative, answer),
            returns=answer.kind,
            shown=_shown(operation, spec, body),
            whole=alternative,
            optional_body=body is not None and not body.required,
            multipart=body is not None and body.is_multipart,
            content_type=None if body is None else body.header,
        )

    def _server(self, operation: Operation) -> str:
        """Return what stands before the path of an operation that has a server of its own."""
        base = self._base or self._home
        own = server_of(operation.node, base) or server_of(operation.item, base)
        if own is None or own.rstrip("/") in self._usual(base):
            return ""
        return own.rstrip("/").replace("{", "{{").replace("}", "}}")

    def _is_elsewhere(self, server: str) -> bool:
        if not server:
            return False
        here, there = urlsplit(self._home), urlsplit(server)
        return (here.scheme, here.netloc) != (there.scheme, there.netloc)

    def _usual(self, base: str) -> set[str]:
        usual = {self._home.rstrip("/")}
        try:
            said = server_of(self._document, base)
        except Broken:
            said = None
        return usual if said is None else {*usual, said.rstrip("/")}


def _elsewhere(needs: Needs) -> Needs:
    """Return the credentials of an endpoint on another origin, where the client's never go."""
    return tuple(_moved(it) if isinstance(it, str) else tuple(map(_moved, it)) for it in needs)


def _moved(name: str) -> str:
    if not isinstance(name, Credential):
        return name
    how = f"{name.how}, not to the client but to the endpoint's with_options: its server is another"
    return Credential.of(name, how=how, about=name.about)


def _alternative(spec: EndpointSpec, body: BodyOf | None) -> EndpointSpec | None:
    """Return the endpoint with its body as a whole, where its fields are parameters."""
    if body is None or not body.fields or body.whole is None:
        return None
    others = tuple(it for it in spec.parameters if it.where != "body")
    taken = {it.name for it in spec.parameters}
    name = next((it for it in _WHOLES if it not in taken), None)
    if name is None:
        return None
    whole = replace(body.whole, name=name, required=True, keyword_only=True)
    return replace(spec, parameters=others, body=whole)


def _shown(operation: Operation, spec: EndpointSpec, body: BodyOf | None) -> dict[str, Any]:
    """Return the defaults of those parameters that need not be given."""
    schemas = {
        (it.text("in").lower(), it.text("name")): it.quiet("schema")
        for it in operation.parameters()
    }
    found = {}
    for it in spec.parameters:
        schema = schemas.get((it.where, it.wire_name))
        default = None if schema is None or it.required else default_of(schema)
        if default is not None:
            found[it.name] = default
    return found if body is None else {**found, **_of_fields(spec, body)}


def _of_fields(spec: EndpointSpec, body: BodyOf) -> dict[str, Any]:
    defaults = {it.wire_name: it.default for it in body.fields if it.default is not None}
    return {
        it.name: defaults[it.wire_name]
        for it in spec.parameters
        if it.where in ("body", "form") and not it.required and it.wire_name in defaults
    }


# What is told of it


def _doc(
    operation: Operation, spec: EndpointSpec, whole: EndpointSpec | None, answer: AnswerOf
) -> str:
    node = operation.node
    summary, more = node.told("summary").strip(), node.told("description").strip()
    blocks = ["Deprecated."] if spec.deprecated else []
    blocks += [summary] if summary else []
    if more and more != summary:
        blocks.append(more if len(more) <= _LONGEST else f"{more[: _LONGEST - 1]}…")
    told = [f"    {it.name}: {it.doc}".rstrip(": ") for it in spec.all_parameters]
    if whole is not None and whole.body is not None:
        told.append(f"    {whole.body.name}: the whole body, in the place of its fields.")
    if told:
        blocks.append("\n".join(["Args:", *told]))
    if answer.told:
        first, *rest = answer.told
        blocks.append("\n".join([first, *(f"  {line}" for line in rest)]))
    if spec.paging is not None:
        blocks.append("The list comes in pages: see nk.Page.")
    if spec.needs:
        blocks.append(_needs_told(spec.needs))
    blocks.append(f"{spec.method} {spec.path}")
    return "\n\n".join(blocks)


def _needs_told(needs: Sequence[str | tuple[str, ...]]) -> str:
    lines = []
    for need in needs:
        names = (need,) if isinstance(need, str) else need
        told = [
            f"{it.about} ({it.how})" if isinstance(it, Credential) else repr(it) for it in names
        ]
        lines.append(f"    {' or '.join(told)}")
    return "\n".join(["Needs, given to the client:", *lines])
