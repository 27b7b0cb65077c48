"""An endpoint made ready, once for all clients: its signature, its writer and its reader."""

from __future__ import annotations

import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

from notebook_kit.client.resources.checking import signature_of
from notebook_kit.client.resources.convert import converter, is_typed, reader
from notebook_kit.client.resources.page import Page
from notebook_kit.client.resources.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from notebook_kit.client.resources.convert import Convert
    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.resources.spec import EndpointSpec
    from notebook_kit.client.response import Response

__all__ = ["Compiled"]


class Compiled:
    """What is known of an endpoint before it is called.

    Attributes:
        spec: what was declared.
        title: what it is called in errors.
        signature: its signature.
        doc: its docstring, with its parameters and its route.
    """

    def __init__(self, spec: EndpointSpec, *, title: str) -> None:
        self.spec = spec
        self.title = title
        self.signature = signature_of(spec)
        if spec.paging is not None:
            kind = Any if spec.answer is None else spec.answer
            self.signature = self.signature.replace(
                return_annotation=types.GenericAlias(Page, kind)
            )
        self.doc = _doc(spec)
        self._writer = Writer(spec)
        self._defaults = {it.name: it.default for it in spec.all_parameters if not it.required}

    @functools.cached_property
    def convert(self) -> Convert | None:
        """What makes an object of plain data; None where the answer is no such object."""
        answer = self.spec.answer
        if self.spec.paging is not None or not is_typed(answer):
            return None
        return converter(answer, of=self.title)

    @functools.cached_property
    def read(self) -> Callable[[Response], Any]:
        """What makes a value of an answer; the types are looked at when it is first needed."""
        return reader(self.spec.answer, of=self.title)

    @functools.cached_property
    def convert_items(self) -> Convert:
        """What makes the items of a page."""
        kind = self.spec.answer
        is_plain = kind is None or kind is Any
        every = None if is_plain else types.GenericAlias(list, kind)
        return converter(every, of=self.title)

    def ready(self) -> None:
        """Look at the types now.

        Raises:
            ConfigurationError: for a type that no answer can be read as.
        """
        _ = self.read if self.spec.paging is None else self.convert_items

    def arguments(self, args: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by their names.

        Raises:
            TypeError: as for any function of this signature.
        """
        try:
            bound = self.signature.bind(*args, **keywords)
        except TypeError as error:
            message = f"{self.title}(): {error}; it takes {self._taken()}."
            raise TypeError(message) from None
        return {**self._defaults, **bound.arguments}

    def _taken(self) -> str:
        bare = self.signature.replace(return_annotation=inspect.Signature.empty)
        return str(bare)

    def write(self, arguments: Mapping[str, Any]) -> Asked:
        """Return the request for arguments by their names.

        Raises:
            ConfigurationError: for a value that cannot be sent.
        """
        return self._writer.write(arguments)


def _doc(spec: EndpointSpec) -> str:
    lines = [spec.doc] if spec.doc else []
    told = [f"    {it.name}: {it.doc}" for it in spec.all_parameters if it.doc]
    if told:
        lines.append("\n".join(["Args:", *told]))
    lines.append(f"{spec.method} {spec.path}")
    return "\n\n".join(lines)
