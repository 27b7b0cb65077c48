"""Endpoints and resources as plain values: what a class declares, or a document describes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.client.resources.paging import Paging

__all__ = ["EndpointSpec", "Need", "Needs", "ParameterSpec", "ResourceSpec", "Where"]

#: Where in a request a parameter stands; ``"body"`` is a field of a JSON object.
Where: TypeAlias = Literal["path", "query", "header", "cookie", "body", "form", "file"]
#: The name of a header, query parameter or cookie; or several of which one is enough.
Need: TypeAlias = str | tuple[str, ...]
Needs: TypeAlias = tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter of an endpoint.

    Attributes:
        name: what it is called in Python, an identifier.
        wire_name: what it is called in the request; for a path the name of its placeholder.
        where: where in the request it stands.
        required: whether it must be given; one that need not is left out while it is None.
        default: what it is if it is not given; of no meaning where it is required.
        annotation: its type, for signatures.
        doc: what it means, for docstrings.
        style: how lists and mappings are written, in OpenAPI's words: ``"form"``,
            ``"spaceDelimited"``, ``"pipeDelimited"``, ``"deepObject"`` in a query; ``"simple"``,
            ``"label"``, ``"matrix"`` in a path; ``"json"`` anywhere. For a whole body its media
            type. None: as is usual there.
        explode: whether each value of a list stands for itself; None: as is usual for the style.
        reserved: whether a value of the query keeps the reserved characters that may stand there.
        keyword_only: whether it must be named in a call.
    """

    name: str
    wire_name: str
    where: Where
    required: bool = True
    default: Any = None
    annotation: Any = Any
    doc: str = ""
    style: str | None = None
    explode: bool | None = None
    reserved: bool = False
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """One endpoint.

    Attributes:
        name: what it is called in Python, an identifier.
        method: the HTTP method, in capitals.
        path: a template, put behind the base URL; its placeholders are the wire names of the
            parameters of the path.
        parameters: all parameters but the whole body, in the order of the signature; those that
            must be given stand before those that need not, unless they are keyword-only.
        body: the parameter that is the whole body, or None.
        answer: what is made of the answer: a type; ``bytes``, ``str`` or `Response`; None or Any
            for what the content type says (JSON read, text, bytes); ``type(None)`` for nothing.
            With ``paging`` the type of one item.
        paging: how the list goes on, or None where the answer is no list in pages.
        doc: its docstring.
        needs: credentials that must be there, beside those that its client needs; None: not even
            those.
        deprecated: whether calling it warns.
    """

    name: str
    method: str
    path: str
    parameters: tuple[ParameterSpec, ...] = ()
    body: ParameterSpec | None = None
    answer: Any = None
    paging: Paging | None = None
    doc: str = ""
    needs: Needs | None = ()
    deprecated: bool = False

    @property
    def all_parameters(self) -> tuple[ParameterSpec, ...]:
        """The parameters in the order of the signature, the whole body among them."""
        if self.body is None:
            return self.parameters
        every = (*self.parameters, self.body)
        positional = [it for it in every if not it.keyword_only]
        return (
            *(it for it in positional if it.required),
            *(it for it in positional if not it.required),
            *(it for it in every if it.keyword_only),
        )


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """A resource: endpoints, and further resources, by the names of their attributes.

    Attributes:
        endpoints: by the name of the attribute.
        resources: by the name of the attribute.
        doc: its docstring.
        needs: credentials that each of its endpoints needs.
    """

    endpoints: Mapping[str, EndpointSpec] = field(default_factory=dict)
    resources: Mapping[str, ResourceSpec] = field(default_factory=dict)
    doc: str = ""
    needs: Needs = ()
