"""An operation made into an endpoint, when it is first asked for."""

from __future__ import annotations

import inspect
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.resources.checking import checked_spec
from notebook_kit.client.resources.compiled import Compiled
from notebook_kit.client.resources.declared import Declared
from notebook_kit.client.resources.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from notebook_kit.client.resources.requests import Asked
    from notebook_kit.client.resources.spec import EndpointSpec

__all__ = ["Described", "DescribedCompiled", "Made"]

_WHOLE: Final = "\0whole"


@dataclass(frozen=True, slots=True)
class Made:
    """What a document says of one endpoint.

    Attributes:
        spec: the endpoint.
        returns: what its signature says that it returns.
        shown: defaults that its signature shows, and that are never sent, by parameter.
        whole: the same endpoint with its body as a whole; None where there is no choice.
        optional_body: whether the body is left out when none of its fields is given.
        multipart: whether the fields of its form are parts, also where there is no file.
        content_type: the content type of its fields, where it must be said.
        doc: its docstring.
    """

    spec: EndpointSpec
    doc: str
    returns: Any = Any
    shown: Mapping[str, Any] = field(default_factory=dict)
    whole: EndpointSpec | None = None
    optional_body: bool = False
    multipart: bool = False
    content_type: str | None = None


class DescribedCompiled(Compiled):
    """An endpoint of a document, made ready."""

    def __init__(self, made: Made, *, title: str) -> None:
        super().__init__(checked_spec(made.spec), title=title)
        self._made = made
        self._whole = (
            None if made.whole is None else Compiled(checked_spec(made.whole), title=title)
        )
        self.doc = made.doc
        self.signature = self._shown(self.signature)

    def _shown(self, signature: inspect.Signature) -> inspect.Signature:
        """Return the signature as the document has it; its defaults are shown and never used."""
        made = self._made
        parameters = [
            it.replace(default=made.shown[it.name]) if it.name in made.shown else it
            for it in signature.parameters.values()
        ]
        if made.whole is not None:
            body = made.whole.body
            assert body is not None  # noqa: S101 - that is what it is made for
            keyword_only = inspect.Parameter.KEYWORD_ONLY
            parameters.append(
                inspect.Parameter(body.name, keyword_only, default=None, annotation=Any)
            )
        returns = made.returns
        if self.spec.paging is not None:
            returns = Page
        return signature.replace(parameters=parameters, return_annotation=returns)

    def arguments(self, args: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by their names; see `Compiled.arguments`."""
        whole = self._whole
        body = None if whole is None else whole.spec.body
        if whole is None or body is None or keywords.get(body.name) is None:
            kept = {k: v for k, v in keywords.items() if body is None or k != body.name}
            return super().arguments(args, kept)
        return {**whole.arguments(args, keywords), _WHOLE: True}

    def write(self, arguments: Mapping[str, Any]) -> Asked:
        """Return the request for arguments by their names; see `Compiled.write`."""
        if self._whole is not None and _WHOLE in arguments:
            return self._whole.write({k: v for k, v in arguments.items() if k != _WHOLE})
        made = self._made
        asked = super().write(arguments)
        if made.optional_body and asked.json == {}:
            asked = replace(asked, json=None)
        if made.multipart and asked.form:
            parts = [(name, (None, value)) for name, value in asked.form]
            asked = replace(asked, form=(), files=(*parts, *asked.files))
        if made.content_type is not None and asked.json is not None:
            asked = replace(asked, headers=(("content-type", made.content_type), *asked.headers))
        return asked


class Described(Declared[..., Any]):
    """An operation as it stands in the class of a client: made when it is first asked for."""

    def __init__(self, make: Callable[[], Made], *, title: str) -> None:
        super().__init__(lambda: make().spec, None)
        self._describe = make
        self._title = title
        self._lock = threading.Lock()

    @property
    def compiled(self) -> Compiled:
        """The endpoint.

        Raises:
            ConfigurationError: when it cannot be made of what the document says.
        """
        with self._lock:
            if self._compiled is None:
                self._compiled = DescribedCompiled(self._describe(), title=self._title)
                self.__doc__ = self._compiled.doc
        return self._compiled
