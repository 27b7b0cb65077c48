"""Where a parameter of an endpoint stands, said in its type: ``Annotated[str, nk.Header()]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from notebook_kit.checks import teaches_options

if TYPE_CHECKING:
    from notebook_kit.client.resources.spec import Where

__all__ = ["Body", "Cookie", "File", "Form", "Header", "Marker", "Query"]


@teaches_options
@dataclass(frozen=True, slots=True)
class Marker:
    """The common part of the markers.

    Args:
        name: what the parameter is called in the request, if not as in Python.
        doc: what it means, for the docstring.
        style: how lists and mappings are written; see `ParameterSpec`.
        explode: whether each value of a list stands for itself.
    """

    where: ClassVar[Where]

    name: str | None = None
    doc: str = ""
    style: str | None = None
    explode: bool | None = None


class Query(Marker):
    """Puts a parameter into the query, also where it would go into the body.

    >>> Query("pageSize").name
    'pageSize'
    """

    __slots__ = ()
    where = "query"


class Header(Marker):
    """Puts a parameter into a header; underscores of its name become hyphens.

    >>> Header("x-trace").name
    'x-trace'
    """

    __slots__ = ()
    where = "header"


class Cookie(Marker):
    """Puts a parameter into a cookie.

    >>> Cookie("session").name
    'session'
    """

    __slots__ = ()
    where = "cookie"


class Body(Marker):
    """Makes a parameter the whole body; with a name, a field of the JSON object in the body.

    ``style`` of a whole body is its media type, JSON if it is not said.

    >>> Body().name is None, Body("dueDate").name
    (True, 'dueDate')
    """

    __slots__ = ()
    where = "body"


class Form(Marker):
    """Makes a parameter a field of a form.

    >>> Form("user").name
    'user'
    """

    __slots__ = ()
    where = "form"


class File(Marker):
    """Uploads a parameter as a file: bytes, an open file, a path, or what httpx takes.

    >>> File("picture").name
    'picture'
    """

    __slots__ = ()
    where = "file"
