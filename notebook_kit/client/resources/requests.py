"""What an endpoint is asked with, as the options of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from notebook_kit.client.bodies import grouped
from notebook_kit.client.credentials import header_pairs, is_credential
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import HIDDEN, Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked"]

#: Reserved characters that mean nothing by themselves in a query (RFC 3986, section 3.4), and do
#: not end a parameter or stand for a space.
_RESERVED: Final = ":/?@!$'()*,;="


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of an endpoint, before the options of sending are added.

    Attributes:
        method: the HTTP method.
        url: path or URL, filled in.
        query: the parameters of the query, in order.
        headers: headers.
        cookies: cookies.
        json: the fields of the JSON object in the body, or the whole of it; None for no such body.
        content: a body of another kind, or None.
        form: the fields of a form.
        files: what is uploaded.
        fields: the names that stand in the JSON object, if they are given.
        is_home: whether it goes where credentials of this request belong, and so did all before it.
        of_page: the parameters that say which page it is; options of sending do not change them.
        reserved: the parameters whose values keep the reserved characters that may stand there.
    """

    method: str
    url: str
    query: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, Any], ...] = ()
    cookies: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: Any = None
    form: tuple[tuple[str, Any], ...] = ()
    files: tuple[tuple[str, Any], ...] = ()
    fields: frozenset[str] = frozenset()
    is_home: bool = True
    of_page: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()

    def with_parameter(self, name: str, value: Any) -> Asked:
        """Return the same with another value of a parameter, in the body if it belongs there."""
        if name in self.fields:
            return replace(self, json={**(self.json or {}), name: value})
        kept = [pair for pair in self.query if pair[0] != name]
        return replace(self, query=(*kept, (name, str(value))), of_page=frozenset({name}))

    def with_query(self, params: Any) -> Asked:
        """Return the same with the parameters that options of sending give."""
        return replace(self, query=tuple(self._query(params)))

    def _query(self, params: Any) -> list[tuple[str, Any]]:
        more = [pair for pair in _pairs_of(params) if str(pair[0]) not in self.of_page]
        return _joined(self.query, more)

    def at(self, url: str, *, is_home: bool) -> Asked:
        """Return the same for another URL, which has its own query.

        Args:
            url: the URL.
            is_home: whether it is of the origin that credentials of this request are for.
        """
        if is_home:
            of_page = frozenset(httpx.URL(url).params)
            return replace(self, url=url, query=(), of_page=of_page)
        headers = [pair for pair in self.headers if not is_credential(*pair)]
        away = replace(self, url=url, query=(), headers=tuple(headers), cookies={})
        return replace(away, is_home=False)

    def parameter(self, name: str) -> Any:
        """Return what a parameter of the query, or a field of the body, is; None without one."""
        for known, value in reversed(self.query):
            if known == name:
                return value
        return self.json.get(name) if isinstance(self.json, dict) else None

    def address(self, params: Any) -> str:
        """Return the URL with those parameters behind it that httpx would write otherwise.

        Args:
            params: those that options of sending give.
        """
        written = [
            f"{quote(name, safe='')}={quote(str(value), safe=_RESERVED)}"
            for name, value in self._query(params)
            if self._is_written(name, value)
        ]
        mark = "&" if "?" in self.url else "?"
        return mark.join((self.url, "&".join(written))) if written else self.url

    def shown(self, params: Any) -> Asked:
        """Return the same with what is secret in the query hidden."""
        query = self._query(params)
        secret = {name for name, value in query if isinstance(value, Secret)}
        hidden = tuple((name, HIDDEN if name in secret else value) for name, value in query)
        return replace(self, query=hidden, reserved=self.reserved | secret)

    def _is_written(self, name: str, value: Any) -> bool:
        # A secret is written by who reveals it.
        return name in self.reserved and not isinstance(value, Secret)

    def options(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of the request, with those of sending, which come last."""
        options: dict[str, Any] = {
            name: value for name, value in more.items() if name not in ("headers", "params")
        }
        cookies = {**self.cookies, **_cookies(more.get("cookies"))}
        given = {
            "params": [
                pair for pair in self._query(more.get("params")) if not self._is_written(*pair)
            ],
            "headers": _joined(self.headers, header_pairs(more.get("headers"))),
            "cookies": cookies,
            "data": grouped(self.form),
            "files": list(self.files),
        }
        options |= {name: value for name, value in given.items() if value}
        if self.json is not None:
            options["json"] = self.json
        if self.content is not None:
            options["content"] = self.content
        return options


def _joined(
    pairs: Sequence[tuple[str, Any]], more: Sequence[tuple[Any, Any]]
) -> list[tuple[str, Any]]:
    """Return pairs with further ones, which take the place of those of their name."""
    names = {_name(name).lower() for name, _ in more}
    return [*(pair for pair in pairs if pair[0].lower() not in names), *more]


def _name(name: object) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def _pairs_of(params: Any) -> list[tuple[Any, Any]]:
    """Return parameters as pairs, in any form that httpx takes; a list in a dict gives several."""
    if isinstance(params, (str, bytes)):
        params = httpx.QueryParams(params)
    if isinstance(params, httpx.QueryParams):
        return params.multi_items()
    if isinstance(params, Mapping):
        several = (
            (name, it if isinstance(it, (list, tuple)) else [it]) for name, it in params.items()
        )
        return [(name, value) for name, values in several for value in values]
    pairs: list[Any] = list(params or ())
    if all(
        isinstance(pair, (list, tuple)) and len(pair) == len(("name", "value")) for pair in pairs
    ):
        return [(name, value) for name, value in pairs]
    message = f"params= is a {type(params).__name__}: give a dict such as {{'limit': 20}}."
    raise ConfigurationError(message)


def _cookies(cookies: Any) -> Mapping[str, Any]:
    return httpx.Cookies(cookies) if isinstance(cookies, CookieJar) else dict(cookies or {})
