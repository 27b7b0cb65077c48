"""Five secrets that are given to a client, each in a way of its own, and how they are found."""

from __future__ import annotations

import base64
import contextlib
import html
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, half_body, reset_before_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

__all__ = ["PLANTED", "everything_said", "found_in", "planted_client", "troubled_server"]

#: By the way that each is given. Those in headers hold what a header can carry.
PLANTED: Final = {
    "bearer": "planted/bearer+0001=kq7 x",
    "header": "planted/header+0002=vw3",
    "parameter": "planted query/0003+=&zt9",
    "userinfo": "planted-userinfo-0004-hj5",
    "cookie": "planted/cookie+0005=mb2",
}
_JSON: Final = [("content-type", "application/json")]
_DEEPEST: Final = 6


def forms_of(value: str) -> set[str]:
    """Return a value as it might be written; in base64 at any place of a longer text."""
    coded = {
        encode(b"-" * before + value.encode()).decode().rstrip("=")[4:-2]
        for before in range(3)
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
    }
    written = {value, quote(value), quote(value, safe=""), quote_plus(value), html.escape(value)}
    return coded | written | {json.dumps(value)[1:-1], value.replace("/", "\\/")}


_FORMS: Final = {name: forms_of(value) for name, value in PLANTED.items()}


def found_in(said: str | bytes) -> set[str]:
    """Return the names of the secrets that a text or the bytes of a file hold in some form."""
    text = said if isinstance(said, str) else said.decode("latin-1")
    return {name for name, forms in _FORMS.items() if any(form in text for form in forms)}


def with_userinfo(url: str) -> str:
    """Return a URL with the planted password in it."""
    return url.replace("://", f"://user:{PLANTED['userinfo']}@")


def planted_client(url: str, by: str = "userinfo", **options: Any) -> nk.Client:
    """Return a client that was given all of them.

    One header cannot carry two: what is in the URL, or else what is in the header, comes first.
    """
    headers = {"x-api-key": PLANTED["header"]}
    if by == "bearer":
        headers["authorization"] = nk.Secret(PLANTED["bearer"]).bearer()  # type: ignore[assignment]
    given: dict[str, Any] = {
        "headers": headers,
        "params": {"api_key": PLANTED["parameter"]},
        "cookies": {"session": PLANTED["cookie"]},
        "retry": nk.Retry(max_attempts=2, base_delay="1 ms"),
        "follow_redirects": True,
    }
    return nk.Client(with_userinfo(url) if by == "userinfo" else url, **(given | options))


@contextlib.contextmanager
def troubled_server() -> Iterator[FaultServer]:
    """A server on which most goes wrong."""
    with FaultServer() as server:
        server.when("*", answer('{"city": "Zurich"}', headers=_JSON))
        server.when("/404", answer('{"detail": "no such city"}', status=404, headers=_JSON))
        server.when("/500", answer("out of order", status=500))
        server.when("/json", answer("{", headers=_JSON))
        server.when("/half", half_body())
        server.when("/reset", reset_before_headers())
        server.when("/gzip", answer(b"\x1f\x8bnone", headers=[("content-encoding", "gzip")]))
        server.when("/loop", answer(status=302, headers=[("location", "/loop")]))
        server.when("/port", answer(status=302, headers=[("location", "http://127.0.0.1:99999/")]))
        server.when("/lines", answer("data: 1\n\ndata: 2\n\n"))
        yield server


def everything_said(*roots: object) -> Iterator[tuple[str, str]]:
    """Yield what objects, and all that their public attributes lead to, say of themselves.

    What is asked for by its name, such as a header of a request or its URL as a text, is given in
    clear, because it is what is sent; only how these show themselves is looked at.
    """
    seen: set[int] = set()
    left: list[tuple[str, object, int]] = [(type(root).__name__, root, 0) for root in roots]
    kept: list[object] = []  # no identity may be given again while this lasts
    while left:
        path, thing, depth = left.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        kept.append(thing)
        yield from ((f"{path} {how}", said) for how, said in _shown(thing))
        if depth < _DEEPEST:
            left += [(f"{path}{name}", part, depth + 1) for name, part in _parts(thing)]


def _shown(thing: object) -> Iterator[tuple[str, str]]:
    yield "repr", repr(thing)
    if not _is_httpx(thing):
        yield "str", f"{thing}"
    if isinstance(thing, type):
        return
    for name in ("_repr_html_", "_repr_markdown_", "_repr_mimebundle_"):
        show = getattr(thing, name, None)
        if show is not None:
            yield name, str(show())
    # vars() of what is the kit's own, as a user may look at it.
    if hasattr(thing, "__dict__") and _is_kits(thing) and not _is_httpx(thing):
        yield "vars", repr(vars(thing))


def _is_kits(thing: object) -> bool:
    return type(thing).__module__.startswith("notebook_kit.")


def _is_httpx(thing: object) -> bool:
    return any(kind.__module__.startswith("httpx") for kind in type(thing).__mro__)


def _parts(thing: object) -> Iterator[tuple[str, object]]:
    if isinstance(thing, dict):
        yield from ((f"[{name!r}]", part) for name, part in thing.items())
    elif isinstance(thing, (list, tuple)):
        yield from ((f"[{number}]", part) for number, part in enumerate(thing))
    elif isinstance(thing, BaseException) or (_is_kits(thing) and not isinstance(thing, type)):
        yield from _attributes(thing)


def _attributes(thing: object) -> Iterator[tuple[str, object]]:
    # What httpx has is given in clear; such a thing is walked for what the kit has added.
    its_own = {
        name
        for kind in type(thing).__mro__
        if kind.__module__.startswith("httpx")
        for name in vars(kind)
    }
    for name in dir(thing):
        if name.startswith("_") or name in its_own or name in (vars(thing) if its_own else ()):
            continue
        try:
            part = getattr(thing, name)
        except Exception as error:  # noqa: BLE001 - what it says is looked at, too
            yield f".{name} fails", str(error)
            continue
        if not callable(part):
            yield f".{name}", part


def request_of(answered: httpx.Response) -> tuple[object, ...]:
    """Return the parts of an answer that hold credentials when they are asked for by name."""
    request = answered.request
    return answered, request, request.url, request.headers, answered.headers, answered.cookies
