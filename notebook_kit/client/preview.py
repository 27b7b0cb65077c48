"""The first request of a map, built and not sent; and a client as the launcher sees it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.batch import checked_for, work_of_map
from notebook_kit.client.columns import Column
from notebook_kit.client.inspected import readable, shown_headers
from notebook_kit.client.keywords import MapKeywords
from notebook_kit.client.resources.endpoint import Endpoint
from notebook_kit.client.resources.resource import Resource, names_of
from notebook_kit.client.resources.work import work_of_endpoint
from notebook_kit.errors import ConfigurationError
from notebook_kit.launching.function import first_item
from notebook_kit.redact import HIDDEN, redact_url, shown
from notebook_kit.widgets.launcher import EndpointChoice, Heard, Launcher, Parameter, Preview
from notebook_kit.widgets.launcher import open_launcher as _open

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from notebook_kit.client.call_work import CallWork
    from notebook_kit.client.client import Client

__all__ = ["first_request", "open_launcher"]

_BODY_LIMIT: Final = 2_000
_DEFAULT_LIMIT: Final = 30


def open_launcher(client: Client, path: str | None, preset: Mapping[str, Any]) -> Launcher:
    """Make the launcher of a client and show it.

    Raises:
        ClosedError: when the client is closed.
        ConfigurationError: for an option that there is not, or that cannot be used.
    """
    client._refuse_if_closed()  # noqa: SLF001 - its other half
    _refuse_data(path)
    return _open(_ClientTarget(client), path, preset)


class _ClientTarget:
    """A client, as the launcher sees it."""

    is_function = False
    takes_rest = False
    fallback = "client"
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, client: Client) -> None:
        self.subject = client
        self.title = client.base_url or "a client of any host"
        self.options = frozenset(MapKeywords.__annotations__)
        self.endpoints = tuple(_endpoints(client, ()))

    @property
    def kit(self) -> Any:
        return sys.modules[__name__.partition(".")[0]]

    def column_of(self, value: Any) -> str | int | None:
        return value.name if isinstance(value, Column) else None

    def preview(self, heard: Heard) -> Preview:
        return first_request(self.subject, heard)


def _endpoints(owner: Any, place: tuple[str, ...]) -> Iterator[EndpointChoice]:
    for name in names_of(type(owner)):
        found = getattr(owner, name)
        here = (*place, name)
        if isinstance(found, Endpoint):
            spec = found.spec
            parameters = tuple(
                Parameter(
                    it.name,
                    required=it.required,
                    default="" if it.required else shown(it.default, _DEFAULT_LIMIT),
                )
                for it in spec.all_parameters
            )
            yield EndpointChoice(".".join(here), f"{spec.method} {spec.path}", parameters)
        elif isinstance(found, Resource):
            yield from _endpoints(found, here)


def first_request(client: Client, heard: Heard) -> Preview:
    """Return the first request that a map would send, with credentials hidden; nothing is sent.

    Args:
        client: what would send it.
        heard: what its ``map``, or that of one of its endpoints, would be given.

    Raises:
        ClosedError: when the client is closed.
        ConfigurationError: for what the map would refuse.
    """
    client._refuse_if_closed()  # noqa: SLF001 - its other half
    core = client._core  # noqa: SLF001 - its other half
    work, of_run = _work(client, heard)
    checked = checked_for(work, core, of_run, most=client.max_connections or sys.maxsize)
    item, columns = first_item(heard.arguments[-1])
    if columns is not None:
        checked.options.check_columns(columns)
        work.check_columns(columns)
    notes = _notes(work, checked.notices)
    try:
        request, sending = work.request(item), work.sending_of(item)
    except ConfigurationError as error:
        # One failure is one row: the others may do.
        return Preview(f"{work.title}: not for the first item", notes=notes, wrong=str(error))
    if core.auth_for(request, sending) is not None:
        notes = (*notes, "What auth= stands for is added when it is sent.")
    return _shown(client, request, notes)


def _work(client: Client, heard: Heard) -> tuple[CallWork, dict[str, Any]]:
    if not heard.place:
        return work_of_map(client, client._core, heard.arguments[0], heard.options)  # noqa: SLF001 - as above
    endpoint: Any = client
    for name in heard.place:
        endpoint = getattr(endpoint, name)
    return work_of_endpoint(endpoint, heard.options)


def _notes(work: CallWork, notices: tuple[str, ...]) -> tuple[str, ...]:
    same = "Every row sends this same request: nothing of it is made of the row."
    key = "Each row gets an idempotency key when it is sent."
    of_all = () if work.differs_from_row_to_row else (same,)
    return (*of_all, *notices, *((key,) if work.by_position else ()))


def _shown(client: Client, request: httpx.Request, notes: tuple[str, ...]) -> Preview:
    head = f"{request.method} {redact_url(str(_hidden(client, request.url)))}"
    return Preview(head, tuple(shown_headers(request)), _body(request), notes)


def _hidden(client: Client, url: httpx.URL) -> httpx.URL:
    """Return a URL without the credentials that the client puts into each."""
    core = client._core  # noqa: SLF001 - its other half
    for name in set(url.params):
        if core.binds_parameter(name):
            url = url.copy_set_param(name, HIDDEN)
    return url


def _body(request: httpx.Request) -> str | None:
    try:
        content = request.read()
    except (httpx.StreamError, RuntimeError):
        return "(a body that can be read once only)"
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        # Written as it is sent, which is as in a query.
        text = redact_url(f"?{content.decode()}")[1:]
    else:
        body = readable(content, kind)
        if body is None or isinstance(body, bytes):
            return None if body is None else f"({len(body):,} bytes)"
        # A text that JSON holds stands in quotes there.
        is_text = isinstance(body, str) and not ("json" in kind and content[:1] == b'"')
        text = body if is_text else json.dumps(body, indent=2, ensure_ascii=False)
    return text if len(text) <= _BODY_LIMIT else f"{text[:_BODY_LIMIT]} …"


def _refuse_data(path: object) -> None:
    if path is not None and not isinstance(path, str):
        message = (
            f"client.launcher({shown(path)}) takes a path such as '/airports/{{iata}}'; the data "
            "is chosen in the form."
        )
        raise ConfigurationError(message)
