"""The credentials that an operation needs."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from notebook_kit.client.openapi.document import Broken
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.resources.spec import Needs

__all__ = ["Credential", "needs_of"]

_MOST: Final = 64
_BEARERS: Final = ("oauth2", "openIdConnect")


class Credential(str):
    """The name of a credential, with what to write to give it.

    Attributes:
        how: the option of a client that gives it.
        about: what it is, in words.
    """

    __slots__ = ("about", "how")

    about: str
    how: str

    @classmethod
    def of(cls, name: str, *, how: str, about: str) -> Credential:
        """Return the credential of a name."""
        made = cls(name)
        made.how, made.about = how, about
        return made


def needs_of(operation: Operation, document: Node) -> Needs:
    """Return what must be there for an operation: every entry, of a tuple any one.

    A document that allows to go without, or whose schemes cannot be made out, needs nothing.
    """
    holder = operation.node if operation.node.child("security").value is not None else document
    alternatives: list[list[Credential]] = []
    for requirement in holder.child("security").items():
        try:
            names = [_credential(name, document) for name, _ in requirement.children()]
        except Broken:
            return ()
        visible = [it for it in names if it is not None]
        if not visible:
            return ()
        alternatives.append(visible)
    return _all_of_any(alternatives)


def _all_of_any(alternatives: list[list[Credential]]) -> Needs:
    """Return any of several sets that are needed whole as sets of which one name is enough each.

    (A and B) or C is (A or C) and (B or C).
    """
    size = 1
    for it in alternatives:
        size *= len(it)
    if not alternatives or size > _MOST:
        return ()
    found = {frozenset(it): it for it in product(*alternatives)}
    # What holds another set whole is said by it.
    kept = [it for names, it in found.items() if not any(other < names for other in found)]
    return tuple(_need(it) for it in kept)


def _need(names: tuple[Credential, ...]) -> Credential | tuple[Credential, ...]:
    one = tuple(dict.fromkeys(names))
    return one[0] if len(one) == 1 else one


def _credential(name: str, document: Node) -> Credential | None:
    """Return what a security scheme asks for; None for what no request shows."""
    scheme = document.child("components").child("securitySchemes").child(name)
    kind = scheme.text("type")
    if kind == "apiKey":
        return _key(scheme)
    if kind == "http" and scheme.text("scheme").lower() == "basic":
        how = "auth=('user', nk.Secret('...'))"
        return Credential.of("authorization", how=how, about="user and password")
    if kind == "http" or kind in _BEARERS:
        how = "headers={'authorization': nk.Secret('...').bearer()}"
        about = {"oauth2": "an OAuth 2 token", "openIdConnect": "an OpenID token"}
        return Credential.of("authorization", how=how, about=about.get(kind, "a bearer token"))
    if kind == "mutualTLS":
        return None
    raise Broken(scheme.at, f"there is no security scheme {shorten(name, 50)!r} of a known type")


def _key(scheme: Node) -> Credential:
    options = {"header": "headers", "query": "params", "cookie": "cookies"}
    name, place = scheme.text("name"), scheme.text("in").lower()
    option = options.get(place)
    if not name or option is None:
        raise Broken(scheme.at, "an API key has no name or no place")
    how = f"{option}={{{name!r}: nk.Secret('...')}}"
    return Credential.of(name, how=how, about=f"the {place} {name!r}")
